;; The host-call trampoline of a type: notes the caller's frame, passes arguments in 16-byte slots
;; to the host function, raises when that does not return zero, else reads the results.
;;! show: trampolines
;;! has: get_return_address
;;! has: explicit_slot
(module
  (import "host" "f" (func $f (param i32 f64) (result i64)))
  (func (param i32) (result i64) (call $f (local.get 0) (f64.const 1))))

;;= CLIF
;; ;; trampoline
;; function u1:1(i64 vmctx, i32, f64) -> i64 tail {
;;     ss0 = explicit_slot 32, align = 16
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0+8
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64) -> i32 sext system_v
;;     sig1 = (i64) system_v
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: f64):
;;     v3 = stack_addr.i64 ss0
;;     store notrap aligned v1, v3
;;     store notrap aligned v2, v3+16
;;     v4 = load.i64 notrap aligned v0+8
;;     v5 = get_frame_pointer.i64
;;     v6 = load.i64 notrap aligned v5
;;     v7 = get_return_address.i64
;;     store notrap aligned v6, v4+32
;;     store notrap aligned v7, v4+40
;;     v8 = load.i64 notrap aligned v0
;;     v9 = call_indirect sig0, v8(v0, v3)
;;     brif v9, block2, block1
;;
;; block2 cold:
;;     v10 = load.i64 notrap aligned v4+48
;;     call_indirect sig1, v10(v4)
;;     trap user1
;;
;; block1:
;;     v11 = load.i64 notrap aligned v3
;;     return v11
;; }
;;
;; ;; trampoline
;; function u1:1(i64 vmctx, i32) -> i64 tail {
;;     ss0 = explicit_slot 16, align = 16
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0+8
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64) -> i32 sext system_v
;;     sig1 = (i64) system_v
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     v2 = stack_addr.i64 ss0
;;     store notrap aligned v1, v2
;;     v3 = load.i64 notrap aligned v0+8
;;     v4 = get_frame_pointer.i64
;;     v5 = load.i64 notrap aligned v4
;;     v6 = get_return_address.i64
;;     store notrap aligned v5, v3+32
;;     store notrap aligned v6, v3+40
;;     v7 = load.i64 notrap aligned v0
;;     v8 = call_indirect sig0, v7(v0, v2)
;;     brif v8, block2, block1
;;
;; block2 cold:
;;     v9 = load.i64 notrap aligned v3+48
;;     call_indirect sig1, v9(v3)
;;     trap user1
;;
;; block1:
;;     v10 = load.i64 notrap aligned v2
;;     return v10
;; }
