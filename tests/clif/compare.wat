;; Comparisons give an i32 of 0 or 1; where a branch or select takes it at once, no number is made.
;;! has: icmp slt
;;! has: icmp ult
;;! has: fcmp
(module
  (func $numbers (param i32 i64 f32 f64) (result i32)
    (i32.lt_s (local.get 0) (i32.const 5))
    (i32.add (i64.lt_u (local.get 1) (i64.const 5)))
    (i32.add (f32.ge (local.get 2) (f32.const 0)))
    (i32.add (f64.ne (local.get 3) (local.get 3)))
    (i32.add (i32.eqz (local.get 0))))
  (func $branch (param i32 i32) (result i32)
    (if (result i32) (i32.gt_u (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2)))))
