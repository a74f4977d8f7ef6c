;; table.get and table.set compare the index with the current length; the address that a
;; mis-speculated check would use is clamped. An imported table is behind a pointer.
;;! has: user3
;;! has: select_spectre_guard
(module
  (import "owner" "table" (table $theirs 1 externref))
  (table $mine 4 funcref)
  (func $get (param i32) (result funcref) (table.get $mine (local.get 0)))
  (func $set (param i32 funcref) (table.set $mine (local.get 0) (local.get 1)))
  (func $get_imported (param i32) (result externref) (table.get $theirs (local.get 0)))
  (func $size (result i32) (table.size $mine)))
