;; Loads and stores of vectors go through the bounds checks of all others; each is one access.
;;! options: --bounds-checks=1
;;! has: load.i8x16
;;! has: sload8x8
;;! has: uload32x2
;;! has: scalar_to_vector
;;! has: splat
;;! has: insertlane
;;! has: extractlane
;;! count 8: select_spectre_guard
(module
  (memory 1)
  (func $loads (param i32) (result v128 v128 v128 v128 v128)
    (v128.load offset=16 (local.get 0)) (v128.load8x8_s (local.get 0)) (v128.load32x2_u (local.get 0))
    (v128.load32_zero (local.get 0)) (v128.load16_splat (local.get 0)))
  (func $lanes (param i32 v128) (result v128)
    (v128.store8_lane 7 (local.get 0) (local.get 1))
    (v128.load64_lane 1 (local.get 0) (local.get 1)))
  (func $store (param i32 v128) (v128.store (local.get 0) (local.get 1)))
  (func $inside (result v128) (v128.load (i32.const 65520))))

;;= CLIF
;; ;; function 0 (loads)
;; function u0:0(i64 vmctx, i32) -> i8x16, i8x16, i8x16, i8x16, i8x16 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v7 = uextend.i64 v1
;;                                     v8 = iconst.i64 32
;;                                     v9 = iadd v7, v8  ; v8 = 32
;;                                     v10 = load.i64 notrap aligned region0 v0+56
;;                                     v11 = icmp ugt v9, v10
;;                                     v12 = load.i64 notrap aligned region0 v0+48
;;                                     v13 = iadd v12, v7
;;                                     v14 = iconst.i64 16
;;                                     v15 = iadd v13, v14  ; v14 = 16
;;                                     v16 = iconst.i64 0
;;                                     v17 = select_spectre_guard v11, v16, v15  ; v16 = 0
;; @0036                               v18 = load.i8x16 user2 region1 v17
;;                                     v19 = uextend.i64 v1
;;                                     v20 = iconst.i64 8
;;                                     v21 = iadd v19, v20  ; v20 = 8
;;                                     v22 = load.i64 notrap aligned region0 v0+56
;;                                     v23 = icmp ugt v21, v22
;;                                     v24 = load.i64 notrap aligned region0 v0+48
;;                                     v25 = iadd v24, v19
;;                                     v26 = iconst.i64 0
;;                                     v27 = iadd v25, v26  ; v26 = 0
;;                                     v28 = iconst.i64 0
;;                                     v29 = select_spectre_guard v23, v28, v27  ; v28 = 0
;; @003c                               v30 = sload8x8 user2 region1 v29
;;                                     v31 = bitcast.i8x16 little v30
;;                                     v32 = uextend.i64 v1
;;                                     v33 = iconst.i64 8
;;                                     v34 = iadd v32, v33  ; v33 = 8
;;                                     v35 = load.i64 notrap aligned region0 v0+56
;;                                     v36 = icmp ugt v34, v35
;;                                     v37 = load.i64 notrap aligned region0 v0+48
;;                                     v38 = iadd v37, v32
;;                                     v39 = iconst.i64 0
;;                                     v40 = iadd v38, v39  ; v39 = 0
;;                                     v41 = iconst.i64 0
;;                                     v42 = select_spectre_guard v36, v41, v40  ; v41 = 0
;; @0042                               v43 = uload32x2 user2 region1 v42
;;                                     v44 = bitcast.i8x16 little v43
;;                                     v45 = uextend.i64 v1
;;                                     v46 = iconst.i64 4
;;                                     v47 = iadd v45, v46  ; v46 = 4
;;                                     v48 = load.i64 notrap aligned region0 v0+56
;;                                     v49 = icmp ugt v47, v48
;;                                     v50 = load.i64 notrap aligned region0 v0+48
;;                                     v51 = iadd v50, v45
;;                                     v52 = iconst.i64 0
;;                                     v53 = iadd v51, v52  ; v52 = 0
;;                                     v54 = iconst.i64 0
;;                                     v55 = select_spectre_guard v49, v54, v53  ; v54 = 0
;; @0048                               v56 = load.i32 user2 region1 v55
;;                                     v57 = scalar_to_vector.i32x4 v56
;;                                     v58 = bitcast.i8x16 little v57
;;                                     v59 = uextend.i64 v1
;;                                     v60 = iconst.i64 2
;;                                     v61 = iadd v59, v60  ; v60 = 2
;;                                     v62 = load.i64 notrap aligned region0 v0+56
;;                                     v63 = icmp ugt v61, v62
;;                                     v64 = load.i64 notrap aligned region0 v0+48
;;                                     v65 = iadd v64, v59
;;                                     v66 = iconst.i64 0
;;                                     v67 = iadd v65, v66  ; v66 = 0
;;                                     v68 = iconst.i64 0
;;                                     v69 = select_spectre_guard v63, v68, v67  ; v68 = 0
;; @004e                               v70 = load.i16 user2 region1 v69
;;                                     v71 = splat.i16x8 v70
;;                                     v72 = bitcast.i8x16 little v71
;;                                     return v18, v31, v44, v58, v72
;; }
;;
;; ;; function 1 (lanes)
;; function u0:1(i64 vmctx, i32, i8x16) -> i8x16 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i8x16):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = iconst.i64 1
;;                                     v6 = iadd v4, v5  ; v5 = 1
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp ugt v6, v7
;;                                     v9 = load.i64 notrap aligned region0 v0+48
;;                                     v10 = iadd v9, v4
;;                                     v11 = iconst.i64 0
;;                                     v12 = iadd v10, v11  ; v11 = 0
;;                                     v13 = iconst.i64 0
;;                                     v14 = select_spectre_guard v8, v13, v12  ; v13 = 0
;;                                     v15 = extractlane v2, 7
;; @0059                               store user2 region1 v15, v14
;;                                     v16 = bitcast.i64x2 little v2
;;                                     v17 = uextend.i64 v1
;;                                     v18 = iconst.i64 8
;;                                     v19 = iadd v17, v18  ; v18 = 8
;;                                     v20 = load.i64 notrap aligned region0 v0+56
;;                                     v21 = icmp ugt v19, v20
;;                                     v22 = load.i64 notrap aligned region0 v0+48
;;                                     v23 = iadd v22, v17
;;                                     v24 = iconst.i64 0
;;                                     v25 = iadd v23, v24  ; v24 = 0
;;                                     v26 = iconst.i64 0
;;                                     v27 = select_spectre_guard v21, v26, v25  ; v26 = 0
;; @0062                               v28 = load.i64 user2 region1 v27
;;                                     v29 = insertlane v16, v28, 1
;;                                     v30 = bitcast.i8x16 little v29
;;                                     return v30
;; }
;;
;; ;; function 2 (store)
;; function u0:2(i64 vmctx, i32, i8x16) tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i8x16):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 16
;;                                     v5 = iadd v3, v4  ; v4 = 16
;;                                     v6 = load.i64 notrap aligned region0 v0+56
;;                                     v7 = icmp ugt v5, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0
;;                                     v11 = iadd v9, v10  ; v10 = 0
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @006e                               store user2 region1 v2, v13
;;                                     return
;; }
;;
;; ;; function 3 (inside)
;; function u0:3(i64 vmctx) -> i8x16 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i32 0xfff0
;;     v3 = load.i64 notrap aligned region0 v0+48
;;     v4 = load.i8x16 notrap region1 v3+0xfff0
;;     return v4
;; }
