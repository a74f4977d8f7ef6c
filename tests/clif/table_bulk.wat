;; Bulk table operations are builtins.
;;! count 5: call_indirect
(module
  (table $t 4 funcref)
  (elem $e func 0)
  (func $grow (param funcref i32) (result i32) (table.grow $t (local.get 0) (local.get 1)))
  (func $fill (param i32 funcref i32) (table.fill $t (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i32 i32 i32) (table.copy $t $t (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i32 i32 i32) (table.init $t $e (local.get 0) (local.get 1) (local.get 2)))
  (func $drop (elem.drop $e)))
