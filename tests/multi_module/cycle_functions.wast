;; Two modules that import functions from each other: both work, each on its own state.
;;! reads: a
(module $a
  (import "main" "even" (func $even (param i32) (result i32)))
  (global $calls (mut i32) (i32.const 0))
  (func (export "odd") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 0))
      (else (call $even (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "calls") (result i32) (global.get $calls)))
(module $main
  (import "a" "odd" (func $odd (param i32) (result i32)))
  (global $calls (mut i32) (i32.const 1000))
  (func (export "even") (param i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (result i32) (i32.eqz (local.get 0))
      (then (i32.const 1))
      (else (call $odd (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "calls") (result i32) (global.get $calls)))
(assert_return (invoke "even" (i32.const 10)) (i32.const 1))
(assert_return (invoke "even" (i32.const 7)) (i32.const 0))
(assert_return (invoke "$a$odd" (i32.const 7)) (i32.const 1))
;; even: 10 8 6 4 2 0, 7 5 3 1, and 6 4 2 0; odd: 9 7 5 3 1, 6 4 2 0, and 7 5 3 1
(assert_return (invoke "calls") (i32.const 1014))
(assert_return (invoke "$a$calls") (i32.const 13))
