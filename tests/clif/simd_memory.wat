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
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = iconst.i64 32
;;                                     v10 = isub v8, v9  ; v9 = 32
;;                                     v11 = icmp ugt v7, v10
;;                                     v12 = load.i64 notrap aligned region0 v0+48
;;                                     v13 = iadd v12, v7
;;                                     v14 = iconst.i64 16
;;                                     v15 = iadd v13, v14  ; v14 = 16
;;                                     v16 = iconst.i64 0
;;                                     v17 = select_spectre_guard v11, v16, v15  ; v16 = 0
;; @0036                               v18 = load.i8x16 user2 region1 v17
;;                                     v19 = uextend.i64 v1
;;                                     v20 = load.i64 notrap aligned region0 v0+56
;;                                     v21 = iconst.i64 8
;;                                     v22 = isub v20, v21  ; v21 = 8
;;                                     v23 = icmp ugt v19, v22
;;                                     v24 = load.i64 notrap aligned region0 v0+48
;;                                     v25 = iadd v24, v19
;;                                     v26 = iconst.i64 0
;;                                     v27 = select_spectre_guard v23, v26, v25  ; v26 = 0
;; @003c                               v28 = sload8x8 user2 region1 v27
;;                                     v29 = bitcast.i8x16 little v28
;;                                     v30 = uextend.i64 v1
;;                                     v31 = load.i64 notrap aligned region0 v0+56
;;                                     v32 = iconst.i64 8
;;                                     v33 = isub v31, v32  ; v32 = 8
;;                                     v34 = icmp ugt v30, v33
;;                                     v35 = load.i64 notrap aligned region0 v0+48
;;                                     v36 = iadd v35, v30
;;                                     v37 = iconst.i64 0
;;                                     v38 = select_spectre_guard v34, v37, v36  ; v37 = 0
;; @0042                               v39 = uload32x2 user2 region1 v38
;;                                     v40 = bitcast.i8x16 little v39
;;                                     v41 = uextend.i64 v1
;;                                     v42 = load.i64 notrap aligned region0 v0+56
;;                                     v43 = iconst.i64 4
;;                                     v44 = isub v42, v43  ; v43 = 4
;;                                     v45 = icmp ugt v41, v44
;;                                     v46 = load.i64 notrap aligned region0 v0+48
;;                                     v47 = iadd v46, v41
;;                                     v48 = iconst.i64 0
;;                                     v49 = select_spectre_guard v45, v48, v47  ; v48 = 0
;; @0048                               v50 = load.i32 user2 region1 v49
;;                                     v51 = scalar_to_vector.i32x4 v50
;;                                     v52 = bitcast.i8x16 little v51
;;                                     v53 = uextend.i64 v1
;;                                     v54 = load.i64 notrap aligned region0 v0+56
;;                                     v55 = iconst.i64 2
;;                                     v56 = isub v54, v55  ; v55 = 2
;;                                     v57 = icmp ugt v53, v56
;;                                     v58 = load.i64 notrap aligned region0 v0+48
;;                                     v59 = iadd v58, v53
;;                                     v60 = iconst.i64 0
;;                                     v61 = select_spectre_guard v57, v60, v59  ; v60 = 0
;; @004e                               v62 = load.i16 user2 region1 v61
;;                                     v63 = splat.i16x8 v62
;;                                     v64 = bitcast.i8x16 little v63
;;                                     return v18, v29, v40, v52, v64
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
;;                                     v5 = load.i64 notrap aligned region0 v0+56
;;                                     v6 = iconst.i64 1
;;                                     v7 = isub v5, v6  ; v6 = 1
;;                                     v8 = icmp ugt v4, v7
;;                                     v9 = load.i64 notrap aligned region0 v0+48
;;                                     v10 = iadd v9, v4
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v8, v11, v10  ; v11 = 0
;;                                     v13 = extractlane v2, 7
;; @0059                               store user2 region1 v13, v12
;;                                     v14 = bitcast.i64x2 little v2
;;                                     v15 = uextend.i64 v1
;;                                     v16 = load.i64 notrap aligned region0 v0+56
;;                                     v17 = iconst.i64 8
;;                                     v18 = isub v16, v17  ; v17 = 8
;;                                     v19 = icmp ugt v15, v18
;;                                     v20 = load.i64 notrap aligned region0 v0+48
;;                                     v21 = iadd v20, v15
;;                                     v22 = iconst.i64 0
;;                                     v23 = select_spectre_guard v19, v22, v21  ; v22 = 0
;; @0062                               v24 = load.i64 user2 region1 v23
;;                                     v25 = insertlane v14, v24, 1
;;                                     v26 = bitcast.i8x16 little v25
;;                                     return v26
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
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 16
;;                                     v6 = isub v4, v5  ; v5 = 16
;;                                     v7 = icmp ugt v3, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v7, v10, v9  ; v10 = 0
;; @006e                               store user2 region1 v2, v11
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
