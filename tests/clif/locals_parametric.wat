;; Locals become values, not memory; the ones not parameters begin at zero; select and drop.
;;! has: select
;;! lacks: stack_store
;;! lacks: store
(module
  (func $f (param i32 i64) (result i64)
    (local i64 f32)
    (local.set 2 (i64.add (local.get 1) (local.get 2)))
    (drop (local.tee 3 (f32.const 1)))
    (select (local.get 1) (local.get 2) (local.get 0))))

;;= CLIF
;; ;; function 0 (f)
;; function u0:0(i64 vmctx, i32, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i64):
;;     v4 = iconst.i64 0
;;     v5 = f32const 0.0
;;     v6 = iadd v2, v4  ; v4 = 0
;;     v7 = f32const 0x1.000000p0
;;     v8 = select v1, v2, v6
;;     return v8
;; }
