;; The entry trampoline of a type: saves frame pointer, stack pointer and landing pad in the store's
;; context, reads parameters from 16-byte slots, calls, writes the results back, returns 0; the
;; landing pad returns 1.
;;! show: trampolines
;;! has: system_v
;;! has: tail
(module
  (func (export "f") (param i32 f64 i64) (result i64 f32) (local.get 2) (f32.const 0)))
