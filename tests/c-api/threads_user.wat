(module $threads_user
  (import "threads" "add" (func $add (param i32)))
  (import "threads" "sum" (func $sum (result i32)))
  (func (export "add_and_sum") (param i32) (result i32) (call $add (local.get 0)) (call $sum)))
