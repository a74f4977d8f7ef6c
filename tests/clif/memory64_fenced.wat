;; A 64-bit memory has a guard behind its last byte: the index alone is compared with the length, so
;; that no sum can overflow, and the fields of one structure share the comparison. Before a loop, base
;; and length are loaded once more, for the code generator to find them there.
;;! count 5: ugt
;;! lacks: uadd_overflow_trap
;;! lacks: isub
;;! lacks: uextend
(module
  (memory i64 1)
  (func $fields (param i64) (result i64)
    (i64.store offset=16 (local.get 0) (i64.load offset=8 (local.get 0)))
    (i64.load (local.get 0)))
  (func $farthest (param i64) (result i32) (i32.load8_u offset=0x3ffffff (local.get 0)))
  (func $known (result i32) (i32.load (i64.const 65532)))
  (func $loop (param i64)
    (loop $again
      (br_if $again (i32.load (local.get 0))))))

;;= CLIF
;; ;; function 0 (fields)
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
;;                                     v4 = icmp ugt v1, v3
;;                                     v5 = load.i64 notrap aligned region0 v0+48
;;                                     v6 = iadd v5, v1
;;                                     v7 = iconst.i64 8
;;                                     v8 = iadd v6, v7  ; v7 = 8
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v4, v9, v8  ; v9 = 0
;; @0032                               v11 = load.i64 user2 region1 v10
;;                                     v12 = load.i64 notrap aligned region0 v0+56
;;                                     v13 = icmp ugt v1, v12
;;                                     v14 = load.i64 notrap aligned region0 v0+48
;;                                     v15 = iadd v14, v1
;;                                     v16 = iconst.i64 16
;;                                     v17 = iadd v15, v16  ; v16 = 16
;;                                     v18 = iconst.i64 0
;;                                     v19 = select_spectre_guard v13, v18, v17  ; v18 = 0
;; @0035                               store user2 region1 v11, v19
;;                                     v20 = load.i64 notrap aligned region0 v0+56
;;                                     v21 = icmp ugt v1, v20
;;                                     v22 = load.i64 notrap aligned region0 v0+48
;;                                     v23 = iadd v22, v1
;;                                     v24 = iconst.i64 0
;;                                     v25 = select_spectre_guard v21, v24, v23  ; v24 = 0
;; @003a                               v26 = load.i64 user2 region1 v25
;;                                     return v26
;; }
;;
;; ;; function 1 (farthest)
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
;;                                     v4 = icmp ugt v1, v3
;;                                     v5 = load.i64 notrap aligned region0 v0+48
;;                                     v6 = iadd v5, v1
;;                                     v7 = iconst.i64 0x03ff_ffff
;;                                     v8 = iadd v6, v7  ; v7 = 0x03ff_ffff
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v4, v9, v8  ; v9 = 0
;; @0042                               v11 = uload8.i32 user2 region1 v10
;;                                     return v11
;; }
;;
;; ;; function 2 (known)
;; function u0:2(i64 vmctx) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i64 0xfffc
;;     v3 = load.i64 notrap aligned region0 v0+48
;;     v4 = load.i32 notrap region1 v3+0xfffc
;;     return v4
;; }
;;
;; ;; function 3 (loop)
;; function u0:3(i64 vmctx, i64) tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v4 -> v1
;;                                     v2 = load.i64 notrap aligned region0 v0+56
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     jump block2
;;
;;                                 block2:
;;                                     v5 = load.i64 notrap aligned region0 v0+56
;;                                     v6 = icmp.i64 ugt v4, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v4
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v6, v9, v8  ; v9 = 0
;; @0059                               v11 = load.i32 user2 region1 v10
;;                                     brif v11, block2, block3
;;
;;                                 block3:
;;                                     return
;; }
