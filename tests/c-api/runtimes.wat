(module $runtimes
  (import "lib" "number" (func $number (result i32)))
  (import "env" "native" (func $native (result i32)))
  (func (export "both") (result i32) (i32.add (i32.mul (call $number) (i32.const 10)) (call $native))))
