;; Exceptions and objects hold each other: references as arguments, exceptions in fields, caught and thrown
;; again in another module, with collections in between.
(module $thrower
  (type $box (struct (field $n i32) (field $why (mut exnref))))
  (tag $with (export "with") (param (ref null $box) externref i32))
  (func (export "throw") (param i32 externref)
    (throw $with (struct.new $box (local.get 0) (ref.null exn)) (local.get 1) (i32.const 9)))
  (func (export "garbage") (param $n i32)
    (loop $next
      (drop (struct.new $box (i32.const -1) (ref.null exn)))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
(module $main
  (type $box (struct (field $n i32) (field $why (mut exnref))))
  (import "thrower" "with" (tag $with (param (ref null $box) externref i32)))
  (import "thrower" "throw" (func $throw (param i32 externref)))
  (import "thrower" "garbage" (func $garbage (param i32)))
  (import "test" "call" (func $host (param funcref)))
  (elem declare func $throw_seven)
  (func $throw_seven (call $throw (i32.const 7) (extern.convert_any (ref.i31 (i32.const 70)))))

  (func (export "arguments") (param externref) (result i32 externref i32)
    (local $box (ref null $box)) (local $out externref) (local $n i32)
    (block $h (result (ref null $box) externref i32)
      (try_table (catch $with $h) (call $throw (i32.const 5) (local.get 0)))
      (unreachable))
    (local.set $n) (local.set $out) (local.set $box)
    (call $garbage (i32.const 100))
    (struct.get $box $n (local.get $box)) (local.get $out) (local.get $n))

  ;; The exception is kept in a box that is kept in nothing but a local, then thrown again.
  (func (export "kept") (result i32)
    (local $box (ref null $box)) (local $why exnref)
    (block $h (result (ref null $box) externref i32 exnref)
      (try_table (catch_ref $with $h) (call $throw (i32.const 6) (ref.null extern)))
      (unreachable))
    (local.set $why) (drop) (drop) (local.set $box)
    (struct.set $box $why (local.get $box) (local.get $why))
    (local.set $why (ref.null exn))
    (call $garbage (i32.const 100))
    (block $again (result (ref null $box) externref i32)
      (try_table (catch $with $again) (throw_ref (struct.get $box $why (local.get $box))))
      (unreachable))
    (drop) (drop)
    (call $garbage (i32.const 100))
    ;; It is the same box: the exception holds the box that holds the exception.
    (if (i32.eqz (ref.eq (local.get $box))) (then (unreachable)))
    (struct.get $box $n (local.get $box)))

  ;; Through a host function, which holds the arguments in the meantime.
  (func (export "through_host") (result i32 i32)
    (local $box (ref null $box)) (local $out externref)
    (block $h (result (ref null $box) externref i32)
      (try_table (catch $with $h) (call $host (ref.func $throw_seven)))
      (unreachable))
    (drop) (local.set $out) (local.set $box)
    (call $garbage (i32.const 100))
    (struct.get $box $n (local.get $box))
    (i31.get_s (ref.cast (ref i31) (any.convert_extern (local.get $out)))))
  (func (export "uncaught") (call $throw (i32.const 8) (ref.null extern))))

(assert_return (invoke "arguments" (ref.extern 3)) (i32.const 5) (ref.extern 3) (i32.const 9))
(assert_return (invoke "kept") (i32.const 6))
(assert_return (invoke "through_host") (i32.const 7) (i32.const 70))
(assert_exception (invoke "uncaught"))
;;! frames: thrower!throw main!uncaught
