;; A cycle of three that also has a module outside of it below; all are initialised once, in the
;; order of the imports, and calls go round.
(module $base
  (import "test" "log" (func $log (param i32)))
  (func $start (call $log (i32.const 1))) (start $start)
  (func (export "step") (param i32) (result i32) (i32.sub (local.get 0) (i32.const 1))))
(module $a
  (import "test" "log" (func $log (param i32)))
  (import "base" "step" (func $step (param i32) (result i32)))
  (import "b" "go" (func $go (param i32) (result i32)))
  (func $start (call $log (i32.const 2))) (start $start)
  (func (export "go") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (call $go (call $step (local.get 0)))) (else (i32.const 100)))))
(module $b
  (import "test" "log" (func $log (param i32)))
  (import "main" "go" (func $go (param i32) (result i32)))
  (import "base" "step" (func $step (param i32) (result i32)))
  (func $start (call $log (i32.const 3))) (start $start)
  (func (export "go") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (call $go (call $step (local.get 0)))) (else (i32.const 200)))))
(module $main
  (import "test" "log" (func $log (param i32)))
  (import "a" "go" (func $go (param i32) (result i32)))
  (import "base" "step" (func $step (param i32) (result i32)))
  (func $start (call $log (i32.const 4))) (start $start)
  (func (export "go") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (call $go (call $step (local.get 0)))) (else (i32.const 300)))))
;; base; b before a, as a imports from it; main last
;;! log: 1 3 2 4
(assert_return (invoke "go" (i32.const 9)) (i32.const 300))
(assert_return (invoke "go" (i32.const 10)) (i32.const 100))
(assert_return (invoke "go" (i32.const 11)) (i32.const 200))
