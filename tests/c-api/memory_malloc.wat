;; A module with a malloc and a free of its own: one block of at most 64 bytes at 1024; what was freed is noted at 0.
(module $memory_malloc
  (memory (export "memory") 1)
  (func (export "malloc") (param i32) (result i32)
    (select (i32.const 1024) (i32.const 0) (i32.le_u (local.get 0) (i32.const 64))))
  (func (export "free") (param i32) (i32.store (i32.const 0) (local.get 0))))
