;; Tail calls of all three kinds; each hands over the callee's vmctx and leaves no frame.
;;! count 1: return_call fn0
;;! count 2: return_call_indirect
(module
  (type $f (func (param i64) (result i64)))
  (import "other" "f" (func $imported (type $f)))
  (table 1 funcref)
  (func $local (type $f) (local.get 0))
  (func $direct (type $f) (return_call $local (local.get 0)))
  (func $cross_module (type $f) (return_call $imported (local.get 0)))
  (func $indirect (type $f) (return_call_indirect (type $f) (local.get 0) (i32.const 0))))
