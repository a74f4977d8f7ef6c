(module (func (export "A") (result i32) (i32.const 20)))
