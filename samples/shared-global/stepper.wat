;; Changes a global that belongs to `counter`.

(module $stepper
  (import "counter" "count" (global $count (mut i64)))
  (import "counter" "step" (global $step i64))
  (import "counter" "get" (func $get (result i64)))

  ;; Starts as the owner's step.
  (global $my_step (export "my_step") i64 (global.get $step))

  ;; Writes here, reads there: the answer comes from the owner's function.
  (func (export "advance") (result i64)
    (global.set $count (i64.add (global.get $count) (global.get $my_step)))
    (call $get))

  ;; Reads here what was written elsewhere.
  (func (export "read") (result i64) (global.get $count)))
