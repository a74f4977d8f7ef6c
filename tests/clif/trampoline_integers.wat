;; The trampolines that all types of few integers have in common: the entry trampoline is a tail call, and registers for
;; more arguments than a function has are passed on, too.
;;! show: trampolines
;;! has: return_call_indirect
;;! lacks: ireduce
(module
  (import "host" "f" (func $f (param i32) (result i32)))
  (func (export "nothing"))
  (func (export "five") (param i64 i32 i64 i32 externref) (result i64) (local.get 0))
  (func (export "g") (param i32) (result i32) (call $f (local.get 0))))

;;= CLIF
;; ;; trampoline
;; function u1:0(i64, i64, i64, i64, i64, i64) -> i64 tail {
;;     sig0 = (i64, i64, i64, i64, i64, i64) -> i64 tail
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64):
;;     v6 = load.i64 notrap aligned v0
;;     v7 = load.i64 notrap aligned v0+8
;;     return_call_indirect sig0, v6(v7, v1, v2, v3, v4, v5)
;; }
;;
;; ;; trampoline
;; function u1:1(i64, i64, i64, i64, i64, i64) -> i64 tail {
;;     sig0 = (i64, i64, i64, i64, i64, i64) -> i64, i64 system_v
;;     sig1 = (i64) system_v
;;
;; block0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64):
;;     v6 = load.i64 notrap aligned v0+8
;;     v7 = get_frame_pointer.i64
;;     store notrap aligned v7, v6+8
;;     v8 = load.i64 notrap aligned v0
;;     v9, v10 = call_indirect sig0, v8(v0, v1, v2, v3, v4, v5)
;;     brif v10, block2, block1
;;
;; block2 cold:
;;     v11 = load.i64 notrap aligned v10+16
;;     call_indirect sig1, v11(v10)
;;     trap user1
;;
;; block1:
;;     return v9
;; }
