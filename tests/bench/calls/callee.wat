;; The other module: what `caller.wat` calls across the border.
(module
  (func (export "f") (param i32) (result i32)
    (i32.add (local.get 0) (i32.const 1)))

  ;; Steps that each need the result of the one before: a dozen cycles or so.
  (func (export "work") (param i32) (result i32)
    (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 16))))
    (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca6b)))
    (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 13))))
    (local.set 0 (i32.mul (local.get 0) (i32.const 0xc2b2ae35)))
    (i32.xor (local.get 0) (i32.const 1))))
