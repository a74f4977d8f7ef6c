;; A call through a table in which one function of its type is known to be is called directly if that is what the element
;; is: whatever else the table may hold later goes the long way, and is checked there. So is what has an index that is
;; known, and each of several, if they are few and all inlined. Of a large one and another none is likely, nor is any of
;; many; and where code is seldom reached, none is looked for.
;;! count 6: call_indirect
;;! count 5: brif
(module
  (type $only (func (param i64) (result i64)))
  (type $two (func))
  (type $large (func (result f64)))
  (type $many (func (result f32)))
  (table 16 funcref)
  (elem (i32.const 1) func $one $a $b)
  (elem (i32.const 5) func $small $large)
  (elem (i32.const 7) func $m1 $m2 $m3 $m4 $m5)
  (func $one (type $only) (local.get 0))
  (func $a)
  (func $b)
  (func $small (type $large) (f64.const 1))
  (func $large (type $large)
    (f64.add (f64.const 1) (f64.add (f64.const 2) (f64.add (f64.const 3) (f64.add (f64.const 4) (f64.const 5))))))
  (func $m1 (type $many) (f32.const 1))
  (func $m2 (type $many) (f32.const 2))
  (func $m3 (type $many) (f32.const 3))
  (func $m4 (type $many) (f32.const 4))
  (func $m5 (type $many) (f32.const 5))
  (func $only (param i64 i32) (result i64) (call_indirect (type $only) (local.get 0) (local.get 1)))
  (func $two (param i32) (call_indirect (type $two) (local.get 0)))
  (func $known (call_indirect (type $two) (i32.const 3)))
  (func $of_large (param i32) (result f64) (call_indirect (type $large) (local.get 0)))
  (func $of_many (param i32) (result f32) (call_indirect (type $many) (local.get 0)))
  (func $cold (param i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get 0) (then (call_indirect (type $two) (local.get 0))))))

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
;; ;; function 3 (small)
;; function u0:3(i64 vmctx) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f64const 0x1.0000000000000p0
;;     return v2  ; v2 = 0x1.0000000000000p0
;; }
;;
;; ;; function 4 (large)
;; function u0:4(i64 vmctx) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f64const 0x1.0000000000000p0
;;     v3 = f64const 0x1.0000000000000p1
;;     v4 = f64const 0x1.8000000000000p1
;;     v5 = f64const 0x1.0000000000000p2
;;     v6 = f64const 0x1.4000000000000p2
;;     v7 = fadd v5, v6  ; v5 = 0x1.0000000000000p2, v6 = 0x1.4000000000000p2
;;     v8 = fadd v4, v7  ; v4 = 0x1.8000000000000p1
;;     v9 = fadd v3, v8  ; v3 = 0x1.0000000000000p1
;;     v10 = fadd v2, v9  ; v2 = 0x1.0000000000000p0
;;     return v10
;; }
;;
;; ;; function 5 (m1)
;; function u0:5(i64 vmctx) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f32const 0x1.000000p0
;;     return v2  ; v2 = 0x1.000000p0
;; }
;;
;; ;; function 6 (m2)
;; function u0:6(i64 vmctx) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f32const 0x1.000000p1
;;     return v2  ; v2 = 0x1.000000p1
;; }
;;
;; ;; function 7 (m3)
;; function u0:7(i64 vmctx) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f32const 0x1.800000p1
;;     return v2  ; v2 = 0x1.800000p1
;; }
;;
;; ;; function 8 (m4)
;; function u0:8(i64 vmctx) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f32const 0x1.000000p2
;;     return v2  ; v2 = 0x1.000000p2
;; }
;;
;; ;; function 9 (m5)
;; function u0:9(i64 vmctx) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f32const 0x1.400000p2
;;     return v2  ; v2 = 0x1.400000p2
;; }
;;
;; ;; function 10 (only)
;; function u0:10(i64 vmctx, i64, i32) -> i64 tail {
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
;; @0103                               v13 = load.i64 user4 aligned region1 v12
;;                                     v15 = iconst.i64 64
;;                                     v16 = iadd v0, v15  ; v15 = 64
;;                                     v17 = icmp eq v13, v16
;;                                     brif v17, block3, block4
;;
;;                                 block3:
;; @0103                               v18 = call fn0(v0, v1)
;;                                     jump block2(v18)
;;
;;                                 block4 cold:
;; @0103                               v19 = load.i32 user5 aligned readonly v13+24
;;                                     v20 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v21 = load.i32 notrap aligned readonly can_move v20
;;                                     v22 = icmp ne v19, v21
;; @0103                               trapnz v22, user6
;; @0103                               v23 = load.i64 user5 aligned readonly v13
;;                                     v24 = load.i64 notrap aligned readonly v13+8
;; @0103                               v25 = call_indirect sig0, v23(v24, v1)
;;                                     jump block2(v25)
;;
;;                                 block2(v14: i64):
;;                                     return v14
;; }
;;
;; ;; function 11 (two)
;; function u0:11(i64 vmctx, i32) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     fn0 = colocated u0:1 sig0
;;     fn1 = colocated u0:2 sig0
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
;; @010b                               v11 = load.i64 user4 aligned region1 v10
;;                                     v12 = iconst.i64 96
;;                                     v13 = iadd v0, v12  ; v12 = 96
;;                                     v14 = icmp eq v11, v13
;;                                     brif v14, block3, block4
;;
;;                                 block3:
;; @010b                               call fn0(v0)
;;                                     jump block2
;;
;;                                 block4:
;;                                     v15 = iconst.i64 128
;;                                     v16 = iadd.i64 v0, v15  ; v15 = 128
;;                                     v17 = icmp.i64 eq v11, v16
;;                                     brif v17, block5, block6
;;
;;                                 block5:
;; @010b                               call fn1(v0)
;;                                     jump block2
;;
;;                                 block6 cold:
;; @010b                               v18 = load.i32 user5 aligned readonly v11+24
;;                                     v19 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v20 = load.i32 notrap aligned readonly can_move v19+4
;;                                     v21 = icmp ne v18, v20
;; @010b                               trapnz v21, user6
;; @010b                               v22 = load.i64 user5 aligned readonly v11
;;                                     v23 = load.i64 notrap aligned readonly v11+8
;; @010b                               call_indirect sig0, v22(v23)
;;                                     jump block2
;;
;;                                 block2:
;;                                     return
;; }
;;
;; ;; function 12 (known)
;; function u0:12(i64 vmctx) tail {
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
;;                                     brif v10, block3, block4
;;
;;                                 block3:
;; @0113                               call fn0(v0)
;;                                     jump block2
;;
;;                                 block4 cold:
;; @0113                               v11 = load.i32 user5 aligned readonly v7+24
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v13 = load.i32 notrap aligned readonly can_move v12+4
;;                                     v14 = icmp ne v11, v13
;; @0113                               trapnz v14, user6
;; @0113                               v15 = load.i64 user5 aligned readonly v7
;;                                     v16 = load.i64 notrap aligned readonly v7+8
;; @0113                               call_indirect sig0, v15(v16)
;;                                     jump block2
;;
;;                                 block2:
;;                                     return
;; }
;;
;; ;; function 13 (of_large)
;; function u0:13(i64 vmctx, i32) -> f64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) -> f64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+48
;;                                     v5 = iconst.i64 3
;;                                     v6 = ishl v3, v5  ; v5 = 3
;;                                     v7 = iadd v4, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = icmp uge v3, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v9, v10, v7  ; v10 = 0
;; @011b                               v12 = load.i64 user4 aligned region1 v11
;; @011b                               v13 = load.i32 user5 aligned readonly v12+24
;;                                     v14 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v15 = load.i32 notrap aligned readonly can_move v14+8
;;                                     v16 = icmp ne v13, v15
;; @011b                               trapnz v16, user6
;; @011b                               v17 = load.i64 user5 aligned readonly v12
;;                                     v18 = load.i64 notrap aligned readonly v12+8
;; @011b                               v19 = call_indirect sig0, v17(v18)
;;                                     return v19
;; }
;;
;; ;; function 14 (of_many)
;; function u0:14(i64 vmctx, i32) -> f32 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) -> f32 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+48
;;                                     v5 = iconst.i64 3
;;                                     v6 = ishl v3, v5  ; v5 = 3
;;                                     v7 = iadd v4, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = icmp uge v3, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v9, v10, v7  ; v10 = 0
;; @0123                               v12 = load.i64 user4 aligned region1 v11
;; @0123                               v13 = load.i32 user5 aligned readonly v12+24
;;                                     v14 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v15 = load.i32 notrap aligned readonly can_move v14+12
;;                                     v16 = icmp ne v13, v15
;; @0123                               trapnz v16, user6
;; @0123                               v17 = load.i64 user5 aligned readonly v12
;;                                     v18 = load.i64 notrap aligned readonly v12+8
;; @0123                               v19 = call_indirect sig0, v17(v18)
;;                                     return v19
;; }
;;
;; ;; function 15 (cold)
;; function u0:15(i64 vmctx, i32) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     brif v1, block2, block3
;;
;;                                 block2 cold:
;;                                     v2 = uextend.i64 v1
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     v4 = iconst.i64 3
;;                                     v5 = ishl v2, v4  ; v4 = 3
;;                                     v6 = iadd v3, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp uge v2, v7
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v8, v9, v6  ; v9 = 0
;; @012f                               v11 = load.i64 user4 aligned region1 v10
;; @012f                               v12 = load.i32 user5 aligned readonly v11+24
;;                                     v13 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v14 = load.i32 notrap aligned readonly can_move v13+4
;;                                     v15 = icmp ne v12, v14
;; @012f                               trapnz v15, user6
;; @012f                               v16 = load.i64 user5 aligned readonly v11
;;                                     v17 = load.i64 notrap aligned readonly v11+8
;; @012f                               call_indirect sig0, v16(v17)
;;                                     jump block4
;;
;;                                 block3:
;;                                     jump block4
;;
;;                                 block4:
;;                                     return
;; }
