;; An imported function takes and gives each scalar type, and runs on its own module's state.
;; NaN payloads must come through unchanged: nothing on the way may touch a float as a number.
;;! reads: math
(module $math
  (global $calls (mut i32) (i32.const 0))
  (func (export "add32") (param i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (i32.add (local.get 0) (local.get 1)))
  (func (export "sub64") (param i64 i64) (result i64) (i64.sub (local.get 0) (local.get 1)))
  (func (export "mulf32") (param f32 f32) (result f32) (f32.mul (local.get 0) (local.get 1)))
  (func (export "divf64") (param f64 f64) (result f64) (f64.div (local.get 0) (local.get 1)))
  (func (export "mixed") (param i32 f64 i64 f32) (result f64)
    (f64.add
      (f64.add (f64.convert_i32_s (local.get 0)) (local.get 1))
      (f64.add (f64.convert_i64_s (local.get 2)) (f64.promote_f32 (local.get 3)))))
  (func (export "same32") (param f32) (result f32) (local.get 0))
  (func (export "same64") (param f64) (result f64) (local.get 0))
  (func (export "calls") (result i32) (global.get $calls)))

(module $main
  (import "math" "add32" (func $add32 (param i32 i32) (result i32)))
  (import "math" "sub64" (func $sub64 (param i64 i64) (result i64)))
  (import "math" "mulf32" (func $mulf32 (param f32 f32) (result f32)))
  (import "math" "divf64" (func $divf64 (param f64 f64) (result f64)))
  (import "math" "mixed" (func $mixed (param i32 f64 i64 f32) (result f64)))
  (import "math" "same32" (func $same32 (param f32) (result f32)))
  (import "math" "same64" (func $same64 (param f64) (result f64)))
  (func (export "add32") (param i32 i32) (result i32) (call $add32 (local.get 0) (local.get 1)))
  (func (export "sub64") (param i64 i64) (result i64) (call $sub64 (local.get 0) (local.get 1)))
  (func (export "mulf32") (param f32 f32) (result f32) (call $mulf32 (local.get 0) (local.get 1)))
  (func (export "divf64") (param f64 f64) (result f64) (call $divf64 (local.get 0) (local.get 1)))
  (func (export "mixed") (param i32 f64 i64 f32) (result f64)
    (call $mixed (local.get 0) (local.get 1) (local.get 2) (local.get 3)))
  (func (export "same32") (param f32) (result f32) (call $same32 (local.get 0)))
  (func (export "same64") (param f64) (result f64) (call $same64 (local.get 0))))

(assert_return (invoke "add32" (i32.const 40) (i32.const 2)) (i32.const 42))
(assert_return (invoke "add32" (i32.const 0x7fffffff) (i32.const 1)) (i32.const 0x80000000))
(assert_return (invoke "sub64" (i64.const 0) (i64.const 1)) (i64.const -1))
(assert_return (invoke "mulf32" (f32.const 1.5) (f32.const -2)) (f32.const -3))
(assert_return (invoke "divf64" (f64.const 1) (f64.const 8)) (f64.const 0.125))
(assert_return (invoke "divf64" (f64.const 1) (f64.const -0)) (f64.const -inf))
;; 1 + 0.5 + (-4) + 0.25
(assert_return (invoke "mixed" (i32.const 1) (f64.const 0.5) (i64.const -4) (f32.const 0.25)) (f64.const -2.25))
(assert_return (invoke "same32" (f32.const -nan:0x200001)) (f32.const -nan:0x200001))
(assert_return (invoke "same64" (f64.const nan:0x4000000000001)) (f64.const nan:0x4000000000001))
;; The two calls of add32 counted in math's own global.
(assert_return (invoke "$math$calls") (i32.const 2))
