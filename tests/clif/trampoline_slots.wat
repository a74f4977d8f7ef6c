;; Trampolines of a type whose values go in slots of 16 bytes: the entry trampoline reads parameters from them, calls the
;; function of the reference and writes the results back.
;;! show: trampolines
;;! has: system_v
;;! has: tail
;;! has: stack_limit
(module
  (func (export "f") (param i32 f64 i64) (result i64 f32) (local.get 2) (f32.const 0)))

;;= CLIF
;; ;; trampoline
;; function u1:0(i64, i64, i64, i64, i64, i64) -> i64 tail {
;;     sig0 = (i64 vmctx, i32, f64, i64) -> i64, f32 tail
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64):
;;     v6 = load.i64 notrap aligned v0
;;     v7 = load.i64 notrap aligned v0+8
;;     v8 = load.i32 notrap aligned v1
;;     v9 = load.f64 notrap aligned v1+16
;;     v10 = load.i64 notrap aligned v1+32
;;     v11, v12 = call_indirect sig0, v6(v7, v8, v9, v10)
;;     store notrap aligned v11, v1
;;     store notrap aligned v12, v1+16
;;     v13 = iconst.i64 0
;;     return v13  ; v13 = 0
;; }
;;
;; ;; trampoline
;; function u1:1(i64 vmctx, i32, f64, i64) -> i64, f32 tail {
;;     ss0 = explicit_slot 48, align = 16
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0+8
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64) -> i64, i64 system_v
;;     sig1 = (i64) system_v
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: f64, v3: i64):
;;     v4 = stack_addr.i64 ss0
;;     store notrap aligned v1, v4
;;     store notrap aligned v2, v4+16
;;     store notrap aligned v3, v4+32
;;     v5 = load.i64 notrap aligned v0+8
;;     v6 = get_frame_pointer.i64
;;     store notrap aligned v6, v5+8
;;     v7 = load.i64 notrap aligned v0
;;     v8, v9 = call_indirect sig0, v7(v0, v4)
;;     brif v9, block2, block1
;;
;; block2 cold:
;;     v10 = load.i64 notrap aligned v9+16
;;     call_indirect sig1, v10(v9)
;;     trap user1
;;
;; block1:
;;     v11 = load.i64 notrap aligned v4
;;     v12 = load.f32 notrap aligned v4+16
;;     return v11, v12
;; }
