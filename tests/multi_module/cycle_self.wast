;; A module may import its own function by its own name.
;;! reads:
(module $main
  (import "main" "next" (func $next (param i32) (result i32)))
  (func (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
  (func (export "twice") (param i32) (result i32) (call $next (call $next (local.get 0)))))
(assert_return (invoke "twice" (i32.const 5)) (i32.const 7))
