;; Explicit checks of an imported memory: length and base through the pointer to the owner's record,
;; read at each access, so that growth elsewhere is seen.
;;! options: --bounds-checks=1
;;! has: user2
;;! count 1: icmp
;;! count 1: select_spectre_guard
(module
  (import "owner" "memory" (memory 1))
  (func $load (param i32) (result i32) (i32.load offset=4 (local.get 0))))

;;= CLIF
;; ;; function 0 (load)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 1 "memory definitions"
;;     region1 = 4 "imported memories"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = load.i64 notrap aligned region0 v4+8
;;                                     v6 = iconst.i64 8
;;                                     v7 = isub v5, v6  ; v6 = 8
;;                                     v8 = icmp ugt v3, v7
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v10 = load.i64 notrap aligned region0 v9
;;                                     v11 = iadd v10, v3
;;                                     v12 = iconst.i64 4
;;                                     v13 = iadd v11, v12  ; v12 = 4
;;                                     v14 = iconst.i64 0
;;                                     v15 = select_spectre_guard v8, v14, v13  ; v14 = 0
;; @002e                               v16 = load.i32 user2 region1 v15
;;                                     return v16
;; }
