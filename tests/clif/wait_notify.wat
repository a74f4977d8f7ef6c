;; wait and notify: the alignment is checked here, bounds and all else in the runtime, whose answer below zero asks for a
;; trap. On a memory that is not shared, wait has nothing to call; it traps after the traps of an access.
;;! count 3: call_indirect
;;! count 1: user21
;;! count 4: user20
(module
  (memory $shared 1 1 shared)
  (memory $own 1)
  (func $wait32 (param i32 i32 i64) (result i32)
    (memory.atomic.wait32 $shared offset=4 (local.get 0) (local.get 1) (local.get 2)))
  (func $notify (param i32 i32) (result i32) (memory.atomic.notify $shared (local.get 0) (local.get 1)))
  (func $notify_own (param i32 i32) (result i32) (memory.atomic.notify $own (local.get 0) (local.get 1)))
  (func $wait_own (param i32 i64 i64) (result i32)
    (memory.atomic.wait64 $own (local.get 0) (local.get 1) (local.get 2))))

;;= CLIF
;; ;; function 0 (wait32)
;; function u0:0(i64 vmctx, i32, i32, i64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i32 sext, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32, v3: i64):
;;                                     v5 = uextend.i64 v1
;;                                     v6 = iconst.i64 3
;;                                     v7 = band v5, v6  ; v6 = 3
;; @0039                               trapnz v7, user20
;;                                     v8 = uextend.i64 v1
;;                                     v9 = iconst.i64 4
;;                                     v10 = iadd v8, v9  ; v9 = 4
;;                                     v11 = iconst.i32 0
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v13 = load.i64 notrap aligned readonly can_move v12+160
;; @0039                               v14 = call_indirect sig0, v13(v0, v11, v10, v2, v3)  ; v11 = 0
;;                                     v15 = iconst.i64 0
;;                                     v16 = icmp slt v14, v15  ; v15 = 0
;; @0039                               trapnz v16, user2
;;                                     v17 = ireduce.i32 v14
;;                                     return v17
;; }
;;
;; ;; function 1 (notify)
;; function u0:1(i64 vmctx, i32, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i32 sext) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = iconst.i64 3
;;                                     v6 = band v4, v5  ; v5 = 3
;; @0044                               trapnz v6, user20
;;                                     v7 = uextend.i64 v1
;;                                     v8 = iconst.i32 0
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v10 = load.i64 notrap aligned readonly can_move v9+176
;; @0044                               v11 = call_indirect sig0, v10(v0, v8, v7, v2)  ; v8 = 0
;;                                     v12 = iconst.i64 0
;;                                     v13 = icmp slt v11, v12  ; v12 = 0
;; @0044                               trapnz v13, user2
;;                                     v14 = ireduce.i32 v11
;;                                     return v14
;; }
;;
;; ;; function 2 (notify_own)
;; function u0:2(i64 vmctx, i32, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i32 sext) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i32):
;;                                     v4 = uextend.i64 v1
;;                                     v5 = iconst.i64 3
;;                                     v6 = band v4, v5  ; v5 = 3
;; @004f                               trapnz v6, user20
;;                                     v7 = uextend.i64 v1
;;                                     v8 = iconst.i32 1
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v10 = load.i64 notrap aligned readonly can_move v9+176
;; @004f                               v11 = call_indirect sig0, v10(v0, v8, v7, v2)  ; v8 = 1
;;                                     v12 = iconst.i64 0
;;                                     v13 = icmp slt v11, v12  ; v12 = 0
;; @004f                               trapnz v13, user2
;;                                     v14 = ireduce.i32 v11
;;                                     return v14
;; }
;;
;; ;; function 3 (wait_own)
;; function u0:3(i64 vmctx, i32, i64, i64) -> i32 tail {
;;     region0 = 65537 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64, v3: i64):
;;                                     v5 = uextend.i64 v1
;;                                     v6 = iconst.i64 7
;;                                     v7 = band v5, v6  ; v6 = 7
;; @005d                               trapnz v7, user20
;;                                     v8 = uextend.i64 v1
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v10 = iadd v9, v8
;; @005d                               v11 = atomic_load.i64 region0 v10
;; @005d                               trap user21
;; }
