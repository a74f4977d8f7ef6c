;; The same with objects: what is passed and returned moves when the callee makes others.
(module $main
  (type $box (struct (field i32)))
  (type $wrap (func (param (ref $box)) (result (ref $box))))
  (table $t 2 2 funcref)
  (elem (table $t) (i32.const 0) func $wrap)
  (elem declare func $same)
  (func $wrap (type $wrap) (struct.new $box (i32.add (struct.get $box 0 (local.get 0)) (i32.const 1))))
  (func $same (type $wrap) (local.get 0))
  (func (export "replace") (table.set $t (i32.const 0) (ref.func $same)))
  ;; Makes so many boxes, each from the one before, and holds on to the first.
  (func (export "chain") (param $n i32) (result i32 i32) (local $first (ref null $box)) (local $last (ref $box))
    (local.set $last (struct.new $box (i32.const 40)))
    (local.set $first (local.get $last))
    (loop $again
      (local.set $last (call_indirect $t (type $wrap) (local.get $last) (i32.const 0)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $box 0 (local.get $first))
    (struct.get $box 0 (local.get $last))))
(assert_return (invoke "chain" (i32.const 2)) (i32.const 40) (i32.const 42))
(assert_return (invoke "chain" (i32.const 300000)) (i32.const 40) (i32.const 300040))
(invoke "replace")
(assert_return (invoke "chain" (i32.const 300000)) (i32.const 40) (i32.const 40))
