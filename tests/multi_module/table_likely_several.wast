;; Calls through tables in which a few small functions of the call's type stand, going by the element segments: code may
;; compare with each of them, and be right whichever is there, or none of them. Two of them may trap, and one counts how
;; often it was called.
(module $library
  (type $unary (func (param i32) (result i32)))
  (type $mixed (func (param i64 f64) (result f64 i64)))
  (type $many (func (result i32)))
  (table (export "table") 16 20 funcref)
  (global $calls (mut i32) (i32.const 0))
  (elem (i32.const 1) func $twice $thrice $divide $count)
  (elem (i32.const 6) func $twice $swap $halve)
  (elem (i32.const 9) func $m1 $m2 $m3 $m4 $m5)
  (func $twice (type $unary) (i32.mul (local.get 0) (i32.const 2)))
  (func $thrice (export "thrice") (type $unary) (i32.mul (local.get 0) (i32.const 3)))
  (func $divide (type $unary) (i32.div_u (i32.const 1000) (local.get 0)))
  (func $count (export "count") (type $unary) (global.set $calls (i32.add (global.get $calls) (i32.const 1))) (global.get $calls))
  (func $swap (type $mixed) (local.get 1) (local.get 0))
  (func $halve (type $mixed)
    (f64.convert_i64_s (local.get 0)) (i64.trunc_f64_s (f64.mul (local.get 1) (f64.const 0.5))))
  ;; More than are told apart.
  (func $m1 (type $many) (i32.const 1))
  (func $m2 (type $many) (i32.const 2))
  (func $m3 (type $many) (i32.const 3))
  (func $m4 (type $many) (i32.const 4))
  (func $m5 (type $many) (i32.const 5))
  (func (export "unary") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1)))
  (func (export "mixed") (param i64 f64 i32) (result f64 i64)
    (call_indirect (type $mixed) (local.get 0) (local.get 1) (local.get 2)))
  (func (export "many") (param i32) (result i32) (call_indirect (type $many) (local.get 0)))
  ;; Elements 1 and 2 by turns, `n` times, each with what the one before gave.
  (func (export "all") (param $value i32) (param $n i32) (result i32) (local $i i32)
    (loop $again
      (local.set $value
        (call_indirect (type $unary) (local.get $value) (i32.add (i32.const 1) (i32.and (local.get $i) (i32.const 1)))))
      (br_if $again (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (local.get $value)))

(module $main
  (type $unary (func (param i32) (result i32)))
  (type $mixed (func (param i64 f64) (result f64 i64)))
  (import "library" "table" (table $t 16 funcref))
  (import "library" "thrice" (func $thrice (type $unary)))
  (import "library" "count" (func $count (type $unary)))
  (import "library" "unary" (func $unary (param i32 i32) (result i32)))
  ;; A table of its own has functions of both modules.
  (table $own 4 4 funcref)
  (elem (table $own) (i32.const 1) func $thrice $mine $count)
  (func $mine (type $unary) (i32.sub (i32.const 0) (local.get 0)))
  (func (export "own") (param i32 i32) (result i32) (call_indirect $own (type $unary) (local.get 0) (local.get 1)))
  (func (export "theirs") (param i32 i32) (result i32) (call_indirect $t (type $unary) (local.get 0) (local.get 1)))
  (func (export "through") (param i32 i32) (result i32) (call $unary (local.get 0) (local.get 1)))
  (func (export "put_mine") (param i32) (table.set $t (local.get 0) (ref.func $mine)))
  (func (export "put_thrice") (param i32) (table.set $t (local.get 0) (ref.func $thrice)))
  (func (export "move") (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func (export "clear") (param i32) (table.set $t (local.get 0) (ref.null func)))
  (func (export "grow") (result i32) (table.grow $t (ref.func $mine) (i32.const 2))))

;; Each of them.
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 1)) (i32.const 14))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 2)) (i32.const 21))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 3)) (i32.const 142))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 4)) (i32.const 1))
(assert_return (invoke "theirs" (i32.const 7) (i32.const 4)) (i32.const 2))
(assert_return (invoke "theirs" (i32.const 7) (i32.const 6)) (i32.const 14))
(assert_return (invoke "$library$mixed" (i64.const 7) (f64.const 5) (i32.const 7)) (f64.const 5) (i64.const 7))
(assert_return (invoke "$library$mixed" (i64.const 7) (f64.const 5) (i32.const 8)) (f64.const 7) (i64.const 2))
(assert_return (invoke "own" (i32.const 7) (i32.const 1)) (i32.const 21))
(assert_return (invoke "own" (i32.const 7) (i32.const 2)) (i32.const -7))
(assert_return (invoke "own" (i32.const 7) (i32.const 3)) (i32.const 3))
(assert_return (invoke "$library$many" (i32.const 9)) (i32.const 1))
(assert_return (invoke "$library$many" (i32.const 13)) (i32.const 5))
;; 1 * 2 * 3 * 2 * 3 ...
(assert_return (invoke "$library$all" (i32.const 1) (i32.const 7)) (i32.const 432))
;; None of them: nothing, another type, past the end.
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const 0)) "uninitialized element")
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const 5)) "uninitialized element")
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const 7)) "indirect call type mismatch")
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const 9)) "indirect call type mismatch")
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const 16)) "undefined element")
(assert_trap (invoke "$library$unary" (i32.const 7) (i32.const -1)) "undefined element")
(assert_trap (invoke "$library$mixed" (i64.const 7) (f64.const 5) (i32.const 1)) "indirect call type mismatch")
(assert_trap (invoke "own" (i32.const 7) (i32.const 0)) "uninitialized element")
(assert_trap (invoke "own" (i32.const 7) (i32.const 4)) "undefined element")
;; One that traps is named by the back trace, and so are those that wait for it.
(assert_trap (invoke "through" (i32.const 0) (i32.const 3)) "integer divide by zero")
;;! frames: library!divide library!unary main!through
(assert_trap (invoke "$library$mixed" (i64.const 7) (f64.const nan) (i32.const 8)) "invalid conversion to integer")
;;! frames: library!halve library!mixed
(assert_trap (invoke "through" (i32.const 0) (i32.const 5)) "uninitialized element")
;;! frames: library!unary main!through
;; They change places, and another of the type takes one.
(invoke "move" (i32.const 5) (i32.const 1) (i32.const 2))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 5)) (i32.const 14))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 6)) (i32.const 21))
(invoke "put_mine" (i32.const 1))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 1)) (i32.const -7))
(assert_return (invoke "through" (i32.const 7) (i32.const 1)) (i32.const -7))
;; 1, negated, times 3, negated ...
(assert_return (invoke "$library$all" (i32.const 1) (i32.const 4)) (i32.const 9))
(invoke "put_thrice" (i32.const 7))
(assert_trap (invoke "$library$mixed" (i64.const 7) (f64.const 5) (i32.const 7)) "indirect call type mismatch")
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 7)) (i32.const 21))
(invoke "clear" (i32.const 2))
(assert_trap (invoke "$library$all" (i32.const 1) (i32.const 4)) "uninitialized element")
(assert_return (invoke "grow") (i32.const 16))
(assert_return (invoke "$library$unary" (i32.const 7) (i32.const 17)) (i32.const -7))
(invoke "put_thrice" (i32.const 17))
(assert_return (invoke "theirs" (i32.const 7) (i32.const 17)) (i32.const 21))
