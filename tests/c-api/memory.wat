(module $memory
  (memory (export "memory") 1 4) (data (i32.const 8) "text\00")
  (global $global (export "global") (mut i64) (i64.const -5))
  (table (export "table") 3 9 funcref) (elem (i32.const 1) $get)
  (func $get (export "get global") (result i64) (global.get $global)))
