(module (import "mA" "A" (func $a (result i32))) (import "mB" "B" (func $b (result i32)))
  (func (export "C") (result i32) (i32.const 12)) (func (export "call_A") (result i32) (call $a))
  (func (export "call_B") (result i32) (call $b)))
