;; The other half.

(module $odd
  (import "even" "is_even" (func $is_even (param i32) (result i32)))

  (func $is_odd (export "is_odd") (param $n i32) (result i32)
    (if (i32.eqz (local.get $n)) (then (return (i32.const 0))))
    (return_call $is_even (i32.sub (local.get $n) (i32.const 1)))))
