;; An indirect call checks the index against the table's length (undefined element), the element for
;; null (uninitialized element) and its type id (type mismatch), and passes the *reference's* vmctx,
;; never the caller's. A constant table size does not change that; an imported table is behind a pointer.
;;! count 2: call_indirect
;;! has: icmp
;;! has: user4
;;! has: user5
;;! has: user6
(module
  (type $f (func (param i64) (result i64)))
  (import "owner" "table" (table $theirs 1 funcref))
  (table $mine 4 4 funcref)
  (func $through_mine (param i64 i32) (result i64) (call_indirect $mine (type $f) (local.get 0) (local.get 1)))
  (func $through_theirs (param i64 i32) (result i64) (call_indirect $theirs (type $f) (local.get 0) (local.get 1))))
