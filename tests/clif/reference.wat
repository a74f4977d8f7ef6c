;; A null reference is zero; ref.func is the address of the record in the vmctx, without a load: the
;; eight loads are those of the four stack limits.
;;! count 8: load
(module
  (func $f (export "f"))
  (func $null (result externref) (ref.null extern))
  (func $func (result funcref) (ref.func $f))
  (func $is_null (param funcref) (result i32) (ref.is_null (local.get 0))))

;;= CLIF
;; ;; function 0 (f)
;; function u0:0(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     return
;; }
;;
;; ;; function 1 (null)
;; function u0:1(i64 vmctx) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i64 0
;;     return v2  ; v2 = 0
;; }
;;
;; ;; function 2 (func)
;; function u0:2(i64 vmctx) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i64 48
;;     v3 = iadd v0, v2  ; v2 = 48
;;     return v3
;; }
;;
;; ;; function 3 (is_null)
;; function u0:3(i64 vmctx, i64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v3 = iconst.i64 0
;;     v4 = icmp eq v1, v3  ; v3 = 0
;;     v5 = uextend.i32 v4
;;     return v5
;; }
