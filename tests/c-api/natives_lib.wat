(module $natives_lib (import "env" "add_i" (func $add_i (param i32 i32) (result i32)))
  (func (export "add") (param i32 i32) (result i32) (call $add_i (local.get 0) (local.get 1))))
