;; A trap in a callee of another module reaches the host as a trap with its kind and a back trace
;; through all modules, innermost first; afterwards everything works as before.
(module $low
  (memory 1)
  (global $entered (mut i32) (i32.const 0))
  (func $inner (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (unreachable)))
    (i32.div_u (i32.const 100) (i32.sub (local.get 0) (i32.const 5))))
  (func $outer (export "outer") (param i32) (result i32)
    (global.set $entered (i32.add (global.get $entered) (i32.const 1)))
    (i32.add (call $inner (local.get 0)) (i32.const 1)))
  (func (export "entered") (result i32) (global.get $entered)))
(module $middle
  (import "low" "outer" (func $low_outer (param i32) (result i32)))
  (func $pass (export "pass") (param i32) (result i32) (i32.add (call $low_outer (local.get 0)) (i32.const 1))))
(module $main
  (import "middle" "pass" (func $pass (param i32) (result i32)))
  (import "low" "outer" (func $outer (param i32) (result i32)))
  (type $f (func (param i32) (result i32)))
  (table funcref (elem $pass))
  (func $run (export "run") (param i32) (result i32) (i32.add (call $pass (local.get 0)) (i32.const 1)))
  (func $indirect (export "indirect") (param i32) (result i32)
    (i32.add (call_indirect (type $f) (local.get 0) (i32.const 0)) (i32.const 1)))
  (func $recurse (export "recurse") (param i32 i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $recurse (i32.sub (local.get 0) (i32.const 1)) (local.get 1)) (i32.const 1)))
      (else (i32.add (call $outer (local.get 1)) (i32.const 1))))))

;; 100 / (25 - 5), and one more at each of three levels
(assert_return (invoke "run" (i32.const 25)) (i32.const 8))
(assert_trap (invoke "run" (i32.const 0)) "unreachable")
;;! frames: low!inner low!outer middle!pass main!run
(assert_trap (invoke "run" (i32.const 5)) "integer divide by zero")
;;! frames: low!inner low!outer middle!pass main!run
(assert_trap (invoke "indirect" (i32.const 5)) "integer divide by zero")
;;! frames: low!inner low!outer middle!pass main!indirect
(assert_trap (invoke "recurse" (i32.const 2) (i32.const 0)) "unreachable")
;;! frames: low!inner low!outer main!recurse main!recurse main!recurse
(assert_trap (invoke "$middle$pass" (i32.const 0)) "unreachable")
;;! frames: low!inner low!outer middle!pass
(assert_return (invoke "run" (i32.const 25)) (i32.const 8))
(assert_return (invoke "$low$entered") (i32.const 7))
