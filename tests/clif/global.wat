;; An own global stands in the vmctx; an imported one behind a pointer there.
(module
  (import "owner" "count" (global $theirs (mut i64)))
  (global $mine (mut i32) (i32.const 1))
  (global $fixed f64 (f64.const 0.5))
  (func $own (param i32) (result i32) (global.set $mine (local.get 0)) (global.get $mine))
  (func $imported (param i64) (result i64) (global.set $theirs (local.get 0)) (global.get $theirs))
  (func $fixed (result f64) (global.get $fixed)))
