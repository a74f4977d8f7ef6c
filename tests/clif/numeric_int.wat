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

;;= CLIF
;; ;; function 0 (i32)
;; function u0:0(i64 vmctx, i32, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i32):
;;     v4 = iadd v1, v2
;;     v5 = isub v4, v2
;;     v6 = imul v5, v2
;;     v7 = band v6, v2
;;     v8 = bor v7, v1
;;     v9 = bxor v8, v2
;;     v10 = ishl v9, v2
;;     v11 = sshr v10, v2
;;     v12 = ushr v11, v2
;;     v13 = rotl v12, v2
;;     v14 = rotr v13, v2
;;     v15 = clz v14
;;     v16 = ctz v15
;;     v17 = popcnt v16
;;     v18 = ireduce.i8 v17
;;     v19 = sextend.i32 v18
;;     v20 = ireduce.i16 v19
;;     v21 = sextend.i32 v20
;;     return v21
;; }
;;
;; ;; function 1 (i64_division)
;; function u0:1(i64 vmctx, i64, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;; @0050                               v4 = sdiv v1, v2
;; @0053                               v5 = udiv v4, v2
;; @0056                               v6 = srem v5, v2
;; @0059                               v7 = urem v6, v2
;;                                     v8 = ireduce.i32 v7
;;                                     v9 = sextend.i64 v8
;;                                     return v9
;; }
