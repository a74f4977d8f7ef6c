;; An imported function takes and gives a vector.
(module $vec
  (func (export "add") (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1))))
(module $main
  (import "vec" "add" (func $add (param v128 v128) (result v128)))
  (func (export "add") (param v128 v128) (result v128) (call $add (local.get 0) (local.get 1))))
(assert_return
  (invoke "add" (v128.const i32x4 1 2 3 -1) (v128.const i32x4 10 20 30 1))
  (v128.const i32x4 11 22 33 0))
