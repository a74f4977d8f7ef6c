;; Asks for an answer in a buffer of so many bytes, and says it.
(module
  (import "env" "say" (func $say (param i32)))
  (import "env" "ask" (func $ask (param i32 i32) (result i32)))
  (memory 1)
  (func (export "run") (param i32) (result i32) (local i32)
    (local.set 1 (call $ask (i32.const 64) (local.get 0)))
    (call $say (i32.const 64))
    (local.get 1)))
