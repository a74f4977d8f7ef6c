;; Copies and fills of few bytes, their number known, are loads and stores, all loads first. The last byte is
;; looked at before the first is written; what the memory's least length has room for needs no check.
;;! lacks: call_indirect
;;! lacks: trapnz
;;! count 4: load.i8 
(module
  (memory 1)
  (func $copy_16 (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 16)))
  (func $copy_20 (param i32 i32) (memory.copy (local.get 0) (local.get 1) (i32.const 20)))
  (func $copy_15_in_bounds (memory.copy (i32.const 65521) (i32.const 8) (i32.const 15)))
  (func $fill_7 (param i32 i32) (memory.fill (local.get 0) (local.get 1) (i32.const 7)))
  (func $clear_32 (param i32) (memory.fill (local.get 0) (i32.const 0) (i32.const 32))))

;;= CLIF
;; ;; function 0 (copy_16)
;; function u0:0(i64 vmctx, i32, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = iconst.i32 16
;;                                     v4 = uextend.i64 v2
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iadd v5, v4
;;                                     v7 = uextend.i64 v1
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v9 = iadd v8, v7
;; @002f                               v10 = load.i8x16 region0 v6
;; @002f                               v11 = load.i8 region0 v9+15
;; @002f                               store region0 v10, v9
;;                                     return
;; }
;;
;; ;; function 1 (copy_20)
;; function u0:1(i64 vmctx, i32, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = iconst.i32 20
;;                                     v4 = uextend.i64 v2
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iadd v5, v4
;;                                     v7 = uextend.i64 v1
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v9 = iadd v8, v7
;; @003c                               v10 = load.i8x16 region0 v6
;; @003c                               v11 = load.i32 region0 v6+16
;; @003c                               v12 = load.i8 region0 v9+19
;; @003c                               store region0 v10, v9
;; @003c                               store region0 v11, v9+16
;;                                     return
;; }
;;
;; ;; function 2 (copy_15_in_bounds)
;; function u0:2(i64 vmctx) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v1 = iconst.i32 0xfff1
;;     v2 = iconst.i32 8
;;     v3 = iconst.i32 15
;;     v4 = load.i64 notrap aligned readonly can_move v0+48
;;     v5 = load.i64 notrap aligned readonly can_move v0+48
;;     v6 = load.i64 notrap region0 v4+8
;;     v7 = load.i64 notrap region0 v4+15
;;     store notrap region0 v6, v5+0xfff1
;;     store notrap region0 v7, v5+0xfff8
;;     return
;; }
;;
;; ;; function 3 (fill_7)
;; function u0:3(i64 vmctx, i32, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v3 = iconst.i32 7
;;                                     v4 = uextend.i64 v1
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iadd v5, v4
;;                                     v7 = ireduce.i8 v2
;;                                     v8 = uextend.i64 v7
;;                                     v9 = iconst.i64 0x0101_0101_0101_0101
;;                                     v10 = imul v8, v9  ; v9 = 0x0101_0101_0101_0101
;; @0058                               v11 = load.i8 region0 v6+6
;;                                     v12 = ireduce.i32 v10
;; @0058                               store region0 v12, v6
;;                                     v13 = ireduce.i32 v10
;; @0058                               store region0 v13, v6+3
;;                                     return
;; }
;;
;; ;; function 4 (clear_32)
;; function u0:4(i64 vmctx, i32) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     const0 = 0x00000000000000000000000000000000
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = iconst.i32 0
;;                                     v3 = iconst.i32 32
;;                                     v4 = uextend.i64 v1
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iadd v5, v4
;;                                     v7 = vconst.i8x16 const0
;; @0064                               v8 = load.i8 region0 v6+31
;; @0064                               store region0 v7, v6  ; v7 = const0
;; @0064                               store region0 v7, v6+16  ; v7 = const0
;;                                     return
;; }
