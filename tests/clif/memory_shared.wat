;; A shared memory is reached through a pointer, imported or not. Its base is loaded once and for all, its length
;; atomically each time: another thread may have grown it.
;;! options: --bounds-checks=1
;;! count 4: atomic_load.i64
;;! lacks: = load.i64 notrap aligned region
(module
  (import "env" "memory" (memory $imported 1 9 shared))
  (memory $own 1 9 shared)
  (func $sizes (result i32 i32) (memory.size $own) (memory.size $own))
  (func $load (param i32) (result i32) (i32.load $own (local.get 0)))
  (func $imported (param i32) (result i32) (i32.load $imported (local.get 0))))

;;= CLIF
;; ;; function 0 (sizes)
;; function u0:0(i64 vmctx) -> i32, i32 tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v3 = load.i64 notrap aligned readonly can_move v0+48
;;     v4 = iconst.i64 8
;;     v5 = iadd v3, v4  ; v4 = 8
;;     v6 = atomic_load.i64 notrap aligned region0 v5
;;     v7 = iconst.i64 16
;;     v8 = ushr v6, v7  ; v7 = 16
;;     v9 = ireduce.i32 v8
;;     v10 = load.i64 notrap aligned readonly can_move v0+48
;;     v11 = iconst.i64 8
;;     v12 = iadd v10, v11  ; v11 = 8
;;     v13 = atomic_load.i64 notrap aligned region0 v12
;;     v14 = iconst.i64 16
;;     v15 = ushr v13, v14  ; v14 = 16
;;     v16 = ireduce.i32 v15
;;     return v9, v16
;; }
;;
;; ;; function 1 (load)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = iconst.i64 8
;;                                     v6 = iadd v4, v5  ; v5 = 8
;;                                     v7 = atomic_load.i64 notrap aligned region0 v6
;;                                     v8 = iconst.i64 4
;;                                     v9 = isub v7, v8  ; v8 = 4
;;                                     v10 = icmp ugt v3, v9
;;                                     v11 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v12 = load.i64 notrap aligned readonly can_move v11
;;                                     v13 = iadd v12, v3
;;                                     v14 = iconst.i64 0
;;                                     v15 = select_spectre_guard v10, v14, v13  ; v14 = 0
;; @0041                               v16 = load.i32 user2 region1 v15
;;                                     return v16
;; }
;;
;; ;; function 2 (imported)
;; function u0:2(i64 vmctx, i32) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 4 "imported memories"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v5 = iconst.i64 8
;;                                     v6 = iadd v4, v5  ; v5 = 8
;;                                     v7 = atomic_load.i64 notrap aligned region0 v6
;;                                     v8 = iconst.i64 4
;;                                     v9 = isub v7, v8  ; v8 = 4
;;                                     v10 = icmp ugt v3, v9
;;                                     v11 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v12 = load.i64 notrap aligned readonly can_move v11
;;                                     v13 = iadd v12, v3
;;                                     v14 = iconst.i64 0
;;                                     v15 = select_spectre_guard v10, v14, v13  ; v14 = 0
;; @004a                               v16 = load.i32 user2 region1 v15
;;                                     return v16
;; }
