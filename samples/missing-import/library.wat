;; What is there. `application` wants other things.

(module $library
  (func (export "present") (param i32) (result i32) (local.get 0))
  (func (export "narrow") (param i32) (result i32) (local.get 0))
  (memory (export "memory") 1 2)
  (global (export "limit") i64 (i64.const 10)))
