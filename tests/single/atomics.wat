;; Atomic operators that are no loads, stores or modifications: those have modules of their own.
(module
  (memory $m (export "m") 1 1 shared)
  (func (export "fence") (param i32) (result i32) (i32.store (i32.const 8) (local.get 0)) (atomic.fence) (i32.load (i32.const 8)))
  (func (export "notify") (param i32) (result i32) (memory.atomic.notify (i32.const 16) (local.get 0)))
  (func (export "wait32") (param i32) (result i32) (memory.atomic.wait32 (i32.const 16) (local.get 0) (i64.const 1000)))
  (func (export "wait64") (param i64) (result i32) (memory.atomic.wait64 (i32.const 24) (local.get 0) (i64.const 1000))))
