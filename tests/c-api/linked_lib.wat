;; A member of the linked set that tests/c_api.rs makes of this and linked_main.wat.
(module $linked_lib
  (import "env" "native" (func $native (result i32)))
  (global (export "count") (mut i32) (i32.const 5))
  (memory (export "memory") 1)
  (func (export "add") (param i32) (result i32) (i32.add (local.get 0) (call $native))))
