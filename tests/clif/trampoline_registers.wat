;; Trampolines of a type with floats, whose values go in registers: as integers. The host-call trampoline notes its frame,
;; calls the host function, and raises where that gives a store to unwind.
;;! show: trampolines
;;! has: bitcast
;;! lacks: explicit_slot
;;! lacks: stack_limit
(module
  (import "host" "f" (func $f (param i32 f64 f32) (result f32)))
  (func (export "g") (param i32 f64 f32) (result f32) (call $f (local.get 0) (f64.const 1) (local.get 2))))

;;= CLIF
;; ;; trampoline
;; function u1:0(i64, i64, i64, i64, i64, i64) -> i64 tail {
;;     sig0 = (i64 vmctx, i32, f64, f32) -> f32 tail
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64):
;;     v6 = load.i64 notrap aligned v0
;;     v7 = load.i64 notrap aligned v0+8
;;     v8 = ireduce.i32 v1
;;     v9 = bitcast.f64 v2
;;     v10 = ireduce.i32 v3
;;     v11 = bitcast.f32 v10
;;     v12 = call_indirect sig0, v6(v7, v8, v9, v11)
;;     v13 = bitcast.i32 v12
;;     v14 = uextend.i64 v13
;;     return v14
;; }
;;
;; ;; trampoline
;; function u1:1(i64 vmctx, i32, f64, f32) -> f32 tail {
;;     sig0 = (i64, i64, i64, i64) -> i64, i64 system_v
;;     sig1 = (i64) system_v
;;
;; block0(v0: i64, v1: i32, v2: f64, v3: f32):
;;     v4 = uextend.i64 v1
;;     v5 = bitcast.i64 v2
;;     v6 = bitcast.i32 v3
;;     v7 = uextend.i64 v6
;;     v8 = load.i64 notrap aligned v0+8
;;     v9 = get_frame_pointer.i64
;;     store notrap aligned v9, v8+8
;;     v10 = load.i64 notrap aligned v0
;;     v11, v12 = call_indirect sig0, v10(v0, v4, v5, v7)
;;     brif v12, block2, block1
;;
;; block2 cold:
;;     v13 = load.i64 notrap aligned v12+16
;;     call_indirect sig1, v13(v12)
;;     trap user1
;;
;; block1:
;;     v14 = ireduce.i32 v11
;;     v15 = bitcast.f32 v14
;;     return v15
;; }
