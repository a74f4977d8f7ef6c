(module
  (memory (export "memory") 1)
  (global (export "count") (mut i32) (i32.const 0))
  (table (export "operations") 4 funcref))
