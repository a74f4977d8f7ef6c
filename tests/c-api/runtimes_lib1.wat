(module $runtimes_lib1 (func (export "number") (result i32) (i32.const 1)))
