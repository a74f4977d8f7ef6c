;; A start function of a dependency that traps: instantiation fails with that trap, and what
;; depends on it does not start.
;;! start-trap: unreachable
;;! frames: bad!boom bad!start
;;! log: 1 2
(module $good
  (import "test" "log" (func $log (param i32)))
  (func $start (call $log (i32.const 1))) (start $start) (func (export "f")))
(module $bad
  (import "good" "f" (func))
  (import "test" "log" (func $log (param i32)))
  (func $boom (unreachable))
  (func $start (call $log (i32.const 2)) (call $boom) (call $log (i32.const 3))) (start $start)
  (func (export "f")))
(module $main
  (import "bad" "f" (func))
  (import "test" "log" (func $log (param i32)))
  (func $start (call $log (i32.const 4))) (start $start))
