;; Where no guard helps, the end of an access to a 64-bit memory is compared: the index with the length
;; less the end, if the memory always has that many bytes (the offset of the first load, and up to the
;; last byte of the first page of the second), otherwise a sum whose overflow traps. An end past 64 bits
;; always traps.
;;! count 2: isub
;;! count 2: uadd_overflow_trap
;;! count 4: select_spectre_guard
;;! count 1: trap user2
;;! options: --bounds-checks=1
(module
  (memory i64 1)
  (func $field (param i64) (result i64) (i64.load offset=8 (local.get 0)))
  (func $minimum (param i64) (result i32) (i32.load8_u offset=65535 (local.get 0)))
  (func $past_minimum (param i64) (result i32) (i32.load8_u offset=65536 (local.get 0)))
  (func $past_4_gib (param i64 i64) (i64.store offset=0x100000000 (local.get 0) (local.get 1)))
  (func $past_64_bits (param i64) (result i64) (i64.load offset=0xfffffffffffffff9 (local.get 0))))

;;= CLIF
;; ;; function 0 (field)
;; function u0:0(i64 vmctx, i64) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+56
;;                                     v4 = iconst.i64 16
;;                                     v5 = isub v3, v4  ; v4 = 16
;;                                     v6 = icmp ugt v1, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i64 8
;;                                     v10 = iadd v8, v9  ; v9 = 8
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v6, v11, v10  ; v11 = 0
;; @002e                               v13 = load.i64 user2 region1 v12
;;                                     return v13
;; }
;;
;; ;; function 1 (minimum)
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
;;                                     v4 = iconst.i64 0x0001_0000
;;                                     v5 = isub v3, v4  ; v4 = 0x0001_0000
;;                                     v6 = icmp ugt v1, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i64 0xffff
;;                                     v10 = iadd v8, v9  ; v9 = 0xffff
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v6, v11, v10  ; v11 = 0
;; @0036                               v13 = uload8.i32 user2 region1 v12
;;                                     return v13
;; }
;;
;; ;; function 2 (past_minimum)
;; function u0:2(i64 vmctx, i64) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+56
;;                                     v4 = iconst.i64 0x0001_0001
;; @0040                               v5 = uadd_overflow_trap v1, v4, user2  ; v4 = 0x0001_0001
;;                                     v6 = icmp ugt v5, v3
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i64 0x0001_0000
;;                                     v10 = iadd v8, v9  ; v9 = 0x0001_0000
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v6, v11, v10  ; v11 = 0
;; @0040                               v13 = uload8.i32 user2 region1 v12
;;                                     return v13
;; }
;;
;; ;; function 3 (past_4_gib)
;; function u0:3(i64 vmctx, i64, i64) tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+56
;;                                     v4 = iconst.i64 0x0001_0000_0008
;; @004c                               v5 = uadd_overflow_trap v1, v4, user2  ; v4 = 0x0001_0000_0008
;;                                     v6 = icmp ugt v5, v3
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i64 0x0001_0000_0000
;;                                     v10 = iadd v8, v9  ; v9 = 0x0001_0000_0000
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v6, v11, v10  ; v11 = 0
;; @004c                               store user2 region1 v2, v12
;;                                     return
;; }
;;
;; ;; function 4 (past_64_bits)
;; function u0:4(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0058                               trap user2
;; }
