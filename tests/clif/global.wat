;; An own global stands in the vmctx; an imported one behind a pointer there.
(module
  (import "owner" "count" (global $theirs (mut i64)))
  (global $mine (mut i32) (i32.const 1))
  (global $fixed f64 (f64.const 0.5))
  (func $own (param i32) (result i32) (global.set $mine (local.get 0)) (global.get $mine))
  (func $imported (param i64) (result i64) (global.set $theirs (local.get 0)) (global.get $theirs))
  (func $fixed (result f64) (global.get $fixed)))

;;= CLIF
;; ;; function 0 (own)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     region0 = 131072 "own global"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     store notrap aligned region0 v1, v0+48
;;     v3 = load.i32 notrap aligned region0 v0+48
;;     return v3
;; }
;;
;; ;; function 1 (imported)
;; function u0:1(i64 vmctx, i64) -> i64 tail {
;;     region0 = 5 "imported globals"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v3 = load.i64 notrap aligned readonly can_move v0+80
;;     store notrap aligned region0 v1, v3
;;     v4 = load.i64 notrap aligned readonly can_move v0+80
;;     v5 = load.i64 notrap aligned region0 v4
;;     return v5
;; }
;;
;; ;; function 2 (fixed)
;; function u0:2(i64 vmctx) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     v2 = f64const 0x1.0000000000000p-1
;;     return v2  ; v2 = 0x1.0000000000000p-1
;; }
