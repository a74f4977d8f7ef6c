;; Every width and extension of loads and stores.
;;! has: uload8
;;! has: sload8
;;! has: uload16
;;! has: sload16
;;! has: uload32
;;! has: sload32
;;! has: istore8
;;! has: istore16
;;! has: istore32
(module
  (memory 1)
  (func $loads (param i32)
    (drop (i32.load8_s (local.get 0))) (drop (i32.load8_u (local.get 0)))
    (drop (i32.load16_s (local.get 0))) (drop (i32.load16_u (local.get 0)))
    (drop (i32.load (local.get 0)))
    (drop (i64.load8_s (local.get 0))) (drop (i64.load8_u (local.get 0)))
    (drop (i64.load16_s (local.get 0))) (drop (i64.load16_u (local.get 0)))
    (drop (i64.load32_s (local.get 0))) (drop (i64.load32_u (local.get 0)))
    (drop (i64.load (local.get 0)))
    (drop (f32.load (local.get 0))) (drop (f64.load (local.get 0))))
  (func $stores (param i32 i32 i64 f32 f64)
    (i32.store8 (local.get 0) (local.get 1)) (i32.store16 (local.get 0) (local.get 1))
    (i32.store (local.get 0) (local.get 1))
    (i64.store8 (local.get 0) (local.get 2)) (i64.store16 (local.get 0) (local.get 2))
    (i64.store32 (local.get 0) (local.get 2)) (i64.store (local.get 0) (local.get 2))
    (f32.store (local.get 0) (local.get 3)) (f64.store (local.get 0) (local.get 4))))

;;= CLIF
;; ;; function 0 (loads)
;; function u0:0(i64 vmctx, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = uextend.i64 v1
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v4 = iadd v3, v2
;; @0029                               v5 = sload8.i32 region0 v4
;;                                     v6 = uextend.i64 v1
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v8 = iadd v7, v6
;; @002f                               v9 = uload8.i32 region0 v8
;;                                     v10 = uextend.i64 v1
;;                                     v11 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v12 = iadd v11, v10
;; @0035                               v13 = sload16.i32 region0 v12
;;                                     v14 = uextend.i64 v1
;;                                     v15 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v16 = iadd v15, v14
;; @003b                               v17 = uload16.i32 region0 v16
;;                                     v18 = uextend.i64 v1
;;                                     v19 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v20 = iadd v19, v18
;; @0041                               v21 = load.i32 region0 v20
;;                                     v22 = uextend.i64 v1
;;                                     v23 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v24 = iadd v23, v22
;; @0047                               v25 = sload8.i64 region0 v24
;;                                     v26 = uextend.i64 v1
;;                                     v27 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v28 = iadd v27, v26
;; @004d                               v29 = uload8.i64 region0 v28
;;                                     v30 = uextend.i64 v1
;;                                     v31 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v32 = iadd v31, v30
;; @0053                               v33 = sload16.i64 region0 v32
;;                                     v34 = uextend.i64 v1
;;                                     v35 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v36 = iadd v35, v34
;; @0059                               v37 = uload16.i64 region0 v36
;;                                     v38 = uextend.i64 v1
;;                                     v39 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v40 = iadd v39, v38
;; @005f                               v41 = sload32 region0 v40
;;                                     v42 = uextend.i64 v1
;;                                     v43 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v44 = iadd v43, v42
;; @0065                               v45 = uload32 region0 v44
;;                                     v46 = uextend.i64 v1
;;                                     v47 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v48 = iadd v47, v46
;; @006b                               v49 = load.i64 region0 v48
;;                                     v50 = uextend.i64 v1
;;                                     v51 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v52 = iadd v51, v50
;; @0071                               v53 = load.f32 region0 v52
;;                                     v54 = uextend.i64 v1
;;                                     v55 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v56 = iadd v55, v54
;; @0077                               v57 = load.f64 region0 v56
;;                                     return
;; }
;;
;; ;; function 1 (stores)
;; function u0:1(i64 vmctx, i32, i32, i64, f32, f64) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i64, v4: f32, v5: f64):
;;                                     v6 = uextend.i64 v1
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v8 = iadd v7, v6
;; @0082                               istore8 region0 v2, v8
;;                                     v9 = uextend.i64 v1
;;                                     v10 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v11 = iadd v10, v9
;; @0089                               istore16 region0 v2, v11
;;                                     v12 = uextend.i64 v1
;;                                     v13 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v14 = iadd v13, v12
;; @0090                               store region0 v2, v14
;;                                     v15 = uextend.i64 v1
;;                                     v16 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v17 = iadd v16, v15
;; @0097                               istore8 region0 v3, v17
;;                                     v18 = uextend.i64 v1
;;                                     v19 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v20 = iadd v19, v18
;; @009e                               istore16 region0 v3, v20
;;                                     v21 = uextend.i64 v1
;;                                     v22 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v23 = iadd v22, v21
;; @00a5                               istore32 region0 v3, v23
;;                                     v24 = uextend.i64 v1
;;                                     v25 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v26 = iadd v25, v24
;; @00ac                               store region0 v3, v26
;;                                     v27 = uextend.i64 v1
;;                                     v28 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v29 = iadd v28, v27
;; @00b3                               store region0 v4, v29
;;                                     v30 = uextend.i64 v1
;;                                     v31 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v32 = iadd v31, v30
;; @00ba                               store region0 v5, v32
;;                                     return
;; }
