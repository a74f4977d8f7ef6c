;; More than 64 parameter cells across modules (WAMR refuses to compile them), with results to match.
(module $a
  (func (export "last") (param
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64
      i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (result i64 i64 f32 f64 i32)
    (local.get 0) (local.get 39) (local.get 49) (local.get 59) (local.get 69)))
(module $main
  (type $wide (func (param
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      f32 f32 f32 f32 f32 f32 f32 f32 f32 f32 f64 f64 f64 f64 f64 f64 f64 f64 f64 f64
      i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)
    (result i64 i64 f32 f64 i32)))
  (import "a" "last" (func $last (type $wide)))
  (func (export "run") (result i64 i64 f32 f64 i32)
    (call $last
      (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const 7) (i64.const 8)
      (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13) (i64.const 14) (i64.const 15)
      (i64.const 16) (i64.const 17) (i64.const 18) (i64.const 19) (i64.const 20) (i64.const 21) (i64.const 22)
      (i64.const 23) (i64.const 24) (i64.const 25) (i64.const 26) (i64.const 27) (i64.const 28) (i64.const 29)
      (i64.const 30) (i64.const 31) (i64.const 32) (i64.const 33) (i64.const 34) (i64.const 35) (i64.const 36)
      (i64.const 37) (i64.const 38) (i64.const 39) (i64.const 40)
      (f32.const 41) (f32.const 42) (f32.const 43) (f32.const 44) (f32.const 45) (f32.const 46) (f32.const 47)
      (f32.const 48) (f32.const 49) (f32.const 50)
      (f64.const 51) (f64.const 52) (f64.const 53) (f64.const 54) (f64.const 55) (f64.const 56) (f64.const 57)
      (f64.const 58) (f64.const 59) (f64.const 60)
      (i32.const 61) (i32.const 62) (i32.const 63) (i32.const 64) (i32.const 65) (i32.const 66) (i32.const 67)
      (i32.const 68) (i32.const 69) (i32.const 70))))
(assert_return (invoke "run")
  (i64.const 1) (i64.const 40) (f32.const 50) (f64.const 60) (i32.const 70))
