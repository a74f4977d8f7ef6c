;; Found by: generated graphs (a global imported before a memory).
;; wasmi lists imports by kind, not in the module's order: our interpreter compared each with another's type.
(module
  (memory (export "own") 1)
  (global $g (export "g") (mut i64) (i64.const 7))
  (func (export "f") (param i64) (result i64) (global.set $g (local.get 0)) (i64.store (i32.const 0) (local.get 0))
    (i64.add (global.get $g) (i64.load (i32.const 0)))))
