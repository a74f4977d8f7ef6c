;; A static offset larger than the guard region needs an explicit check even with guard pages: the
;; first function's offset is within the guard (64 MiB, with the access's width), the second's not.
;;! has: icmp
;;! count 1: icmp
(module
  (memory 1)
  (func $within (param i32) (result i32) (i32.load offset=0x3fffffc (local.get 0)))
  (func $beyond (param i32) (result i32) (i32.load offset=0x4000000 (local.get 0))))

;;= CLIF
;; ;; function 0 (within)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 65536 "own memory"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = iadd v4, v3
;; @0021                               v6 = load.i32 region0 v5+0x03ff_fffc
;;                                     return v6
;; }
;;
;; ;; function 1 (beyond)
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
;;                                     v4 = load.i64 notrap aligned region0 v0+56
;;                                     v5 = iconst.i64 0x0400_0004
;;                                     v6 = iadd v3, v5  ; v5 = 0x0400_0004
;;                                     v7 = icmp ugt v6, v4
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v9 = iadd v8, v3
;;                                     v10 = iconst.i64 0x0400_0000
;;                                     v11 = iadd v9, v10  ; v10 = 0x0400_0000
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v7, v12, v11  ; v12 = 0
;; @002c                               v14 = load.i32 user2 region1 v13
;;                                     return v14
;; }
