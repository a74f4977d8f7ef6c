;; Bulk table operations are builtins.
;;! count 5: call_indirect
(module
  (table $t 4 funcref)
  (elem $e func 0)
  (func $grow (param funcref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
  (func $fill (param i32 funcref i32) (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func $drop (elem.drop $e)))

;;= CLIF
;; ;; function 0 (grow)
;; function u0:0(i64 vmctx, i64, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;;                                     v4 = iconst.i32 0
;;                                     v5 = uextend.i64 v2
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v7 = load.i64 notrap aligned readonly can_move v6+40
;; @003e                               v8 = call_indirect sig0, v7(v0, v4, v5, v1)  ; v4 = 0
;;                                     v9 = ireduce.i32 v8
;;                                     return v9
;; }
;;
;; ;; function 1 (fill)
;; function u0:1(i64 vmctx, i32, i64, i32) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i64, i64) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64, v3: i32):
;;                                     v4 = iconst.i32 0
;;                                     v5 = uextend.i64 v1
;;                                     v6 = uextend.i64 v3
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v8 = load.i64 notrap aligned readonly can_move v7+48
;; @004a                               v9 = call_indirect sig0, v8(v0, v4, v5, v2, v6)  ; v4 = 0
;; @004a                               trapnz v9, user3
;;                                     return
;; }
;;
;; ;; function 2 (copy)
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
;;                                     v10 = load.i64 notrap aligned readonly can_move v9+56
;; @0056                               v11 = call_indirect sig0, v10(v0, v4, v5, v6, v7, v8)  ; v4 = 0, v5 = 0
;; @0056                               trapnz v11, user3
;;                                     return
;; }
;;
;; ;; function 3 (init)
;; function u0:3(i64 vmctx, i32, i32, i32) tail {
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
;;                                     v10 = load.i64 notrap aligned readonly can_move v9+64
;; @0063                               v11 = call_indirect sig0, v10(v0, v4, v5, v6, v7, v8)  ; v4 = 0, v5 = 0
;; @0063                               trapnz v11, user3
;;                                     return
;; }
;;
;; ;; function 4 (drop)
;; function u0:4(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext) system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = iconst.i32 0
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v3 = load.i64 notrap aligned readonly can_move v2+72
;; @006a                               call_indirect sig0, v3(v0, v1)  ; v1 = 0
;;                                     return
;; }
