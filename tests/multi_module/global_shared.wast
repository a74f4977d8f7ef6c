;; An imported global is the exporter's storage: a write on either side is seen on all sides, also
;; by a third module that imports it under another name. An immutable one has the exporter's value.
(module $owner
  (global $count (export "count") (mut i32) (i32.const 5))
  (global $wide (export "wide") (mut i64) (i64.const 0x1_0000_0000))
  (global $single (export "single") (mut f32) (f32.const 0.5))
  (global $double (export "double") (mut f64) (f64.const 0.25))
  (global (export "fixed") i64 (i64.const -7))
  (func (export "add") (param i32) (global.set $count (i32.add (global.get $count) (local.get 0))))
  (func (export "count_seen_by_owner") (result i32) (global.get $count))
  (func (export "double_seen_by_owner") (result f64) (global.get $double)))

(module $other
  (import "owner" "count" (global $mine (mut i32)))
  (func (export "double_it") (global.set $mine (i32.mul (global.get $mine) (i32.const 2)))))

(module $main
  (import "owner" "count" (global $count (mut i32)))
  (import "owner" "wide" (global $wide (mut i64)))
  (import "owner" "single" (global $single (mut f32)))
  (import "owner" "double" (global $double (mut f64)))
  (import "owner" "fixed" (global $fixed i64))
  (import "owner" "add" (func $add (param i32)))
  (import "other" "double_it" (func $double_it))
  ;; An initial value may come from another module's global.
  (global $copy i64 (global.get $fixed))
  (func (export "count") (result i32) (global.get $count))
  (func (export "set_count") (param i32) (global.set $count (local.get 0)))
  (func (export "wide") (result i64) (global.get $wide))
  (func (export "single") (result f32) (global.get $single))
  (func (export "double") (result f64) (global.get $double))
  (func (export "set_double") (param f64) (global.set $double (local.get 0)))
  (func (export "fixed") (result i64 i64) (global.get $fixed) (global.get $copy))
  ;; The callee changes the global during the call: what was read before must not be kept.
  (func (export "before_and_after") (result i32 i32)
    (global.get $count)
    (call $add (i32.const 100))
    (global.get $count))
  (func (export "double_in_other") (result i32) (call $double_it) (global.get $count)))

(assert_return (invoke "count") (i32.const 5))
(assert_return (invoke "wide") (i64.const 0x1_0000_0000))
(assert_return (invoke "single") (f32.const 0.5))
(assert_return (invoke "fixed") (i64.const -7) (i64.const -7))
(invoke "set_count" (i32.const 30))
(assert_return (invoke "$owner$count_seen_by_owner") (i32.const 30))
(assert_return (invoke "before_and_after") (i32.const 30) (i32.const 130))
(assert_return (invoke "double_in_other") (i32.const 260))
(assert_return (invoke "$owner$count_seen_by_owner") (i32.const 260))
(invoke "set_double" (f64.const 1e300))
(assert_return (invoke "$owner$double_seen_by_owner") (f64.const 1e300))
