;; main imports from left and right, both from bottom: there is one bottom, its start function runs
;; once, and its state is one.
;;! log: 1
(module $bottom
  (import "test" "log" (func $log (param i32)))
  (global $count (mut i32) (i32.const 0))
  (func $start (call $log (i32.const 1)))
  (start $start)
  (func (export "next") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))
(module $left
  (import "bottom" "next" (func $next (result i32)))
  (func (export "left") (result i32) (i32.add (call $next) (i32.const 100))))
(module $right
  (import "bottom" "next" (func $next (result i32)))
  (func (export "right") (result i32) (i32.add (call $next) (i32.const 200))))
(module $main
  (import "left" "left" (func $left (result i32)))
  (import "right" "right" (func $right (result i32)))
  (import "bottom" "next" (func $next (result i32)))
  (func (export "left") (result i32) (call $left))
  (func (export "right") (result i32) (call $right))
  (func (export "next") (result i32) (call $next)))
(assert_return (invoke "left") (i32.const 101))
(assert_return (invoke "right") (i32.const 202))
(assert_return (invoke "next") (i32.const 3))
(assert_return (invoke "$bottom$next") (i32.const 4))
