;; A direct call within the module passes the caller's own vmctx and has no address to load; an
;; imported function's code and vmctx come from the record in the caller's vmctx, in two loads.
;;! count 1: call fn0
;;! count 1: call_indirect
(module
  (import "other" "f" (func $imported (param i32) (result i32)))
  (func $local (param i32) (result i32) (local.get 0))
  (func $direct (param i32) (result i32) (call $local (local.get 0)))
  (func $cross_module (param i32) (result i32) (call $imported (local.get 0))))

;;= CLIF
;; ;; function 1 (local)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     return v1
;; }
;;
;; ;; function 2 (direct)
;; function u0:2(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     fn0 = colocated u0:1 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;; @002f                               v3 = call fn0(v0, v1)
;;                                     return v3
;; }
;;
;; ;; function 3 (cross_module)
;; function u0:3(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i32) -> i32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+56
;; @0036                               v5 = call_indirect sig0, v3(v4, v1)
;;                                     return v5
;; }
