;; The middle: passes the numbers on without a look at them.

(module $report
  (import "arithmetic" "divide" (func $divide (param i32 i32) (result i32)))

  (func $average (export "average") (param $sum i32) (param $count i32) (result i32)
    (call $divide (local.get $sum) (local.get $count))))
