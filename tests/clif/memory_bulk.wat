;; Bulk operations are builtins that answer with a trap code, zero for none.
;;! count 4: call_indirect
(module
  (memory 1)
  (data $d "abc")
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $fill (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i32 i32 i32) (memory.init $d (local.get 0) (local.get 1) (local.get 2)))
  (func $drop (data.drop $d)))

;;= CLIF
;; ;; function 0 (copy)
;; function u0:0(i64 vmctx, i32, i32, i32) tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64, i64, i64, i32 sext) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;                                     v4 = uextend.i64 v3
;;                                     v5 = uextend.i64 v1
;;                                     v6 = iadd v5, v4
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp ugt v6, v7
;; @002e                               trapnz v8, user2
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v10 = iadd v9, v5
;;                                     v11 = uextend.i64 v2
;;                                     v12 = iadd v11, v4
;;                                     v13 = load.i64 notrap aligned region0 v0+56
;;                                     v14 = icmp ugt v12, v13
;; @002e                               trapnz v14, user2
;;                                     v15 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v16 = iadd v15, v11
;;                                     v17 = iconst.i32 0
;;                                     v18 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v19 = load.i64 notrap aligned readonly can_move v18+8
;; @002e                               v20 = call_indirect sig0, v19(v0, v10, v16, v4, v17)  ; v17 = 0
;; @002e                               trapnz v20, user2
;;                                     return
;; }
;;
;; ;; function 1 (fill)
;; function u0:1(i64 vmctx, i32, i32, i32) tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64, i32 sext, i64, i32 sext) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;                                     v4 = uextend.i64 v3
;;                                     v5 = uextend.i64 v1
;;                                     v6 = iadd v5, v4
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp ugt v6, v7
;; @003b                               trapnz v8, user2
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v10 = iadd v9, v5
;;                                     v11 = iconst.i32 0
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v13 = load.i64 notrap aligned readonly can_move v12+16
;; @003b                               v14 = call_indirect sig0, v13(v0, v10, v2, v4, v11)  ; v11 = 0
;; @003b                               trapnz v14, user2
;;                                     return
;; }
;;
;; ;; function 2 (init)
;; function u0:2(i64 vmctx, i32, i32, i32) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i32 sext, i64, i64, i64) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;                                     v4 = iconst.i32 0
;;                                     v5 = iconst.i32 0
;;                                     v6 = uextend.i64 v1
;;                                     v7 = uextend.i64 v2
;;                                     v8 = uextend.i64 v3
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v10 = load.i64 notrap aligned readonly can_move v9+24
;; @0047                               v11 = call_indirect sig0, v10(v0, v4, v5, v6, v7, v8)  ; v4 = 0, v5 = 0
;; @0047                               trapnz v11, user2
;;                                     return
;; }
;;
;; ;; function 3 (drop)
;; function u0:3(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext) system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = iconst.i32 0
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v3 = load.i64 notrap aligned readonly can_move v2+32
;; @004e                               call_indirect sig0, v3(v0, v1)  ; v1 = 0
;;                                     return
;; }
