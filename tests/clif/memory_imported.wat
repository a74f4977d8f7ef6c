;; An imported memory is one load further away: the vmctx holds a pointer to the owner's record.
;; Own memory: base from the vmctx. Two memories: each access uses its own.
;;! lacks: user2
;;! lacks: icmp
(module
  (import "owner" "memory" (memory $theirs 1))
  (memory $mine 1)
  (func $load_theirs (param i32) (result i32) (i32.load $theirs (local.get 0)))
  (func $load_mine (param i32) (result i32) (i32.load $mine (local.get 0)))
  (func $store_theirs (param i32 f64) (f64.store $theirs (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (load_theirs)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 4 "imported memories"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v5 = load.i64 notrap aligned readonly can_move v4
;;                                     v6 = iadd v5, v3
;; @003a                               v7 = load.i32 region0 v6
;;                                     return v7
;; }
;;
;; ;; function 1 (load_mine)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
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
;; @0042                               v6 = load.i32 region0 v5
;;                                     return v6
;; }
;;
;; ;; function 2 (store_theirs)
;; function u0:2(i64 vmctx, i32, f64) tail {
;;     region0 = 4 "imported memories"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32, v2: f64):
;;                                     v3 = uextend.i64 v1
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+64
;;                                     v5 = load.i64 notrap aligned readonly can_move v4
;;                                     v6 = iadd v5, v3
;; @004d                               store region0 v2, v6
;;                                     return
;; }
