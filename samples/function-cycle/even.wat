;; Half of a pair that import each other. Tail calls cross modules, so any $n takes the same stack.

(module $even
  (import "odd" "is_odd" (func $is_odd (param i32) (result i32)))

  (func $is_even (export "is_even") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 1))))
    (return_call $is_odd (i32.sub (local.get $n) (i32.const 1)))))
