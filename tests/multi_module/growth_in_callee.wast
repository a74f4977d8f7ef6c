;; A callee that grows the caller's memory and table while the caller is in the middle of using
;; them: base, length and elements must be read again after the call.
(module $grower
  (import "main" "grow_both" (func $grow_both (result i32)))
  (func (export "go") (result i32) (call $grow_both)))
(module $main
  (import "grower" "go" (func $go (result i32)))
  (type $get (func (result i32)))
  (memory 1 4)
  (table $t 1 10 funcref)
  (func $seven (result i32) (i32.const 7))
  (elem declare func $seven)
  (func (export "grow_both") (result i32)
    (i32.add
      (i32.mul (i32.const 10) (table.grow $t (ref.func $seven) (i32.const 5)))
      (memory.grow (i32.const 2))))
  (func (export "run") (result i32 i32 i32)
    (i32.store (i32.const 0) (i32.const 1))
    (call $go)
    (i32.store (i32.const 131072) (i32.const 5))
    (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 131072)))
    (call_indirect $t (type $get) (i32.const 5))))
;; previous sizes 1 and 1 as 10 * 1 + 1; 1 + 5; element 5 is $seven
(assert_return (invoke "run") (i32.const 11) (i32.const 6) (i32.const 7))
