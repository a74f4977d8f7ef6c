;; A ladder of diamonds: each rung imports twice from the one below, by two names. Every module is
;; loaded, instantiated and started once, the lower before the upper. (WAMR makes 16 of the lowest.)
(module $r0
  (import "test" "log" (func $log (param i32)))
  (func $start (call $log (i32.const 0))) (start $start)
  (global $n (mut i32) (i32.const 0))
  (func (export "left") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
  (func (export "right") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))
(module $r1
  (import "test" "log" (func $log (param i32)))
  (import "r0" "left" (func $l (result i32))) (import "r0" "right" (func $r (result i32)))
  (func $start (call $log (i32.const 1))) (start $start)
  (func (export "left") (result i32) (i32.add (call $l) (call $r)))
  (func (export "right") (result i32) (i32.add (call $r) (call $l))))
(module $r2
  (import "test" "log" (func $log (param i32)))
  (import "r1" "left" (func $l (result i32))) (import "r1" "right" (func $r (result i32)))
  (func $start (call $log (i32.const 2))) (start $start)
  (func (export "left") (result i32) (i32.add (call $l) (call $r)))
  (func (export "right") (result i32) (i32.add (call $r) (call $l))))
(module $r3
  (import "test" "log" (func $log (param i32)))
  (import "r2" "left" (func $l (result i32))) (import "r2" "right" (func $r (result i32)))
  (import "r0" "left" (func $l0 (result i32)))
  (func $start (call $log (i32.const 3))) (start $start)
  (func (export "left") (result i32) (i32.add (call $l) (call $r)))
  (func (export "right") (result i32) (call $l0)))
(module $main
  (import "r3" "left" (func $l (result i32))) (import "r3" "right" (func $r (result i32)))
  (import "r0" "left" (func $l0 (result i32)))
  (func (export "all") (result i32) (call $l))
  (func (export "one") (result i32) (call $r))
  (func (export "zero") (result i32) (call $l0)))
;;! log: 0 1 2 3
;;! reads: r0 r1 r2 r3
;; Eight calls of the one r0: 1 + 2 + … + 8.
(assert_return (invoke "all") (i32.const 36))
(assert_return (invoke "one") (i32.const 9))
(assert_return (invoke "zero") (i32.const 10))
