;; Each kind of trap, raised in a dependency and seen by the caller of main.
(module $dep
  (type $v (func))
  (table $t 3 funcref)
  (memory 1)
  (func $with_result (result i32) (i32.const 0))
  (elem (i32.const 0) func $with_result)
  (data $d "xyz")
  (elem $e func $with_result)
  (func $unreachable (export "unreachable") (unreachable))
  (func $div_zero (export "div_zero") (drop (i64.rem_s (i64.const 1) (i64.const 0))))
  (func $div_overflow (export "div_overflow") (drop (i32.div_s (i32.const 0x80000000) (i32.const -1))))
  (func $trunc_nan (export "trunc_nan") (drop (i32.trunc_f32_s (f32.const nan))))
  (func $trunc_big (export "trunc_big") (drop (i64.trunc_f64_u (f64.const 1e30))))
  (func $memory (export "memory") (i32.store16 (i32.const 65535) (i32.const 0)))
  (func $memory_init (export "memory_init") (memory.init $d (i32.const 0) (i32.const 1) (i32.const 3)))
  (func $table_get (export "table_get") (drop (table.get $t (i32.const 3))))
  (func $table_init (export "table_init") (table.init $t $e (i32.const 3) (i32.const 0) (i32.const 1)))
  (func $undefined (export "undefined") (call_indirect (type $v) (i32.const 3)))
  (func $uninitialized (export "uninitialized") (call_indirect (type $v) (i32.const 1)))
  (func $mismatch (export "mismatch") (call_indirect (type $v) (i32.const 0))))
(module $main
  (import "dep" "unreachable" (func $unreachable))
  (import "dep" "div_zero" (func $div_zero))
  (import "dep" "div_overflow" (func $div_overflow))
  (import "dep" "trunc_nan" (func $trunc_nan))
  (import "dep" "trunc_big" (func $trunc_big))
  (import "dep" "memory" (func $memory))
  (import "dep" "memory_init" (func $memory_init))
  (import "dep" "table_get" (func $table_get))
  (import "dep" "table_init" (func $table_init))
  (import "dep" "undefined" (func $undefined))
  (import "dep" "uninitialized" (func $uninitialized))
  (import "dep" "mismatch" (func $mismatch))
  (table funcref (elem
    $unreachable $div_zero $div_overflow $trunc_nan $trunc_big $memory $memory_init $table_get $table_init
    $undefined $uninitialized $mismatch))
  (func $run (export "run") (param i32) (result i32) (call_indirect (local.get 0)) (i32.const 1)))
(assert_trap (invoke "run" (i32.const 0)) "unreachable")
;;! frames: dep!unreachable main!run
(assert_trap (invoke "run" (i32.const 1)) "integer divide by zero")
;;! frames: dep!div_zero main!run
(assert_trap (invoke "run" (i32.const 2)) "integer overflow")
;;! frames: dep!div_overflow main!run
(assert_trap (invoke "run" (i32.const 3)) "invalid conversion to integer")
;;! frames: dep!trunc_nan main!run
(assert_trap (invoke "run" (i32.const 4)) "integer overflow")
;;! frames: dep!trunc_big main!run
(assert_trap (invoke "run" (i32.const 5)) "out of bounds memory access")
;;! frames: dep!memory main!run
(assert_trap (invoke "run" (i32.const 6)) "out of bounds memory access")
;;! frames: dep!memory_init main!run
(assert_trap (invoke "run" (i32.const 7)) "out of bounds table access")
;;! frames: dep!table_get main!run
(assert_trap (invoke "run" (i32.const 8)) "out of bounds table access")
;;! frames: dep!table_init main!run
(assert_trap (invoke "run" (i32.const 9)) "undefined element")
;;! frames: dep!undefined main!run
(assert_trap (invoke "run" (i32.const 10)) "uninitialized element")
;;! frames: dep!uninitialized main!run
(assert_trap (invoke "run" (i32.const 11)) "indirect call type mismatch")
;;! frames: dep!mismatch main!run
(assert_trap (invoke "run" (i32.const 12)) "undefined element")
;;! frames: main!run
