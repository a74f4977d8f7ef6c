(module $modules
  (import "lib" "f" (func (param i32 externref v128) (result f64)))
  (import "lib" "m" (memory 2 5 shared))
  (import "lib" "t" (table 3 externref))
  (import "lib" "g" (global f32))
  (global (export "g") (mut i32) (i32.const 0))
  (tag (export "t") (param i32))
  (@custom "note" "kept"))
