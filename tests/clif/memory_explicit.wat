;; Explicit checks: the end of the access is compared with the current length, and traps as an
;; out-of-bounds access of our own; nothing is left to the guard region.
;;! options: --bounds-checks=1
;;! has: icmp
;;! count 3: user2
;;! count 3: icmp
;;! count 3: select_spectre_guard
(module
  (memory 1)
  (func $byte (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $offset (param i32) (result i64) (i64.load offset=100 (local.get 0)))
  (func $store (param i32 i64) (i64.store32 offset=0xfffffffc (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (byte)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 1
;;                                     v6 = isub v4, v5  ; v5 = 1
;;                                     v7 = icmp ugt v3, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v7, v10, v9  ; v10 = 0
;; @002c                               v12 = uload8.i32 user2 region1 v11
;;                                     return v12
;; }
;;
;; ;; function 1 (offset)
;; function u0:1(i64 vmctx, i32) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 108
;;                                     v6 = isub v4, v5  ; v5 = 108
;;                                     v7 = icmp ugt v3, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 100
;;                                     v11 = iadd v9, v10  ; v10 = 100
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @0034                               v14 = load.i64 user2 region1 v13
;;                                     return v14
;; }
;;
;; ;; function 2 (store)
;; function u0:2(i64 vmctx, i32, i64) tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 0x0001_0000_0000
;;                                     v6 = iadd v3, v5  ; v5 = 0x0001_0000_0000
;;                                     v7 = icmp ugt v6, v4
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0xffff_fffc
;;                                     v11 = iadd v9, v10  ; v10 = 0xffff_fffc
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @003e                               istore32 user2 region1 v2, v13
;;                                     return
;; }
