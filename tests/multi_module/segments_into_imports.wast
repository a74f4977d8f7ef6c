;; Active segments of an importer are checked against the owner's memory and table as they are then;
;; those before the one that does not fit have been written.
;;! start-trap: out of bounds memory access
;;! log: 0
(module $owner
  (import "test" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (func $start (call $log (i32.load8_u (i32.const 0)))) (start $start))
(module $main
  (import "owner" "memory" (memory 1))
  (import "test" "log" (func $log (param i32)))
  (data (i32.const 0) "a")
  (data (i32.const 65535) "bc")
  (func $start (call $log (i32.const 2))) (start $start))
