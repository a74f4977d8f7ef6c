;; Endless recursion across modules is a trap, whoever is on top; afterwards everything works.
(module $a
  (import "main" "loop" (func $main_loop (param i64) (result i64)))
  (func (export "loop") (param i64) (result i64)
    (i64.add (call $main_loop (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))
  (func $own (export "own") (result i32) (i32.add (call $own) (i32.const 1))))
(module $main
  (import "a" "loop" (func $a_loop (param i64) (result i64)))
  (import "a" "own" (func $a_own (result i32)))
  (func (export "loop") (param i64) (result i64)
    (if (result i64) (i64.lt_s (local.get 0) (i64.const 0))
      (then (i64.const 0))
      (else (i64.add (call $a_loop (i64.add (local.get 0) (i64.const 1))) (i64.const 1)))))
  (func (export "theirs") (result i32) (i32.add (call $a_own) (i32.const 1))))
(assert_exhaustion (invoke "loop" (i64.const 0)) "call stack exhausted")
(assert_exhaustion (invoke "theirs") "call stack exhausted")
(assert_exhaustion (invoke "$a$own") "call stack exhausted")
(assert_exhaustion (invoke "loop" (i64.const 0)) "call stack exhausted")
(assert_return (invoke "loop" (i64.const -1)) (i64.const 0))
