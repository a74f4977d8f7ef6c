;; Tail calls of all three kinds; each hands over the callee's vmctx and leaves no frame.
;;! count 1: return_call fn0
;;! count 2: return_call_indirect
(module
  (type $f (func (param i64) (result i64)))
  (import "other" "f" (func $imported (type $f)))
  (table 1 funcref)
  (func $local (type $f) (local.get 0))
  (func $direct (type $f) (return_call $local (local.get 0)))
  (func $cross_module (type $f) (return_call $imported (local.get 0)))
  (func $indirect (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0))))

;;= CLIF
;; ;; function 1 (local)
;; function u0:1(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     return v1
;; }
;;
;; ;; function 2 (direct)
;; function u0:2(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     fn0 = colocated u0:1 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0036                               return_call fn0(v0, v1)
;; }
;;
;; ;; function 3 (cross_module)
;; function u0:3(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+72
;; @003d                               return_call_indirect sig0, v3(v4, v1)
;; }
;;
;; ;; function 4 (indirect)
;; function u0:4(i64 vmctx, i64) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = iconst.i32 0
;;                                     v4 = uextend.i64 v3  ; v3 = 0
;;                                     v5 = load.i64 notrap aligned region0 v0+48
;;                                     v6 = iconst.i64 3
;;                                     v7 = ishl v4, v6  ; v6 = 3
;;                                     v8 = iadd v5, v7
;;                                     v9 = load.i64 notrap aligned region1 v8
;; @0046                               v10 = load.i32 user5 aligned readonly v9+24
;;                                     v11 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v12 = load.i32 notrap aligned readonly can_move v11
;;                                     v13 = icmp ne v10, v12
;; @0046                               trapnz v13, user6
;; @0046                               v14 = load.i64 user5 aligned readonly v9
;;                                     v15 = load.i64 notrap aligned readonly v9+8
;; @0046                               return_call_indirect sig0, v14(v15, v1)
;; }
