;; A null reference is zero; ref.func is the address of the record in the vmctx, no load.
;;! lacks: load
(module
  (func $f (export "f"))
  (func $null (result externref) (ref.null extern))
  (func $func (result funcref) (ref.func $f))
  (func $is_null (param funcref) (result i32) (ref.is_null (local.get 0))))
