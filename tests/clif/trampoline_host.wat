;; The host-call trampoline of a type: notes the caller's frame, passes arguments in 16-byte slots
;; to the host function, raises when that does not return zero, else reads the results.
;;! show: trampolines
;;! has: get_return_address
;;! has: explicit_slot
(module
  (import "host" "f" (func $f (param i32 f64) (result i64)))
  (func (param i32) (result i64) (call $f (local.get 0) (f64.const 1))))
