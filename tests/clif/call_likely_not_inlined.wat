;; Where nothing is inlined, several functions of a type are not told apart.
;;! options: --no-inlining
;;! count 2: call_indirect
;;! count 1: brif
(module
  (type $only (func (param i64) (result i64)))
  (type $two (func))
  (table 16 funcref)
  (elem (i32.const 1) func $one $a $b)
  (func $one (type $only) (local.get 0))
  (func $a)
  (func $b)
  (func $only (param i64 i32) (result i64) (call_indirect (type $only) (local.get 0) (local.get 1)))
  (func $two (param i32) (call_indirect (type $two) (local.get 0))))

;;= CLIF
;; ;; function 0 (one)
;; function u0:0(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     return v1
;; }
;;
;; ;; function 1 (a)
;; function u0:1(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     return
;; }
;;
;; ;; function 2 (b)
;; function u0:2(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     return
;; }
;;
;; ;; function 3 (only)
;; function u0:3(i64 vmctx, i64, i32) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     fn0 = colocated u0:0 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;;                                     v4 = uextend.i64 v2
;;                                     v5 = load.i64 notrap aligned region0 v0+48
;;                                     v6 = iconst.i64 3
;;                                     v7 = ishl v4, v6  ; v6 = 3
;;                                     v8 = iadd v5, v7
;;                                     v9 = load.i64 notrap aligned region0 v0+56
;;                                     v10 = icmp uge v4, v9
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v10, v11, v8  ; v11 = 0
;; @004a                               v13 = load.i64 user4 aligned region1 v12
;;                                     v15 = iconst.i64 64
;;                                     v16 = iadd v0, v15  ; v15 = 64
;;                                     v17 = icmp eq v13, v16
;;                                     brif v17, block3, block4
;;
;;                                 block3:
;; @004a                               v18 = call fn0(v0, v1)
;;                                     jump block2(v18)
;;
;;                                 block4 cold:
;; @004a                               v19 = load.i32 user5 aligned readonly v13+24
;;                                     v20 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v21 = load.i32 notrap aligned readonly can_move v20
;;                                     v22 = icmp ne v19, v21
;; @004a                               trapnz v22, user6
;; @004a                               v23 = load.i64 user5 aligned readonly v13
;;                                     v24 = load.i64 notrap aligned readonly v13+8
;; @004a                               v25 = call_indirect sig0, v23(v24, v1)
;;                                     jump block2(v25)
;;
;;                                 block2(v14: i64):
;;                                     return v14
;; }
;;
;; ;; function 4 (two)
;; function u0:4(i64 vmctx, i32) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = uextend.i64 v1
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     v4 = iconst.i64 3
;;                                     v5 = ishl v2, v4  ; v4 = 3
;;                                     v6 = iadd v3, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp uge v2, v7
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v8, v9, v6  ; v9 = 0
;; @0052                               v11 = load.i64 user4 aligned region1 v10
;; @0052                               v12 = load.i32 user5 aligned readonly v11+24
;;                                     v13 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v14 = load.i32 notrap aligned readonly can_move v13+4
;;                                     v15 = icmp ne v12, v14
;; @0052                               trapnz v15, user6
;; @0052                               v16 = load.i64 user5 aligned readonly v11
;;                                     v17 = load.i64 notrap aligned readonly v11+8
;; @0052                               call_indirect sig0, v16(v17)
;;                                     return
;; }
