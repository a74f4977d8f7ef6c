(module (import "gone" "a" (func)) (import "gone" "b" (func)) (import "gone" "c" (global i32)) (import "mA" "A" (func (result i32))))
