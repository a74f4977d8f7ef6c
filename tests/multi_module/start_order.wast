;; Dependencies are initialised before who imports from them, in the order of the imports, and the
;; start function of main runs last, when every dependency can be called.
(module $x
  (import "test" "log" (func $log (param i32)))
  (import "z" "ready" (func $ready (result i32)))
  (func $start (call $log (i32.add (i32.const 10) (call $ready)))) (start $start)
  (func (export "x")))
(module $y
  (import "test" "log" (func $log (param i32)))
  (func $start (call $log (i32.const 20))) (start $start)
  (func (export "y")))
(module $z
  (import "test" "log" (func $log (param i32)))
  (memory 1) (data (i32.const 0) "\01")
  (func $start (call $log (i32.const 30))) (start $start)
  (func (export "ready") (result i32) (i32.load8_u (i32.const 0)))
  (func (export "z")))
(module $main
  (import "test" "log" (func $log (param i32)))
  (import "y" "y" (func)) (import "x" "x" (func)) (import "z" "z" (func))
  (func $start (call $log (i32.const 40))) (start $start))
;; y; then z, as x needs it; then x, which sees z's data; then main
;;! log: 20 30 11 40
