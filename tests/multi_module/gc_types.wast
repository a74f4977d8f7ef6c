;; Objects cross modules: a recursive group that two modules spell alike is one type, so that one reads,
;; writes and casts what the other made; subtypes are known wherever they come from.
(module $shapes
  (rec
    (type $shape (sub (struct (field $next (mut (ref null $shape))) (field $id i32))))
    (type $circle (sub $shape (struct (field (mut (ref null $shape))) (field i32) (field $r (mut f64)))))
    (type $square (sub final $shape (struct (field (mut (ref null $shape))) (field i32) (field $s i64)))))
  (type $list (array (mut (ref null $shape))))
  (func (export "circle") (param i32 f64) (result (ref $circle))
    (struct.new $circle (ref.null $shape) (local.get 0) (local.get 1)))
  (func (export "square") (param i32 i64) (result (ref $shape))
    (struct.new $square (ref.null $shape) (local.get 0) (local.get 1)))
  (func (export "list") (param i32) (result (ref $list))
    (array.new $list (ref.null $shape) (local.get 0)))
  (func (export "any") (param i32) (result anyref)
    (if (result anyref) (i32.eqz (local.get 0))
      (then (ref.i31 (i32.const -5)))
      (else (struct.new $square (ref.null $shape) (local.get 0) (i64.const 9))))))
(module $main
  ;; The same group, but with other names, and at other indices.
  (type $unrelated (struct (field i32)))
  (rec
    (type $a (sub (struct (field (mut (ref null $a))) (field i32))))
    (type $b (sub $a (struct (field (mut (ref null $a))) (field i32) (field (mut f64)))))
    (type $c (sub final $a (struct (field (mut (ref null $a))) (field i32) (field i64)))))
  (type $many (array (mut (ref null $a))))
  (import "shapes" "circle" (func $circle (param i32 f64) (result (ref $b))))
  (import "shapes" "square" (func $square (param i32 i64) (result (ref $a))))
  (import "shapes" "list" (func $list (param i32) (result (ref $many))))
  (import "shapes" "any" (func $any (param i32) (result anyref)))

  (func (export "read") (result i32 f64)
    (local $it (ref $b))
    (local.set $it (call $circle (i32.const 7) (f64.const 2.5)))
    (struct.set $b 2 (local.get $it) (f64.add (struct.get $b 2 (local.get $it)) (f64.const 1)))
    (struct.get $a 1 (local.get $it))
    (struct.get $b 2 (local.get $it)))

  (func (export "cast") (result i64)
    (struct.get $c 2 (ref.cast (ref $c) (call $square (i32.const 1) (i64.const 77)))))
  (func (export "cast_fails") (result i64)
    (struct.get $c 2 (ref.cast (ref $c) (call $circle (i32.const 1) (f64.const 0)))))

  ;; 1 for $a, 2 for $b, 4 for $c, 8 for $unrelated, 16 for i31.
  (func $kinds (param $it anyref) (result i32)
    (i32.or
      (i32.or (ref.test (ref $a) (local.get $it)) (i32.shl (ref.test (ref $b) (local.get $it)) (i32.const 1)))
      (i32.or
        (i32.shl (ref.test (ref $c) (local.get $it)) (i32.const 2))
        (i32.or
          (i32.shl (ref.test (ref $unrelated) (local.get $it)) (i32.const 3))
          (i32.shl (ref.test (ref i31) (local.get $it)) (i32.const 4))))))
  (func (export "kinds") (result i32 i32 i32 i32 i32)
    (call $kinds (call $circle (i32.const 0) (f64.const 0)))
    (call $kinds (call $square (i32.const 0) (i64.const 0)))
    (call $kinds (call $any (i32.const 0)))
    (call $kinds (call $any (i32.const 1)))
    (call $kinds (struct.new $unrelated (i32.const 1))))

  ;; A hundred shapes in an array that the other module made, chained, then summed by type.
  (func (export "sum") (result i32 i32)
    (local $all (ref null $many)) (local $i i32) (local $circles i32) (local $squares i32) (local $it (ref null $a))
    (local.set $all (call $list (i32.const 100)))
    (loop $next
      (array.set $many (local.get $all) (local.get $i)
        (if (result (ref $a)) (i32.rem_u (local.get $i) (i32.const 3))
          (then (call $circle (local.get $i) (f64.const 1)))
          (else (call $square (local.get $i) (i64.const 1)))))
      (if (local.get $i)
        (then (struct.set $a 0 (array.get $many (local.get $all) (local.get $i))
          (array.get $many (local.get $all) (i32.sub (local.get $i) (i32.const 1))))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (array.len (local.get $all)))))
    (local.set $it (array.get $many (local.get $all) (i32.const 99)))
    (block $done
      (loop $chain
        (br_if $done (ref.is_null (local.get $it)))
        (block $other
          (block $square (result (ref $c))
            (drop (br_on_cast $square (ref null $a) (ref $c) (local.get $it)))
            (local.set $circles (i32.add (local.get $circles) (struct.get $a 1 (local.get $it))))
            (br $other))
          (local.set $squares (i32.add (struct.get $c 1) (local.get $squares))))
        (local.set $it (struct.get $a 0 (local.get $it)))
        (br $chain)))
    (local.get $circles) (local.get $squares)))

(assert_return (invoke "read") (i32.const 7) (f64.const 3.5))
(assert_return (invoke "cast") (i64.const 77))
(assert_trap (invoke "cast_fails") "cast failure")
;;! frames: main!cast_fails
(assert_return (invoke "kinds") (i32.const 3) (i32.const 5) (i32.const 16) (i32.const 5) (i32.const 8))
;; 0 + 3 + … + 99 = 1683 in squares, the rest of 4950 in circles.
(assert_return (invoke "sum") (i32.const 3267) (i32.const 1683))
