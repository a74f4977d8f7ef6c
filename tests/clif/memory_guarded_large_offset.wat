;; A static offset larger than the guard region needs an explicit check even with guard pages: the
;; first function's offset is within the guard (64 MiB, with the access's width), the second's not.
;;! has: icmp
;;! count 1: icmp
(module
  (memory 1)
  (func $within (param i32) (result i32) (i32.load offset=0x3fffffc (local.get 0)))
  (func $beyond (param i32) (result i32) (i32.load offset=0x4000000 (local.get 0))))
