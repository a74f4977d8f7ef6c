;; Found by: single operators (i32.eqz, its result selecting), on the first night.
;; wasmi 2.0.0 took the first operand whatever the condition, when that was i32.eqz, or a comparison with zero.
;; So the interpreter is wasmi 1.1, which has it right.
(module
  (func (export "eqz") (param i32) (result i64) (select (i64.const 5) (i64.const 9) (i32.eqz (local.get 0))))
  (func (export "eq") (param i32) (result i64)
    (select (i64.const 5) (i64.const 9) (i32.eq (local.get 0) (i32.const 0))))
  (func (export "ne") (param i32) (result f32)
    (select (f32.const 5) (f32.const 9) (i32.ne (local.get 0) (i32.const 0)))))
