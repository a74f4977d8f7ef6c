;; An offset that could reach past the guard of a 64-bit memory is added, and overflow traps; one less
;; is not.
;;! count 1: uadd_overflow_trap
;;! count 2: icmp ugt
(module
  (memory i64 1)
  (func $within (param i64) (result i32) (i32.load8_u offset=0x3ffffff (local.get 0)))
  (func $past (param i64) (result i32) (i32.load8_u offset=0x4000000 (local.get 0))))

;;= CLIF
;; ;; function 0 (within)
;; function u0:0(i64 vmctx, i64) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+56
;;                                     v4 = icmp ugt v1, v3
;;                                     v5 = load.i64 notrap aligned region0 v0+48
;;                                     v6 = iadd v5, v1
;;                                     v7 = iconst.i64 0x03ff_ffff
;;                                     v8 = iadd v6, v7  ; v7 = 0x03ff_ffff
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v4, v9, v8  ; v9 = 0
;; @0021                               v11 = uload8.i32 user2 region1 v10
;;                                     return v11
;; }
;;
;; ;; function 1 (past)
;; function u0:1(i64 vmctx, i64) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+56
;;                                     v4 = iconst.i64 0x0400_0001
;; @002c                               v5 = uadd_overflow_trap v1, v4, user2  ; v4 = 0x0400_0001
;;                                     v6 = icmp ugt v5, v3
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i64 0x0400_0000
;;                                     v10 = iadd v8, v9  ; v9 = 0x0400_0000
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v6, v11, v10  ; v11 = 0
;; @002c                               v13 = uload8.i32 user2 region1 v12
;;                                     return v13
;; }
