;; Tables with i64 indices: an index is compared with the length as it is, in all 64 bits, before it is
;; scaled to an offset of use.
;;! lacks: ireduce
;;! lacks: uextend
;;! has: icmp uge
(module
  (table $t i64 10 funcref)
  (func $get (param i64) (result funcref) (table.get $t (local.get 0)))
  (func $set (param i64 funcref) (table.set $t (local.get 0) (local.get 1)))
  (func $size (result i64) (table.size $t))
  (func $grow (param i64) (result i64) (table.grow $t (ref.null func) (local.get 0)))
  (func $known (result funcref) (table.get $t (i64.const 9)))
  (func $call (param i64) (call_indirect $t (local.get 0))))

;;= CLIF
;; ;; function 0 (get)
;; function u0:0(i64 vmctx, i64) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     v4 = iconst.i64 3
;;                                     v5 = ishl v1, v4  ; v4 = 3
;;                                     v6 = iadd v3, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp uge v1, v7
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v8, v9, v6  ; v9 = 0
;; @003f                               v11 = load.i64 user3 aligned region1 v10
;;                                     return v11
;; }
;;
;; ;; function 1 (set)
;; function u0:1(i64 vmctx, i64, i64) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;;                                     v3 = load.i64 notrap aligned region0 v0+48
;;                                     v4 = iconst.i64 3
;;                                     v5 = ishl v1, v4  ; v4 = 3
;;                                     v6 = iadd v3, v5
;;                                     v7 = load.i64 notrap aligned region0 v0+56
;;                                     v8 = icmp uge v1, v7
;;                                     v9 = iconst.i64 0
;;                                     v10 = select_spectre_guard v8, v9, v6  ; v9 = 0
;; @0048                               store user3 aligned region1 v2, v10
;;                                     return
;; }
;;
;; ;; function 2 (size)
;; function u0:2(i64 vmctx) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = load.i64 notrap aligned region0 v0+56
;;     return v2
;; }
;;
;; ;; function 3 (grow)
;; function u0:3(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i32 sext, i64, i64) -> i64 system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = iconst.i64 0
;;                                     v4 = iconst.i32 0
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v6 = load.i64 notrap aligned readonly can_move v5+40
;; @0057                               v7 = call_indirect sig0, v6(v0, v4, v1, v3)  ; v4 = 0, v3 = 0
;;                                     return v7
;; }
;;
;; ;; function 4 (known)
;; function u0:4(i64 vmctx) -> i64 tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = iconst.i64 9
;;     v3 = load.i64 notrap aligned region0 v0+48
;;     v4 = iconst.i64 3
;;     v5 = ishl v2, v4  ; v2 = 9, v4 = 3
;;     v6 = iadd v3, v5
;;     v7 = load.i64 notrap aligned region1 v6
;;     return v7
;; }
;;
;; ;; function 5 (call)
;; function u0:5(i64 vmctx, i64) tail {
;;     region0 = 2 "table definitions"
;;     region1 = 3 "table elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v2 = load.i64 notrap aligned region0 v0+48
;;                                     v3 = iconst.i64 3
;;                                     v4 = ishl v1, v3  ; v3 = 3
;;                                     v5 = iadd v2, v4
;;                                     v6 = load.i64 notrap aligned region0 v0+56
;;                                     v7 = icmp uge v1, v6
;;                                     v8 = iconst.i64 0
;;                                     v9 = select_spectre_guard v7, v8, v5  ; v8 = 0
;; @0066                               v10 = load.i64 user4 aligned region1 v9
;; @0066                               v11 = load.i32 user5 aligned readonly v10+24
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+16
;;                                     v13 = load.i32 notrap aligned readonly can_move v12+24
;;                                     v14 = icmp ne v11, v13
;; @0066                               trapnz v14, user6
;; @0066                               v15 = load.i64 user5 aligned readonly v10
;;                                     v16 = load.i64 notrap aligned readonly v10+8
;; @0066                               call_indirect sig0, v15(v16)
;;                                     return
;; }
