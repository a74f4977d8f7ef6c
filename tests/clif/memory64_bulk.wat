;; Indices of 64 bits go to the runtime as they are, those of 32 bits are extended, and the length of a
;; copy has the narrower type of the two memories.
;;! count 2: ushr
;;! lacks: ireduce
(module
  (memory $wide i64 1)
  (memory $wide_too i64 1)
  (memory $narrow 1)
  (data $data "abc")
  (func $size_and_grow (result i64) (i64.add (memory.size $wide) (memory.grow $wide (i64.const 1))))
  (func $size (result i64) (memory.size $wide_too))
  (func $fill (param i64 i32 i64) (memory.fill $wide (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i64 i64 i64) (memory.copy $wide $wide_too (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i64) (memory.init $wide $data (local.get 0) (i32.const 0) (i32.const 0)))
  (func $from_narrow (param i64) (memory.copy $wide $narrow (local.get 0) (i32.const 0) (i32.const 3))))

;;= CLIF
;; ;; function 0 (size_and_grow)
;; function u0:0(i64 vmctx) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v2 = load.i64 notrap aligned region0 v0+56
;;                                     v3 = iconst.i64 16
;;                                     v4 = ushr v2, v3  ; v3 = 16
;;                                     v5 = iconst.i64 1
;;                                     v6 = iconst.i32 0
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v8 = load.i64 notrap aligned readonly can_move v7
;; @003d                               v9 = call_indirect sig0, v8(v0, v6, v5)  ; v6 = 0, v5 = 1
;;                                     v10 = iadd v4, v9
;;                                     return v10
;; }
;;
;; ;; function 1 (size)
;; function u0:1(i64 vmctx) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = load.i64 notrap aligned region0 v0+72
;;     v3 = iconst.i64 16
;;     v4 = ushr v2, v3  ; v3 = 16
;;     return v4
;; }
;;
;; ;; function 2 (fill)
;; function u0:2(i64 vmctx, i64, i32, i64) tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64, i32 sext, i64, i32 sext) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32, v3: i64):
;; @004e                               v4 = uadd_overflow_trap v1, v3, user2
;;                                     v5 = load.i64 notrap aligned region0 v0+56
;;                                     v6 = icmp ugt v4, v5
;; @004e                               trapnz v6, user2
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;;                                     v9 = iconst.i32 0
;;                                     v10 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v11 = load.i64 notrap aligned readonly can_move v10+16
;; @004e                               v12 = call_indirect sig0, v11(v0, v8, v2, v3, v9)  ; v9 = 0
;; @004e                               trapnz v12, user2
;;                                     return
;; }
;;
;; ;; function 3 (copy)
;; function u0:3(i64 vmctx, i64, i64, i64) tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64, i64, i64, i32 sext) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64, v3: i64):
;; @005a                               v4 = uadd_overflow_trap v1, v3, user2
;;                                     v5 = load.i64 notrap aligned region0 v0+56
;;                                     v6 = icmp ugt v4, v5
;; @005a                               trapnz v6, user2
;;                                     v7 = load.i64 notrap aligned region0 v0+48
;;                                     v8 = iadd v7, v1
;; @005a                               v9 = uadd_overflow_trap v2, v3, user2
;;                                     v10 = load.i64 notrap aligned region0 v0+72
;;                                     v11 = icmp ugt v9, v10
;; @005a                               trapnz v11, user2
;;                                     v12 = load.i64 notrap aligned region0 v0+64
;;                                     v13 = iadd v12, v2
;;                                     v14 = iconst.i32 0
;;                                     v15 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v16 = load.i64 notrap aligned readonly can_move v15+8
;; @005a                               v17 = call_indirect sig0, v16(v0, v8, v13, v3, v14)  ; v14 = 0
;; @005a                               trapnz v17, user2
;;                                     return
;; }
;;
;; ;; function 4 (init)
;; function u0:4(i64 vmctx, i64) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i32 sext, i64, i64, i64) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v2 = iconst.i32 0
;;                                     v3 = iconst.i32 0
;;                                     v4 = iconst.i32 0
;;                                     v5 = iconst.i32 0
;;                                     v6 = uextend.i64 v2  ; v2 = 0
;;                                     v7 = uextend.i64 v3  ; v3 = 0
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v9 = load.i64 notrap aligned readonly can_move v8+24
;; @0067                               v10 = call_indirect sig0, v9(v0, v4, v5, v1, v6, v7)  ; v4 = 0, v5 = 0
;; @0067                               trapnz v10, user2
;;                                     return
;; }
;;
;; ;; function 5 (from_narrow)
;; function u0:5(i64 vmctx, i64) tail {
;;     region0 = 65538 "own memory"
;;     region1 = 1 "memory definitions"
;;     region2 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v2 = iconst.i32 0
;;                                     v3 = iconst.i32 3
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+80
;;                                     v5 = load.i64 notrap aligned region1 v0+56
;;                                     v6 = iconst.i64 3
;;                                     v7 = isub v5, v6  ; v6 = 3
;;                                     v8 = icmp ugt v1, v7
;; @0074                               trapnz v8, user2
;;                                     v9 = load.i64 notrap aligned region1 v0+48
;;                                     v10 = iadd v9, v1
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v8, v11, v10  ; v11 = 0
;;                                     v13 = load.i16 notrap region0 v4
;;                                     v14 = load.i8 notrap region0 v4+2
;;                                     store notrap region2 v13, v12
;;                                     store notrap region2 v14, v12+2
;;                                     return
;; }
