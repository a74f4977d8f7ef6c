;; Imported functions take and give vectors: in registers and past them, among other types, called
;; directly, through a table, by reference and as tail calls.
(module $vec
  (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
  (func (export "turn") (param v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (result v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
    (local.get 9) (local.get 8) (local.get 7) (local.get 6) (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1) (local.get 0))
  (func (export "mixed") (param i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128) (result v128 i32 v128 f64 v128 i64 v128 v128)
    (local.get 1) (local.get 0) (local.get 9) (local.get 20) (local.get 23)
    (i64.add (local.get 4) (local.get 22)) (local.get 21) (local.get 19)))

(module $main
  (type $binary (func (param v128 v128) (result v128)))
  (type $ten (func (param v128 v128 v128 v128 v128 v128 v128 v128 v128 v128) (result v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)))
  (import "vec" "add" (func $add (type $binary)))
  (import "vec" "turn" (func $turn (type $ten)))
  (import "vec" "mixed" (func $mixed (param i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128 i32 v128 f64 v128 i64 v128) (result v128 i32 v128 f64 v128 i64 v128 v128)))
  (table funcref (elem $add $turn))
  (func (export "add") (param v128 v128) (result v128) (call $add (local.get 0) (local.get 1)))
  (func (export "tail") (param v128 v128) (result v128) (return_call $add (local.get 0) (local.get 1)))
  (func (export "indirect") (param v128 v128) (result v128)
    (call_indirect (type $binary) (local.get 0) (local.get 1) (i32.const 0)))
  (func (export "by_reference") (param v128 v128) (result v128)
    (call_ref $binary (local.get 0) (local.get 1) (ref.func $add)))
  (func (export "turn") (type $ten)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (call $turn))
  (func (export "turn_tail") (type $ten)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (return_call_indirect (type $ten) (i32.const 1)))
  (func (export "again") (type $ten)
    (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4) (local.get 5) (local.get 6) (local.get 7) (local.get 8) (local.get 9) (call $turn) (call $turn))
  (func (export "kept") (param v128 v128) (result v128) (local v128)
    ;; A vector that lives across a call.
    (local.set 2 (f32x4.neg (local.get 0)))
    (v128.xor (call $add (local.get 0) (local.get 1)) (local.get 2)))
  (func (export "mixed") (result v128 i32 v128 f64 v128 i64 v128 v128)
    (i32.const 0) (v128.const i64x2 1 -1) (f64.const 2) (v128.const i64x2 3 -3) (i64.const 4) (v128.const i64x2 5 -5) (i32.const 6) (v128.const i64x2 7 -7) (f64.const 8) (v128.const i64x2 9 -9) (i64.const 10) (v128.const i64x2 11 -11) (i32.const 12) (v128.const i64x2 13 -13) (f64.const 14) (v128.const i64x2 15 -15) (i64.const 16) (v128.const i64x2 17 -17) (i32.const 18) (v128.const i64x2 19 -19) (f64.const 20) (v128.const i64x2 21 -21) (i64.const 22) (v128.const i64x2 23 -23)
    (call $mixed)))

(assert_return
  (invoke "add" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 11 22 33 0))
(assert_return
  (invoke "tail" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 11 22 33 0))
(assert_return
  (invoke "indirect" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 11 22 33 0))
(assert_return
  (invoke "by_reference" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 11 22 33 0))
(assert_return
  (invoke "kept" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 0x8000000a 0x80000014 0x80000022 0x7fffffff))
(assert_return
  (invoke "turn" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 10 20 30 -10))
  (v128.const i32x4 10 20 30 -10) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 1 2 3 -1))
(assert_return
  (invoke "turn_tail" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 10 20 30 -10))
  (v128.const i32x4 10 20 30 -10) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 1 2 3 -1))
(assert_return
  (invoke "again" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 10 20 30 -10))
  (v128.const i32x4 1 2 3 -1) (v128.const i32x4 2 4 6 -2) (v128.const i32x4 3 6 9 -3) (v128.const i32x4 4 8 12 -4) (v128.const i32x4 5 10 15 -5) (v128.const i32x4 6 12 18 -6) (v128.const i32x4 7 14 21 -7) (v128.const i32x4 8 16 24 -8) (v128.const i32x4 9 18 27 -9) (v128.const i32x4 10 20 30 -10))
(assert_return
  (invoke "mixed")
  (v128.const i64x2 1 -1) (i32.const 0) (v128.const i64x2 9 -9) (f64.const 20) (v128.const i64x2 23 -23)
  (i64.const 26) (v128.const i64x2 21 -21) (v128.const i64x2 19 -19))
