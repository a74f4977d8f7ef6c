(module (import "mA" "A" (func $a (result i32))) (func (export "B") (result i32) (i32.const 11)) (func (export "call_A") (result i32) (call $a)))
