;; A library that offers its functions in a table, and leaves one place free.

(module $operations
  (type $operation (func (param i32) (result i32)))
  (table $operations (export "operations") 3 3 funcref)
  (elem (i32.const 0) func $double $add_step)

  ;; Private state: $add_step must use this global, whoever calls it.
  (global $step i32 (i32.const 100))

  (func $double (type $operation) (i32.mul (local.get 0) (i32.const 2)))
  (func $add_step (type $operation) (i32.add (local.get 0) (global.get $step)))

  ;; Calls whatever lies at $index, also what other modules put there.
  (func (export "apply") (param $index i32) (param $value i32) (result i32)
    (call_indirect $operations (type $operation) (local.get $value) (local.get $index))))
