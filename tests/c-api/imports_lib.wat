(module $imports_lib
  (import "host" "memory" (memory 1))
  (func (export "first") (result i32) (i32.load (i32.const 0))))
