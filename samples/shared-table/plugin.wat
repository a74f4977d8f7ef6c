;; A plug-in: it puts a function of its own into the table of `operations`, and calls through that table.

(module $plugin
  (type $operation (func (param i32) (result i32)))
  (import "operations" "operations" (table $operations 3 funcref))
  (import "operations" "apply" (func $apply (param i32 i32) (result i32)))
  (elem (table $operations) (i32.const 2) func $add_step)

  ;; The same place in the index space as the library's own $step, with another value.
  (global $step i32 (i32.const 1))

  (func $add_step (type $operation) (i32.add (local.get 0) (global.get $step)))

  ;; Calls through the table from here …
  (func (export "call") (param $index i32) (param $value i32) (result i32)
    (call_indirect $operations (type $operation) (local.get $value) (local.get $index)))

  ;; … and has the library call through it.
  (func (export "call_in_library") (param $index i32) (param $value i32) (result i32)
    (call $apply (local.get $index) (local.get $value))))
