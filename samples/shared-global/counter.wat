;; The owner of a mutable global.

(module $counter
  (global $count (export "count") (mut i64) (i64.const 40))
  ;; Immutable globals link too; importers may use them in constant expressions.
  (global (export "step") i64 (i64.const 2))

  (func (export "get") (result i64) (global.get $count)))
