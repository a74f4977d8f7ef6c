(module $linked_main
  (import "linked_lib" "add" (func $add (param i32) (result i32)))
  (import "linked_lib" "count" (global $count (mut i32)))
  (import "linked_lib" "memory" (memory 1))
  (import "env" "native" (func $native (result i32)))
  (func (export "run") (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.add (call $native) (call $add (global.get $count)))))
