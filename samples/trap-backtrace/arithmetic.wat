;; The bottom: the division that traps.

(module $arithmetic
  (func $checked_by_nobody (param $a i32) (param $b i32) (result i32)
    (i32.div_u (local.get $a) (local.get $b)))

  (func $divide (export "divide") (param $a i32) (param $b i32) (result i32)
    (call $checked_by_nobody (local.get $a) (local.get $b))))
