;; A back trace names a function that was called through a table, whether it was called directly, inlined or neither.
(module $library
  (type $only (func (param i32) (result i32)))
  (table (export "table") 2 2 funcref)
  (elem (i32.const 1) func $divide)
  (func $divide (export "divide") (type $only) (i32.div_u (i32.const 100) (local.get 0)))
  (func (export "call") (param i32 i32) (result i32) (call_indirect (type $only) (local.get 0) (local.get 1)))
  (func (export "call_known") (param i32) (result i32) (call_indirect (type $only) (local.get 0) (i32.const 1))))

(module $main
  (type $only (func (param i32) (result i32)))
  (import "library" "table" (table $t 2 funcref))
  (import "library" "call" (func $call (param i32 i32) (result i32)))
  (elem declare func $mine)
  (func $mine (type $only) (i32.div_u (i32.const 200) (local.get 0)))
  (func (export "replace") (table.set $t (i32.const 1) (ref.func $mine)))
  (func (export "through") (param i32 i32) (result i32) (call $call (local.get 0) (local.get 1)))
  (func (export "own") (param i32 i32) (result i32) (call_indirect $t (type $only) (local.get 0) (local.get 1))))

(assert_return (invoke "through" (i32.const 7) (i32.const 1)) (i32.const 14))
(assert_trap (invoke "through" (i32.const 0) (i32.const 1)) "integer divide by zero")
;;! frames: library!divide library!call main!through
(assert_trap (invoke "own" (i32.const 0) (i32.const 1)) "integer divide by zero")
;;! frames: library!divide main!own
(assert_trap (invoke "$library$call_known" (i32.const 0)) "integer divide by zero")
;;! frames: library!divide library!call_known
(assert_trap (invoke "through" (i32.const 7) (i32.const 0)) "uninitialized element")
;;! frames: library!call main!through
(assert_trap (invoke "through" (i32.const 7) (i32.const 2)) "undefined element")
;;! frames: library!call main!through
(invoke "replace")
(assert_return (invoke "through" (i32.const 7) (i32.const 1)) (i32.const 28))
(assert_trap (invoke "through" (i32.const 0) (i32.const 1)) "integer divide by zero")
;;! frames: main!mine library!call main!through
