;; A guarded 32-bit memory: one load of the base, no comparison: an access past the end faults in
;; the guard region. The index is zero-extended, the offset is in the instruction.
;;! has: uload8
;;! lacks: user2
;;! lacks: select
;;! lacks: icmp
;;! lacks: trapnz
;;! lacks: trapz
(module
  (memory 1)
  (func $load8 (param i32) (result i32) (i32.load8_u offset=16 (local.get 0)))
  (func $load64 (param i32) (result i64) (i64.load (local.get 0)))
  (func $store (param i32 i32) (i32.store offset=8 (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (load8)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = iadd v4, v3
;; @002c                               v6 = uload8.i32 region0 v5+16
;;                                     return v6
;; }
;;
;; ;; function 1 (load64)
;; function u0:1(i64 vmctx, i32) -> i64 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = iadd v4, v3
;; @0034                               v6 = load.i64 region0 v5
;;                                     return v6
;; }
;;
;; ;; function 2 (store)
;; function u0:2(i64 vmctx, i32, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = iadd v4, v3
;; @003e                               store region0 v2, v5+8
;;                                     return
;; }
