;; Every reactor's _initialize runs exactly once, after its start function and before any other of
;; its exports is called, dependencies first.
(module $base
  (import "test" "log" (func $log (param i32)))
  (global $ready (mut i32) (i32.const 0))
  (func $start (call $log (i32.const 10))) (start $start)
  (func (export "_initialize")
    (call $log (i32.const 11))
    (global.set $ready (i32.add (global.get $ready) (i32.const 1))))
  (func (export "ready") (result i32) (global.get $ready)))
(module $left
  (import "test" "log" (func $log (param i32)))
  (import "base" "ready" (func $ready (result i32)))
  (func $start (call $log (i32.add (i32.const 200) (call $ready)))) (start $start)
  (func (export "_initialize") (call $log (i32.add (i32.const 210) (call $ready))))
  (func (export "left") (result i32) (call $ready)))
(module $right
  (import "test" "log" (func $log (param i32)))
  (import "base" "ready" (func $ready (result i32)))
  (func (export "_initialize") (call $log (i32.add (i32.const 300) (call $ready))))
  (func (export "right") (result i32) (call $ready)))
(module $main
  (import "test" "log" (func $log (param i32)))
  (import "left" "left" (func $left (result i32)))
  (import "right" "right" (func $right (result i32)))
  (func $start (call $log (i32.add (i32.const 400) (i32.add (call $left) (call $right))))) (start $start)
  (func (export "both") (result i32 i32) (call $left) (call $right)))
;;! log: 10 11 201 211 301 402
(assert_return (invoke "both") (i32.const 1) (i32.const 1))
