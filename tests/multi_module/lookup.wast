;; `$module$function` finds an export of any module of the set, directly imported or not.
(module $deep (func (export "f") (result i32) (i32.const 3)) (func (export "$odd$name") (result i32) (i32.const 4)))
(module $near
  (import "deep" "f" (func $f (result i32)))
  (func (export "f") (result i32) (i32.add (call $f) (i32.const 10)))
  (func (export "g") (result i32) (i32.const 20)))
(module $main
  (import "near" "g" (func $g (result i32)))
  (func (export "f") (result i32) (i32.add (call $g) (i32.const 100))))
(assert_return (invoke "f") (i32.const 120))
(assert_return (invoke "$main$f") (i32.const 120))
(assert_return (invoke "$near$f") (i32.const 13))
(assert_return (invoke "$near$g") (i32.const 20))
(assert_return (invoke "$deep$f") (i32.const 3))
(assert_return (invoke "$deep$$odd$name") (i32.const 4))
