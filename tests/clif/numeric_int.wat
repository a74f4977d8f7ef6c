;; Integer operators of both widths. Division by zero and overflow are traps of the instruction or
;; checks before it; shift counts are taken modulo the width.
;;! has: iadd
;;! has: sdiv
;;! has: urem
;;! has: rotl
;;! has: clz
;;! has: popcnt
(module
  (func $i32 (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1)) (i32.sub (local.get 1)) (i32.mul (local.get 1))
    (i32.and (local.get 1)) (i32.or (local.get 0)) (i32.xor (local.get 1))
    (i32.shl (local.get 1)) (i32.shr_s (local.get 1)) (i32.shr_u (local.get 1))
    (i32.rotl (local.get 1)) (i32.rotr (local.get 1))
    i32.clz i32.ctz i32.popcnt i32.extend8_s i32.extend16_s)
  (func $i64_division (param i64 i64) (result i64)
    (i64.div_s (local.get 0) (local.get 1)) (i64.div_u (local.get 1))
    (i64.rem_s (local.get 1)) (i64.rem_u (local.get 1))
    i64.extend32_s))
