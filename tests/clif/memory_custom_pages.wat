;; A memory with pages of one byte need not end where a page of the host does: every access is compared
;; with its length, to the byte, whatever the guards of other memories. Its size is its length, and one
;; that cannot grow has a length that is known.
;;! count 4: icmp ugt
;;! count 4: select_spectre_guard
;;! lacks: ushr
;;! lacks: uadd_overflow_trap
(module
  (memory $growing 10 (pagesize 1))
  (memory $fixed 100 100 (pagesize 1))
  (memory $guarded 1 (pagesize 65536))
  (func $byte (param i32) (result i32) (i32.load8_u $growing (local.get 0)))
  (func $past_minimum (param i32) (result i64) (i64.load $growing offset=3 (local.get 0)))
  (func $size (result i32) (memory.size $growing))
  (func $fixed (param i32) (result i64) (i64.load $fixed offset=92 (local.get 0)))
  (func $fixed_end (param i32) (result i64) (i64.load $fixed offset=93 (local.get 0)))
  (func $known (result i64) (i64.load $fixed (i32.const 92)))
  (func $guarded (param i32) (result i64) (i64.load $guarded (local.get 0))))

;;= CLIF
;; ;; function 0 (byte)
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
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 1
;;                                     v6 = isub v4, v5  ; v5 = 1
;;                                     v7 = icmp ugt v3, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v7, v10, v9  ; v10 = 0
;; @003b                               v12 = uload8.i32 user2 region1 v11
;;                                     return v12
;; }
;;
;; ;; function 1 (past_minimum)
;; function u0:1(i64 vmctx, i32) -> i64 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 11
;;                                     v6 = iadd v3, v5  ; v5 = 11
;;                                     v7 = icmp ugt v6, v4
;;                                     v8 = load.i64 notrap aligned region0 v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 3
;;                                     v11 = iadd v9, v10  ; v10 = 3
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @0043                               v14 = load.i64 user2 region1 v13
;;                                     return v14
;; }
;;
;; ;; function 2 (size)
;; function u0:2(i64 vmctx) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = load.i64 notrap aligned region0 v0+56
;;     v3 = ireduce.i32 v2
;;     return v3
;; }
;;
;; ;; function 3 (fixed)
;; function u0:3(i64 vmctx, i32) -> i64 tail {
;;     region0 = 65537 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 100
;;                                     v5 = iconst.i64 100
;;                                     v6 = isub v4, v5  ; v4 = 100, v5 = 100
;;                                     v7 = icmp ugt v3, v6
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 92
;;                                     v11 = iadd v9, v10  ; v10 = 92
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @0050                               v14 = load.i64 user2 region0 v13
;;                                     return v14
;; }
;;
;; ;; function 4 (fixed_end)
;; function u0:4(i64 vmctx, i32) -> i64 tail {
;;     region0 = 65537 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = iconst.i64 100
;;                                     v5 = iconst.i64 101
;;                                     v6 = iadd v3, v5  ; v5 = 101
;;                                     v7 = icmp ugt v6, v4  ; v4 = 100
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 93
;;                                     v11 = iadd v9, v10  ; v10 = 93
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @0059                               v14 = load.i64 user2 region0 v13
;;                                     return v14
;; }
;;
;; ;; function 5 (known)
;; function u0:5(i64 vmctx) -> i64 tail {
;;     region0 = 65537 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i32 92
;;     v3 = load.i64 notrap aligned readonly can_move v0+64
;;     v4 = load.i64 notrap region0 v3+92
;;     return v4
;; }
;;
;; ;; function 6 (guarded)
;; function u0:6(i64 vmctx, i32) -> i64 tail {
;;     region0 = 65538 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+80
;;                                     v5 = iadd v4, v3
;; @006c                               v6 = load.i64 region0 v5
;;                                     return v6
;; }
