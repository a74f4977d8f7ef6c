(module $imports
  (import "host" "memory" (memory 1 4))
  (import "env" "shared" (memory 1 2 shared))
  (import "imports_lib" "first" (func $first (result i32)))
  (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1)))
  (func (export "add") (result i32) (i32.atomic.rmw.add 1 (i32.const 0) (i32.const 1)))
  (func (export "first of the library") (result i32) (call $first)))
