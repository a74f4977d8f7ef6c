;; A guarded 32-bit memory: one load of the base, no comparison: an access past the end faults in
;; the guard region. The index is zero-extended, the offset is in the instruction.
;;! has: uload8
;;! has: heap_oob
;;! lacks: icmp
;;! lacks: trapnz
;;! lacks: trapz
(module
  (memory 1)
  (func $load8 (param i32) (result i32) (i32.load8_u offset=16 (local.get 0)))
  (func $load64 (param i32) (result i64) (i64.load (local.get 0)))
  (func $store (param i32 i32) (i32.store offset=8 (local.get 0) (local.get 1))))
