;; The same with objects: what is passed and returned moves when one of several callees makes others. Types that are not
;; final have subtypes, whose functions are of the type, too.
(module $main
  (type $box (struct (field i32)))
  (type $wrap (sub (func (param (ref $box)) (result (ref $box)))))
  (type $special (sub $wrap (func (param (ref $box)) (result (ref $box)))))
  (table $t 5 5 funcref)
  (elem (table $t) (i32.const 0) func $more $same $special)
  (elem declare func $other)
  (func $more (type $wrap) (struct.new $box (i32.add (struct.get $box 0 (local.get 0)) (i32.const 1))))
  (func $same (type $wrap) (local.get 0))
  (func $special (type $special) (struct.new $box (i32.mul (struct.get $box 0 (local.get 0)) (i32.const 3))))
  (func $other (type $special) (struct.new $box (i32.const 7)))
  (func (export "put_other") (param i32) (table.set $t (local.get 0) (ref.func $other)))
  (func (export "wrap") (param i32 i32) (result i32)
    (struct.get $box 0 (call_indirect $t (type $wrap) (struct.new $box (local.get 0)) (local.get 1))))
  (func (export "special") (param i32 i32) (result i32)
    (struct.get $box 0 (call_indirect $t (type $special) (struct.new $box (local.get 0)) (local.get 1))))
  ;; Makes boxes, each from the one before, by elements 0 and 1 in turns, and holds on to the first.
  (func (export "chain") (param $n i32) (result i32 i32) (local $first (ref null $box)) (local $last (ref $box))
    (local.set $last (struct.new $box (i32.const 40)))
    (local.set $first (local.get $last))
    (loop $again
      (local.set $last
        (call_indirect $t (type $wrap) (local.get $last) (i32.and (local.get $n) (i32.const 1))))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (struct.get $box 0 (local.get $first))
    (struct.get $box 0 (local.get $last))))
(assert_return (invoke "wrap" (i32.const 5) (i32.const 0)) (i32.const 6))
(assert_return (invoke "wrap" (i32.const 5) (i32.const 1)) (i32.const 5))
(assert_return (invoke "wrap" (i32.const 5) (i32.const 2)) (i32.const 15))
(assert_trap (invoke "wrap" (i32.const 5) (i32.const 3)) "uninitialized element")
(assert_return (invoke "special" (i32.const 5) (i32.const 2)) (i32.const 15))
(assert_trap (invoke "special" (i32.const 5) (i32.const 0)) "indirect call type mismatch")
;; Every second of them makes one: of 600,000, half.
(assert_return (invoke "chain" (i32.const 600000)) (i32.const 40) (i32.const 300040))
(invoke "put_other" (i32.const 1))
(assert_return (invoke "wrap" (i32.const 5) (i32.const 1)) (i32.const 7))
;; From 4: 41, 7, 8, 7.
(assert_return (invoke "chain" (i32.const 4)) (i32.const 40) (i32.const 7))
(assert_return (invoke "chain" (i32.const 5)) (i32.const 40) (i32.const 7))
