;; An indirect call checks the index against the table's length (undefined element), the element for
;; null (uninitialized element) and its type id (type mismatch), and passes the *reference's* vmctx,
;; never the caller's. A constant table size does not change that; an imported table is behind a pointer.
;;! count 2: call_indirect
;;! has: icmp
;;! has: user4
;;! has: user5
;;! has: user6
(module
  (type $f (func (param i64) (result i64)))
  (import "owner" "table" (table $theirs 1 funcref))
  (table $mine 4 4 funcref)
  (func $through_mine (param i64 i32) (result i64) (call_indirect $mine (type $f) (local.get 0) (local.get 1)))
  (func $through_theirs (param i64 i32) (result i64) (call_indirect $theirs (type $f) (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (through_mine)
;; function u0:0(i64 vmctx, i64, i32) -> i64 tail {
;;     region0 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;;                                     v4 = uextend.i64 v2
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = iconst.i64 3
;;                                     v7 = ishl v4, v6  ; v6 = 3
;;                                     v8 = iadd v5, v7
;;                                     v9 = iconst.i64 4
;;                                     v10 = icmp uge v4, v9  ; v9 = 4
;;                                     v11 = iconst.i64 0
;;                                     v12 = select_spectre_guard v10, v11, v8  ; v11 = 0
;; @003e                               v13 = load.i64 user4 aligned region0 v12
;; @003e                               v14 = load.i32 user5 aligned readonly v13+24
;;                                     v15 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v16 = load.i32 notrap aligned readonly can_move v15
;;                                     v17 = icmp ne v14, v16
;; @003e                               trapnz v17, user6
;; @003e                               v18 = load.i64 user5 aligned readonly v13
;;                                     v19 = load.i64 notrap aligned readonly v13+8
;; @003e                               v20 = call_indirect sig0, v18(v19, v1)
;;                                     return v20
;; }
;;
;; ;; function 1 (through_theirs)
;; function u0:1(i64 vmctx, i64, i32) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) -> i64 tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;;                                     v4 = uextend.i64 v2
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v6 = load.i64 notrap aligned region0 v5
;;                                     v7 = iconst.i64 3
;;                                     v8 = ishl v4, v7  ; v7 = 3
;;                                     v9 = iadd v6, v8
;;                                     v10 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v11 = load.i64 notrap aligned region0 v10+8
;;                                     v12 = icmp uge v4, v11
;;                                     v13 = iconst.i64 0
;;                                     v14 = select_spectre_guard v12, v13, v9  ; v13 = 0
;; @0048                               v15 = load.i64 user4 aligned region1 v14
;; @0048                               v16 = load.i32 user5 aligned readonly v15+24
;;                                     v17 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v18 = load.i32 notrap aligned readonly can_move v17
;;                                     v19 = icmp ne v16, v18
;; @0048                               trapnz v19, user6
;; @0048                               v20 = load.i64 user5 aligned readonly v15
;;                                     v21 = load.i64 notrap aligned readonly v15+8
;; @0048                               v22 = call_indirect sig0, v20(v21, v1)
;;                                     return v22
;; }
