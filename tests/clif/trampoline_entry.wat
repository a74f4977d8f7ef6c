;; The entry trampoline of a type: saves frame pointer, stack pointer and landing pad in the store's
;; context, reads parameters from 16-byte slots, calls, writes the results back, returns 0; the
;; landing pad returns 1.
;;! show: trampolines
;;! has: system_v
;;! has: tail
(module
  (func (export "f") (param i32 f64 i64) (result i64 f32) (local.get 2) (f32.const 0)))

;;= CLIF
;; ;; trampoline
;; function u1:0(i64, i64, i64, i64) -> i32 sext system_v {
;;     sig0 = (i64 vmctx, i32, f64, i64) -> i64, f32 tail
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64):
;;     jump block1
;;
;; block1:
;;     v4 = load.i32 notrap aligned v2
;;     v5 = load.f64 notrap aligned v2+16
;;     v6 = load.i64 notrap aligned v2+32
;;     v9 = get_frame_pointer.i64
;;     v10 = get_stack_pointer.i64
;;     v11 = get_exception_handler_address.i64 block1, 0
;;     store notrap aligned v9, v3+8
;;     store notrap aligned v10, v3+16
;;     store notrap aligned v11, v3+24
;;     try_call_indirect.i64 v1(v0, v4, v5, v6), sig0, block2(ret0, ret1), [ default: block3 ]
;;
;; block2(v7: i64, v8: f32):
;;     store notrap aligned v7, v2
;;     store notrap aligned v8, v2+16
;;     v12 = iconst.i32 0
;;     return v12  ; v12 = 0
;;
;; block3 cold:
;;     v13 = iconst.i32 1
;;     return v13  ; v13 = 1
;; }
;;
;; ;; trampoline
;; function u1:1(i64 vmctx, i32, f64, i64) -> i64, f32 tail {
;;     ss0 = explicit_slot 48, align = 16
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0+8
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64) -> i32 sext system_v
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
;;     v7 = load.i64 notrap aligned v6
;;     v8 = get_return_address.i64
;;     store notrap aligned v7, v5+32
;;     store notrap aligned v8, v5+40
;;     v9 = load.i64 notrap aligned v0
;;     v10 = call_indirect sig0, v9(v0, v4)
;;     brif v10, block2, block1
;;
;; block2 cold:
;;     v11 = load.i64 notrap aligned v5+48
;;     call_indirect sig1, v11(v5)
;;     trap user1
;;
;; block1:
;;     v12 = load.i64 notrap aligned v4
;;     v13 = load.f32 notrap aligned v4+16
;;     return v12, v13
;; }
