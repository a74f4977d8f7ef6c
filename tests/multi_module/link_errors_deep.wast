;; Errors of dependencies are reported with those of main, each with its own importer; nothing runs.
;;! log:
;;! not linked: who is not in the set is missed where it is run
(module $low
  (import "test" "log" (func $log (param i32)))
  (import "gone" "g" (global i32))
  (func $start (call $log (i32.const 1))) (start $start)
  (func (export "f")))
(module $mid
  (import "low" "f" (func))
  (import "low" "h" (func))
  (import "test" "absent" (func))
  (func (export "m")))
(module $main
  (import "mid" "m" (func (result i32)))
  (import "gone" "other" (memory 1)))
;;! link-error: "low" imports "gone"."g" (global i32): | no module "gone"
;;! link-error: "mid" imports "low"."h" (func): | does not export "h"
;;! link-error: "mid" imports "test"."absent" (func): | "absent"
;;! link-error: "main" imports "mid"."m" (func (result i32)): | found (func)
;;! link-error: "main" imports "gone"."other" (memory 1): | no module "gone"
