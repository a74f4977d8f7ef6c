;; Found by: single operators (memory.atomic.notify of a 64-bit memory, with the largest offset).
;; An address that is both past the end and not aligned: which trap is told, the specification leaves open, and the
;; comparison must, too.
(module
  (memory i64 1 2)
  (func (export "notify") (param i64 i32) (result i32)
    (memory.atomic.notify offset=18446744073709551615 (local.get 0) (local.get 1))))
