;; Wide arithmetic: pairs become i128 for one operation; a product is one of extended operands, which is
;; what instruction selection knows as a multiplication of 64 by 64 bits.
;;! count 1: iadd
;;! count 1: isub
;;! count 2: imul
;;! count 2: sextend.i128
;;! count 2: uextend.i128
;;! count 4: isplit
(module
  (func $add (param i64 i64 i64 i64) (result i64 i64)
    (i64.add128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $sub (param i64 i64 i64 i64) (result i64 i64)
    (i64.sub128 (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func $mul_s (param i64 i64) (result i64 i64) (i64.mul_wide_s (local.get 0) (local.get 1)))
  (func $mul_u (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (add)
;; function u0:0(i64 vmctx, i64, i64, i64, i64) -> i64, i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64):
;;     v7 = iconcat v3, v4
;;     v8 = iconcat v1, v2
;;     v9 = iadd v8, v7
;;     v10, v11 = isplit v9
;;     return v10, v11
;; }
;;
;; ;; function 1 (sub)
;; function u0:1(i64 vmctx, i64, i64, i64, i64) -> i64, i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64):
;;     v7 = iconcat v3, v4
;;     v8 = iconcat v1, v2
;;     v9 = isub v8, v7
;;     v10, v11 = isplit v9
;;     return v10, v11
;; }
;;
;; ;; function 2 (mul_s)
;; function u0:2(i64 vmctx, i64, i64) -> i64, i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v5 = sextend.i128 v1
;;     v6 = sextend.i128 v2
;;     v7 = imul v5, v6
;;     v8, v9 = isplit v7
;;     return v8, v9
;; }
;;
;; ;; function 3 (mul_u)
;; function u0:3(i64 vmctx, i64, i64) -> i64, i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v5 = uextend.i128 v1
;;     v6 = uextend.i128 v2
;;     v7 = imul v5, v6
;;     v8, v9 = isplit v7
;;     return v8, v9
;; }
