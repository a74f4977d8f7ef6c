;; A direct call within the module passes the caller's own vmctx and has no address to load; an
;; imported function's code and vmctx come from the record in the caller's vmctx, in two loads.
;;! count 1: call fn0
;;! count 1: call_indirect
(module
  (import "other" "f" (func $imported (param i32) (result i32)))
  (func $local (param i32) (result i32) (local.get 0))
  (func $direct (param i32) (result i32) (call $local (local.get 0)))
  (func $cross_module (param i32) (result i32) (call $imported (local.get 0))))
