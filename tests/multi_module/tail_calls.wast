;; Tail calls to imported functions use no stack: a million of them, back and forth between two
;; modules, directly and through a table; and state stays with its module.
(module $a
  (import "main" "down" (func $main_down (param i32 i64) (result i64)))
  (func (export "down") (param i32 i64) (result i64)
    (if (result i64) (i32.eqz (local.get 0))
      (then (local.get 1))
      (else (return_call $main_down (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 1))))))
  (func (export "grow") (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32) (local.get 9)))
(module $main
  (type $down (func (param i32 i64) (result i64)))
  (import "a" "down" (func $a_down (type $down)))
  (import "a" "grow" (func $grow (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (table funcref (elem $a_down))
  (func (export "down") (param i32 i64) (result i64)
    (if (result i64) (i32.eqz (local.get 0))
      (then (local.get 1))
      (else (return_call $a_down (i32.sub (local.get 0) (i32.const 1)) (i64.add (local.get 1) (i64.const 2))))))
  (func (export "indirect") (param i32 i64) (result i64)
    (return_call_indirect (type $down) (local.get 0) (local.get 1) (i32.const 0)))
  ;; The callee takes more parameters on the stack than the caller was given.
  (func (export "more") (param i32) (result i32)
    (return_call $grow (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5)
      (i32.const 6) (i32.const 7) (i32.const 8) (i32.const 9) (local.get 0))))
(assert_return (invoke "down" (i32.const 1000000) (i64.const 0)) (i64.const 1500000))
;; 500000 steps of one in a, 499999 of two in main
(assert_return (invoke "indirect" (i32.const 999999) (i64.const 2)) (i64.const 1500000))
(assert_return (invoke "more" (i32.const 77)) (i32.const 77))
