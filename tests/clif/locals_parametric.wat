;; Locals become values, not memory; the ones not parameters begin at zero; select and drop.
;;! has: select
;;! lacks: stack_store
;;! lacks: store
(module
  (func $f (param i32 i64) (result i64)
    (local i64 f32)
    (local.set 2 (i64.add (local.get 1) (local.get 2)))
    (drop (local.tee 3 (f32.const 1)))
    (select (local.get 1) (local.get 2) (local.get 0))))
