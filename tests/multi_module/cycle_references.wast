;; In a cycle, function references of a module that is not initialised yet can be taken and put into
;; tables; a call before its turn sees its memory without data segments, its globals with their
;; initial values.
(module $a
  (import "test" "log" (func $log (param i32)))
  (import "main" "get" (func $get (result i32)))
  (type $get_type (func (result i32)))
  (table (export "table") funcref (elem $get))
  (func $start (call $log (call_indirect (type $get_type) (i32.const 0)))) (start $start)
  (func (export "call") (result i32) (call_indirect (type $get_type) (i32.const 0))))
(module $main
  (import "a" "call" (func $call (result i32)))
  (memory 1) (data (i32.const 0) "\05")
  (global $g i32 (i32.const 100))
  (func (export "get") (result i32) (i32.add (global.get $g) (i32.load8_u (i32.const 0))))
  (func (export "call") (result i32) (call $call)))
;;! log: 100
(assert_return (invoke "call") (i32.const 105))
