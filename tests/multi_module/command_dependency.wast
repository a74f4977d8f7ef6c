;; A module that exports _start is a program of its own: it cannot be imported from.
;;! log:
(module $tool
  (import "test" "log" (func $log (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $log (i32.const 1)))
  (func (export "help") (result i32) (i32.const 1)))
(module $main
  (import "tool" "help" (func (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")))
;;! link-error: "main" imports "tool"."help" | "tool" is a command | _start
