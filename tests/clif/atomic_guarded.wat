;; Atomic accesses of a guarded memory: a check of the alignment, none of the bounds, and an address without offset.
;; A byte is always aligned, and so is a constant address that is. Narrow operands are cut, results extended.
;;! count 4: trapnz
;;! count 4: user20
;;! lacks: icmp
;;! has: atomic_load.i16
;;! has: atomic_store region0
;;! has: atomic_rmw.i8 xor
;;! has: atomic_cas
;;! has: fence
(module
  (memory 1)
  (func $load (param i32) (result i64) (i64.atomic.load16_u offset=6 (local.get 0)))
  (func $store (param i32 i64) (i64.atomic.store offset=4 (local.get 0) (local.get 1)))
  (func $rmw (param i32 i32) (result i32) (i32.atomic.rmw8.xor_u (local.get 0) (local.get 1)))
  (func $rmw32 (param i32 i64) (result i64) (i64.atomic.rmw32.add_u (local.get 0) (local.get 1)))
  (func $cmpxchg (param i32 i32 i32) (result i32)
    (i32.atomic.rmw.cmpxchg offset=8 (local.get 0) (local.get 1) (local.get 2)))
  (func $constant (result i32) (i32.atomic.load (i32.const 64)))
  (func $fence (atomic.fence)))

;;= CLIF
;; ;; function 0 (load)
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 1
;;                                     v5 = band v3, v4  ; v4 = 1
;; @0045                               trapnz v5, user20
;;                                     v6 = uextend.i64 v1
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v8 = iadd v7, v6
;;                                     v9 = iconst.i64 6
;;                                     v10 = iadd v8, v9  ; v9 = 6
;; @0045                               v11 = atomic_load.i16 region0 v10
;;                                     v12 = uextend.i64 v11
;;                                     return v12
;; }
;;
;; ;; function 1 (store)
;; function u0:1(i64 vmctx, i32, i64) tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 4
;;                                     v5 = iadd v3, v4  ; v4 = 4
;;                                     v6 = iconst.i64 7
;;                                     v7 = band v5, v6  ; v6 = 7
;; @0050                               trapnz v7, user20
;;                                     v8 = uextend.i64 v1
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v10 = iadd v9, v8
;;                                     v11 = iconst.i64 4
;;                                     v12 = iadd v10, v11  ; v11 = 4
;; @0050                               atomic_store region0 v2, v12
;;                                     return
;; }
;;
;; ;; function 2 (rmw)
;; function u0:2(i64 vmctx, i32, i32) -> i32 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iadd v5, v4
;;                                     v7 = ireduce.i8 v2
;; @005b                               v8 = atomic_rmw.i8 xor v6, v7
;;                                     v9 = uextend.i32 v8
;;                                     return v9
;; }
;;
;; ;; function 3 (rmw32)
;; function u0:3(i64 vmctx, i32, i64) -> i64 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = iconst.i64 3
;;                                     v6 = band v4, v5  ; v5 = 3
;; @0066                               trapnz v6, user20
;;                                     v7 = uextend.i64 v1
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v9 = iadd v8, v7
;;                                     v10 = ireduce.i32 v2
;; @0066                               v11 = atomic_rmw.i32 add v9, v10
;;                                     v12 = uextend.i64 v11
;;                                     return v12
;; }
;;
;; ;; function 4 (cmpxchg)
;; function u0:4(i64 vmctx, i32, i32, i32) -> i32 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i32):
;;                                     v5 = uextend.i64 v1
;;                                     v6 = iconst.i64 3
;;                                     v7 = band v5, v6  ; v6 = 3
;; @0073                               trapnz v7, user20
;;                                     v8 = uextend.i64 v1
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v10 = iadd v9, v8
;;                                     v11 = iconst.i64 8
;;                                     v12 = iadd v10, v11  ; v11 = 8
;; @0073                               v13 = atomic_cas v12, v2, v3
;;                                     return v13
;; }
;;
;; ;; function 5 (constant)
;; function u0:5(i64 vmctx) -> i32 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i32 64
;;     v3 = load.i64 notrap aligned readonly can_move v0+48
;;     v4 = iconst.i64 64
;;     v5 = iadd v3, v4  ; v4 = 64
;;     v6 = atomic_load.i32 notrap region0 v5
;;     return v6
;; }
;;
;; ;; function 6 (fence)
;; function u0:6(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     fence
;;     return
;; }
