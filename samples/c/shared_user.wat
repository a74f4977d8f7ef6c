;; Writes a number to the owner's memory, counts in its global, and puts a function into its table.
(module
  (import "owner" "memory" (memory 1))
  (import "owner" "count" (global $count (mut i32)))
  (import "owner" "operations" (table 4 funcref))
  (elem (i32.const 1) $double)
  (func $double (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2)))
  (func (export "write") (param i32) (result i32)
    (i32.store (i32.const 16) (local.get 0))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (global.get $count)))
