;; Size is the length in bytes divided by the page size; growing is a builtin.
;;! has: ushr
;;! has: call_indirect
(module
  (memory 1)
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0))))

;;= CLIF
;; ;; function 0 (size)
;; function u0:0(i64 vmctx) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = load.i64 notrap aligned region0 v0+56
;;     v3 = iconst.i64 16
;;     v4 = ushr v2, v3  ; v3 = 16
;;     v5 = ireduce.i32 v4
;;     return v5
;; }
;;
;; ;; function 1 (grow)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = iconst.i32 0
;;                                     v4 = uextend.i64 v1
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v6 = load.i64 notrap aligned readonly can_move v5
;; @002a                               v7 = call_indirect sig0, v6(v0, v3, v4)  ; v3 = 0
;;                                     v8 = ireduce.i32 v7
;;                                     return v8
;; }
