(module $limits
  (memory 1)
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "forever") (loop (br 0)))
  (func $inner (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
  (func (export "outer") (param i32) (result i32) (i32.add (call $inner (local.get 0)) (i32.const 1))))
