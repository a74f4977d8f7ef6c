;; Every width and extension of loads and stores.
;;! has: uload8
;;! has: sload8
;;! has: uload16
;;! has: sload16
;;! has: uload32
;;! has: sload32
;;! has: istore8
;;! has: istore16
;;! has: istore32
(module
  (memory 1)
  (func $loads (param i32)
    (drop (i32.load8_s (local.get 0))) (drop (i32.load8_u (local.get 0)))
    (drop (i32.load16_s (local.get 0))) (drop (i32.load16_u (local.get 0)))
    (drop (i32.load (local.get 0)))
    (drop (i64.load8_s (local.get 0))) (drop (i64.load8_u (local.get 0)))
    (drop (i64.load16_s (local.get 0))) (drop (i64.load16_u (local.get 0)))
    (drop (i64.load32_s (local.get 0))) (drop (i64.load32_u (local.get 0)))
    (drop (i64.load (local.get 0)))
    (drop (f32.load (local.get 0))) (drop (f64.load (local.get 0))))
  (func $stores (param i32 i32 i64 f32 f64)
    (i32.store8 (local.get 0) (local.get 1)) (i32.store16 (local.get 0) (local.get 1))
    (i32.store (local.get 0) (local.get 1))
    (i64.store8 (local.get 0) (local.get 2)) (i64.store16 (local.get 0) (local.get 2))
    (i64.store32 (local.get 0) (local.get 2)) (i64.store (local.get 0) (local.get 2))
    (f32.store (local.get 0) (local.get 3)) (f64.store (local.get 0) (local.get 4))))
