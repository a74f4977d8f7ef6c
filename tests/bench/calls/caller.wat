;; One loop for each kind of call. A loop calls `n` times a function that adds 1 to its argument, each
;; with the result of the one before; `empty` adds inline. All return `n`, but
;; for those that do some work.
(module
  (type $f (func (param i32) (result i32)))
  (import "callee" "f" (func $cross (type $f)))
  (import "callee" "work" (func $cross_work (type $f)))
  (import "host" "f" (func $host (type $f)))
  (memory 1)
  (table $mixed 4 funcref)
  (table $one 1 funcref)
  (elem (table $one) (i32.const 0) func $local)
  (elem (table $mixed) (i32.const 0) func $local $cross)
  ;; Mutable, so that no compiler can know which elements are called.
  (global $local_index (export "local_index") (mut i32) (i32.const 0))
  (global $cross_index (export "cross_index") (mut i32) (i32.const 1))
  (global $bytes (export "bytes") (mut i32) (i32.const 16))

  (func $local (export "local_f") (type $f)
    (i32.add (local.get 0) (i32.const 1)))

  ;; As in the callee's module.
  (func $local_work (type $f)
    (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 16))))
    (local.set 0 (i32.mul (local.get 0) (i32.const 0x85ebca6b)))
    (local.set 0 (i32.xor (local.get 0) (i32.shr_u (local.get 0) (i32.const 13))))
    (local.set 0 (i32.mul (local.get 0) (i32.const 0xc2b2ae35)))
    (i32.xor (local.get 0) (i32.const 1)))

  (func (export "empty") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "local") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $local (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "cross") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $cross (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "host") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $host (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "local_work") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $local_work (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "cross_work") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call $cross_work (local.get $x)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  ;; Operations on whole memories, on so few bytes that what is around them costs most.
  (func (export "copy") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (memory.copy (i32.const 64) (i32.const 128) (i32.const 16))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "fill") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (memory.fill (i32.const 64) (i32.const 7) (i32.const 16))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "copy_some") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (memory.copy (i32.const 64) (i32.const 128) (global.get $bytes))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "fill_some") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (memory.fill (i32.const 64) (i32.const 7) (global.get $bytes))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "grow") (param $n i32) (result i32) (local $x i32)
    (loop $again
      (drop (memory.grow (i32.const 0)))
      (local.set $x (i32.add (local.get $x) (i32.const 1)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func $indirect (param $n i32) (param $index i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect (type $f) (local.get $x) (local.get $index)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func $likely (param $n i32) (param $index i32) (result i32) (local $x i32)
    (loop $again
      (local.set $x (call_indirect $one (type $f) (local.get $x) (local.get $index)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $x))

  (func (export "likely") (param $n i32) (result i32)
    (call $likely (local.get $n) (global.get $local_index)))

  (func (export "indirect") (param $n i32) (result i32)
    (call $indirect (local.get $n) (global.get $local_index)))

  (func (export "cross_indirect") (param $n i32) (result i32)
    (call $indirect (local.get $n) (global.get $cross_index))))
