;; A call through a table in which one function of its type is known to be is called directly if that is what the element
;; is: whatever else the table may hold later goes the long way, and is checked there. So is what has an index that is
;; known. Of two functions of a type none is likely.
;;! count 3: call_indirect
;;! count 2: brif
(module
  (type $only (func (param i64) (result i64)))
  (type $two (func))
  (table 4 funcref)
  (elem (i32.const 1) func $one $a $b)
  (func $one (type $only) (local.get 0))
  (func $a)
  (func $b)
  (func $only (param i64 i32) (result i64) (call_indirect (type $only) (local.get 0) (local.get 1)))
  (func $two (param i32) (call_indirect (type $two) (local.get 0)))
  (func $known (call_indirect (type $two) (i32.const 3))))

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
;; @004b                               v13 = load.i64 user4 aligned region1 v12
;;                                     v14 = iconst.i64 64
;;                                     v15 = iadd v0, v14  ; v14 = 64
;;                                     v16 = icmp eq v13, v15
;;                                     brif v16, block2, block3
;;
;;                                 block3 cold:
;; @004b                               v18 = load.i32 user5 aligned readonly v13+24
;;                                     v19 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v20 = load.i32 notrap aligned readonly can_move v19
;;                                     v21 = icmp ne v18, v20
;; @004b                               trapnz v21, user6
;; @004b                               v22 = load.i64 user5 aligned readonly v13
;;                                     v23 = load.i64 notrap aligned readonly v13+8
;; @004b                               v24 = call_indirect sig0, v22(v23, v1)
;;                                     jump block4(v24)
;;
;;                                 block2:
;; @004b                               v25 = call fn0(v0, v1)
;;                                     jump block4(v25)
;;
;;                                 block4(v17: i64):
;;                                     return v17
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
;; @0053                               v11 = load.i64 user4 aligned region1 v10
;; @0053                               v12 = load.i32 user5 aligned readonly v11+24
;;                                     v13 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v14 = load.i32 notrap aligned readonly can_move v13+4
;;                                     v15 = icmp ne v12, v14
;; @0053                               trapnz v15, user6
;; @0053                               v16 = load.i64 user5 aligned readonly v11
;;                                     v17 = load.i64 notrap aligned readonly v11+8
;; @0053                               call_indirect sig0, v16(v17)
;;                                     return
;; }
;;
;; ;; function 5 (known)
;; function u0:5(i64 vmctx) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     fn0 = colocated u0:2 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = iconst.i32 3
;;                                     v2 = uextend.i64 v1  ; v1 = 3
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     v4 = iconst.i64 3
;;                                     v5 = ishl v2, v4  ; v4 = 3
;;                                     v6 = iadd v3, v5
;;                                     v7 = load.i64 notrap aligned region1 v6
;;                                     v8 = iconst.i64 128
;;                                     v9 = iadd v0, v8  ; v8 = 128
;;                                     v10 = icmp eq v7, v9
;;                                     brif v10, block2, block3
;;
;;                                 block3 cold:
;; @005b                               v11 = load.i32 user5 aligned readonly v7+24
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v13 = load.i32 notrap aligned readonly can_move v12+4
;;                                     v14 = icmp ne v11, v13
;; @005b                               trapnz v14, user6
;; @005b                               v15 = load.i64 user5 aligned readonly v7
;;                                     v16 = load.i64 notrap aligned readonly v7+8
;; @005b                               call_indirect sig0, v15(v16)
;;                                     jump block4
;;
;;                                 block2:
;; @005b                               call fn0(v0)
;;                                     jump block4
;;
;;                                 block4:
;;                                     return
;; }
