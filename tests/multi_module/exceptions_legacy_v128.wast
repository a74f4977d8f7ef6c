;; Exceptions that carry vectors, in the legacy encoding: caught, thrown again, and vectors that are
;; needed after the call that throws.
(module $thrower
  (tag $t (export "t") (param i32 v128 f64 v128))
  (func (export "throw") (param v128 v128)
    (throw $t (i32.const 7) (i32x4.add (local.get 0) (local.get 1)) (f64.const 1.5) (local.get 1))))
(module $between
  (import "thrower" "t" (tag $t (param i32 v128 f64 v128)))
  (import "thrower" "throw" (func $throw (param v128 v128)))
  (import "test" "mark" (func $mark))
  (func (export "by_value") (param v128 v128)
    try
      (call $throw (local.get 0) (local.get 1))
    catch $t
      (drop) (drop) (drop) (drop)
      (call $mark)
      (rethrow 0)
    end)
  (func (export "by_reference") (param v128 v128)
    try
      (call $throw (local.get 0) (local.get 1))
    catch_all
      (call $mark)
      (rethrow 0)
    end))
(module $main
  (import "thrower" "t" (tag $t (param i32 v128 f64 v128)))
  (import "between" "by_value" (func $by_value (param v128 v128)))
  (import "between" "by_reference" (func $by_reference (param v128 v128)))
  (func (export "by_value") (param v128 v128) (result i32 v128 f64 v128)
    try (result i32 v128 f64 v128)
      (call $by_value (local.get 0) (local.get 1))
      (unreachable)
    catch $t
    end)
  (func (export "by_reference") (param v128 v128) (result i32 v128 f64 v128)
    try (result i32 v128 f64 v128)
      (call $by_reference (local.get 0) (local.get 1))
      (unreachable)
    catch $t
    end)
  (func (export "kept") (param v128 v128) (result v128) (local v128 v128)
    (local.set 2 (i8x16.add (local.get 0) (local.get 0)))
    (local.set 3 (v128.not (local.get 1)))
    try
      (call $by_value (local.get 2) (local.get 3))
    catch_all
      (return (v128.xor (local.get 2) (local.get 3)))
    end
    (unreachable)))

(assert_return (invoke "by_value" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (i32.const 7) (v128.const i32x4 11 22 33 0) (f64.const 1.5) (v128.const i32x4 10 20 30 1))
(assert_return (invoke "by_reference" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (i32.const 7) (v128.const i32x4 11 22 33 0) (f64.const 1.5) (v128.const i32x4 10 20 30 1))
(assert_return (invoke "kept" (v128.const i64x2 1 2) (v128.const i64x2 -1 -9))
  (v128.const i64x2 2 12))
