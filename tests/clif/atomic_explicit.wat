;; Atomic accesses with explicit checks trap at a branch, never at a masked address: Cranelift's atomics lose their trap
;; code on riscv64. The address is masked all the same, against speculation past the branch.
;;! options: --bounds-checks=1
;;! count 4: trapnz
;;! count 2: user20
;;! count 4: user2
;;! count 2: select_spectre_guard
;;! has: atomic_load.i32 notrap
;;! has: atomic_rmw.i64 sub
(module
  (memory 1)
  (func $load (param i32) (result i32) (i32.atomic.load offset=4 (local.get 0)))
  (func $rmw (param i32 i64) (result i64) (i64.atomic.rmw.sub (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (load)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 3
;;                                     v5 = band v3, v4  ; v4 = 3
;; @0027                               trapnz v5, user20
;;                                     v6 = uextend.i64 v1
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = iconst.i64 8
;;                                     v9 = isub v7, v8  ; v8 = 8
;;                                     v10 = icmp ugt v6, v9
;; @0027                               trapnz v10, user2
;;                                     v11 = load.i64 notrap aligned region0 v0+48
;;                                     v12 = iadd v11, v6
;;                                     v13 = iconst.i64 4
;;                                     v14 = iadd v12, v13  ; v13 = 4
;;                                     v15 = iconst.i64 0
;;                                     v16 = select_spectre_guard v10, v15, v14  ; v15 = 0
;;                                     v17 = atomic_load.i32 notrap region1 v16
;;                                     return v17
;; }
;;
;; ;; function 1 (rmw)
;; function u0:1(i64 vmctx, i32, i64) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = iconst.i64 7
;;                                     v6 = band v4, v5  ; v5 = 7
;; @0032                               trapnz v6, user20
;;                                     v7 = uextend.i64 v1
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = iconst.i64 8
;;                                     v10 = isub v8, v9  ; v9 = 8
;;                                     v11 = icmp ugt v7, v10
;; @0032                               trapnz v11, user2
;;                                     v12 = load.i64 notrap aligned region0 v0+48
;;                                     v13 = iadd v12, v7
;;                                     v14 = iconst.i64 0
;;                                     v15 = select_spectre_guard v11, v14, v13  ; v14 = 0
;;                                     v16 = atomic_rmw.i64 sub v15, v2
;;                                     return v16
;; }
