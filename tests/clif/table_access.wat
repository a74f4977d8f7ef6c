;; table.get and table.set compare the index with the current length; the address that a
;; mis-speculated check would use is clamped. An imported table is behind a pointer.
;;! has: user3
;;! has: select_spectre_guard
(module
  (import "owner" "table" (table $theirs 1 externref))
  (table $mine 4 funcref)
  (func $get (param i32) (result funcref) (table.get $mine (local.get 0)))
  (func $set (param i32 funcref) (table.set $mine (local.get 0) (local.get 1)))
  (func $get_imported (param i32) (result externref) (table.get $theirs (local.get 0)))
  (func $size (result i32) (table.size $mine)))

;;= CLIF
;; ;; function 0 (get)
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+48
;;                                     v5 = iconst.i64 3
;;                                     v6 = ishl v3, v5  ; v5 = 3
;;                                     v7 = iadd v4, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = icmp uge v3, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v9, v10, v7  ; v10 = 0
;; @0045                               v12 = load.i64 user3 aligned region1 v11
;;                                     return v12
;; }
;;
;; ;; function 1 (set)
;; function u0:1(i64 vmctx, i32, i64) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: i64):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned region0 v0+48
;;                                     v5 = iconst.i64 3
;;                                     v6 = ishl v3, v5  ; v5 = 3
;;                                     v7 = iadd v4, v6
;;                                     v8 = load.i64 notrap aligned region0 v0+56
;;                                     v9 = icmp uge v3, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v9, v10, v7  ; v10 = 0
;; @004e                               store user3 aligned region1 v2, v11
;;                                     return
;; }
;;
;; ;; function 2 (get_imported)
;; function u0:2(i64 vmctx, i32) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v5 = load.i64 notrap aligned region0 v4
;;                                     v6 = iconst.i64 3
;;                                     v7 = ishl v3, v6  ; v6 = 3
;;                                     v8 = iadd v5, v7
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v10 = load.i64 notrap aligned region0 v9+8
;;                                     v11 = icmp uge v3, v10
;;                                     v12 = iconst.i64 0
;;                                     v13 = select_spectre_guard v11, v12, v8  ; v12 = 0
;; @0055                               v14 = load.i64 user3 aligned region1 v13
;;                                     return v14
;; }
;;
;; ;; function 3 (size)
;; function u0:3(i64 vmctx) -> i32 tail {
;;     region0 = 2 "table definitions"
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
