;; Spawns where that cannot be, in its start function, and then a thread that it has no function for.
(module $no_entry
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (export "memory") 1 1 shared)
  (func $early (i32.store (i32.const 0) (call $spawn (i32.const 0))))
  (start $early)
  (func (export "early") (result i32) (i32.load (i32.const 0)))
  (func (export "_start")
    (if (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))
      (then (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))))))
