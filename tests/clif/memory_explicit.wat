;; Explicit checks: the end of the access is compared with the current length, and traps as an
;; out-of-bounds access of our own; nothing is left to the guard region.
;;! options: --bounds-checks=1
;;! has: icmp
;;! count 3: user2
;;! lacks: heap_oob
(module
  (memory 1)
  (func $byte (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func $offset (param i32) (result i64) (i64.load offset=100 (local.get 0)))
  (func $store (param i32 i64) (i64.store32 offset=0xfffffffc (local.get 0) (local.get 1))))
