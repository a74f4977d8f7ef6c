;; The legacy encoding (try, catch, catch_all, delegate, rethrow) between modules, with modules that use
;; try_table, and with host functions in between. Which handler is meant inside one module is in the
;; specification's tests; here is what is thrown in one module and caught in another.
(module $tags
  (tag (export "error") (param i32 i64 f32 f64))
  (tag (export "empty")))
(module $thrower
  (import "tags" "empty" (tag $empty))
  (import "tags" "error" (tag $error (param i32 i64 f32 f64)))
  (tag $private (param i64))
  (func (export "throw") (param i32)
    (throw $error (local.get 0) (i64.const 2) (f32.const 3) (f64.const 4)))
  (func (export "throw_empty") (throw $empty))
  (func (export "throw_private") (throw $private (i64.const 7))))
;; In between, with the legacy encoding: looks at everything, and lets it go on.
(module $legacy
  (import "thrower" "throw" (func $throw (param i32)))
  (import "thrower" "throw_private" (func $throw_private))
  (import "test" "log" (func $log (param i32)))
  (import "test" "mark" (func $mark))
  (tag $other (param i32))
  ;; Every frame catches and throws again what it knows nothing of.
  (func $deep (export "deep") (param $n i32) (param $value i32)
    try
      (if (local.get $n)
        (then (call $deep (i32.sub (local.get $n) (i32.const 1)) (local.get $value)))
        (else (call $throw (local.get $value))))
    catch $other
      (call $log)
    catch_all
      (call $mark_last (local.get $n))
      (rethrow 0)
    end)
  (func $mark_last (param i32) (if (i32.eqz (local.get 0)) (then (call $mark))))
  ;; The catch_all is skipped, at one go through three levels.
  (func (export "delegate_to_caller") (param i32)
    try
      try
        try
          (call $throw (local.get 0))
        delegate 2
      catch_all
        (call $log (i32.const -1))
      end
    catch_all
      (call $log (i32.const -2))
    end)
  (func (export "private_again")
    try
      (call $throw_private)
    catch_all
      (call $mark)
      (rethrow 0)
    end))
;; In between, with the standard encoding.
(module $modern
  (import "tags" "error" (tag $error (param i32 i64 f32 f64)))
  (import "legacy" "deep" (func $deep (param i32 i32)))
  (import "test" "log" (func $log (param i32)))
  ;; Catches by value and by reference what comes through legacy frames, and throws it again.
  (func (export "relay") (param i32 i32)
    (block $h (result exnref)
      (try_table (catch_all_ref $h) (call $deep (local.get 0) (local.get 1)))
      (return))
    (throw_ref))
  (func (export "replace") (param i32 i32)
    (block $h (result i32 i64 f32 f64)
      (try_table (catch $error $h) (call $deep (local.get 0) (local.get 1)))
      (return))
    (drop) (drop) (drop)
    (throw $error (i32.add (i32.const 1)) (i64.const 20) (f32.const 30) (f64.const 40)))
  (func (export "values") (param funcref) (result i32 i64 f32 f64)
    (block $h (result i32 i64 f32 f64)
      (try_table (catch $error $h)
        (table.set (i32.const 0) (local.get 0))
        (call_indirect (i32.const 0)))
      (unreachable)))
  (table 1 funcref))
(module $main
  (import "tags" "error" (tag $error (param i32 i64 f32 f64)))
  (import "tags" "error" (tag $same (param i32 i64 f32 f64)))
  (import "tags" "empty" (tag $empty))
  (import "thrower" "throw" (func $throw (param i32)))
  (import "thrower" "throw_empty" (func $throw_empty))
  (import "thrower" "throw_private" (func $throw_private))
  (import "legacy" "deep" (func $deep (param i32 i32)))
  (import "legacy" "delegate_to_caller" (func $delegate_to_caller (param i32)))
  (import "legacy" "private_again" (func $private_again))
  (import "modern" "relay" (func $relay (param i32 i32)))
  (import "modern" "replace" (func $replace (param i32 i32)))
  (import "modern" "values" (func $values (param funcref) (result i32 i64 f32 f64)))
  (import "test" "call" (func $host_call (param funcref)))
  (import "test" "log" (func $log (param i32)))
  (tag $own)
  (elem declare func $catch_nine $rethrow_nine)
  (func $throw_nine (call $throw (i32.const 9)))

  (func (export "across") (param i32) (result i32 i64 f32 f64)
    try (result i32 i64 f32 f64)
      (call $throw (local.get 0))
      (unreachable)
    catch $own
      (unreachable)
    catch $error
    end)
  ;; One tag, imported twice: the first clause that fits is taken.
  (func (export "same_tag") (result i32)
    try
      (call $throw (i32.const 1))
    catch $same
      (drop) (drop) (drop)
      (return (i32.add (i32.const 100)))
    catch $error
      (drop) (drop) (drop)
      (return (i32.add (i32.const 200)))
    end
    (unreachable))
  (func (export "own_is_not_theirs") (result i32)
    try (result i32)
      (call $throw_empty)
      (i32.const 0)
    catch $own
      (i32.const 1)
    catch_all
      (i32.const 2)
    end)
  ;; A tag that this module does not know.
  (func (export "private") (result i32)
    try (result i32)
      (call $private_again)
      (i32.const 0)
    catch_all
      (i32.const 1)
    end)
  (func (export "through_legacy") (param i32 i32) (result i32 i64 f32 f64)
    try (result i32 i64 f32 f64)
      (call $deep (local.get 0) (local.get 1))
      (unreachable)
    catch $error
    end)
  (func (export "through_modern") (param i32 i32) (result i32 i64 f32 f64)
    try (result i32 i64 f32 f64)
      (call $relay (local.get 0) (local.get 1))
      (unreachable)
    catch $error
    end)
  (func (export "replaced_by_modern") (param i32 i32) (result i32 i64 f32 f64)
    try (result i32 i64 f32 f64)
      (call $replace (local.get 0) (local.get 1))
      (unreachable)
    catch $error
    end)
  (func (export "delegated") (param i32) (result i32)
    try (result i32)
      (call $delegate_to_caller (local.get 0))
      (i32.const 0)
    catch $error
      (drop) (drop) (drop)
    end)
  ;; Thrown, caught and thrown again here, caught by a try_table.
  (func $rethrow_nine
    try
      (call $throw_nine)
    catch $error
      (drop) (drop) (drop) (drop)
      ;; Another exception, before the first goes on.
      try
        (throw $own)
      catch_all
        (call $throw_and_catch)
      end
      (rethrow 0)
    end)
  (func $throw_and_catch
    try
      (throw $empty)
    catch $empty
    end)
  (func (export "to_modern") (result i32 i64 f32 f64) (call $values (ref.func $rethrow_nine)))

  (func (export "through_host") (result i32)
    try (result i32)
      (call $host_call (ref.func $rethrow_nine))
      (i32.const 0)
    catch $error
      (drop) (drop) (drop)
    end)
  (func $catch_nine
    try
      (call $throw_nine)
    catch $error
      (drop) (drop) (drop) (call $log)
    end)
  (func (export "caught_below_host") (result i32)
    try (result i32)
      (call $host_call (ref.func $catch_nine))
      (i32.const 5)
    catch_all
      (i32.const 6)
    end)

  ;; Locals are as they were at the call that threw; a try has parameters and a branch out of it.
  (func (export "locals") (param $n i32) (result i32)
    (local $a i32)
    (local.set $a (i32.const 1000))
    (block $out (result i32)
      (i32.const 5)
      try (param i32) (result i32)
        (local.set $a (i32.add (local.get $a)))
        (call $deep (local.get $n) (local.get $n))
        (local.set $a (i32.const -1))
        (i32.const 0)
      catch $error
        (drop) (drop) (drop)
        (br $out (i32.add (local.get $a)))
      end)
    )
  (func (export "loop") (param $n i32) (result i32)
    (local $caught i32)
    loop $again
      try
        (call $throw_empty)
      catch $empty
        (local.set $caught (i32.add (local.get $caught) (i32.const 1)))
        (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1))))
      end
    end
    (local.get $caught))
  ;; The outer exception, from inside the clause of the inner one; and a loop between clause and rethrow.
  (func (export "rethrow_outer") (result i32)
    (local $n i32)
    try (result i32)
      try
        (call $throw (i32.const 3))
      catch_all
        try
          (call $throw (i32.const 4))
        catch_all
          loop $again
            (call $throw_and_catch)
            (br_if $again (i32.ne (i32.const 10) (local.tee $n (i32.add (local.get $n) (i32.const 1)))))
            (rethrow 2)
          end
        end
      end
      (i32.const 0)
    catch $error
      (drop) (drop) (drop)
    end)
  ;; Each frame of the recursion catches, and throws one more.
  (func $count (param $n i32)
    try
      (if (local.get $n)
        (then (call $count (i32.sub (local.get $n) (i32.const 1))))
        (else (call $throw (i32.const 0))))
    catch $error
      (drop) (drop) (drop)
      (throw $error (i32.add (i32.const 1)) (i64.const 0) (f32.const 0) (f64.const 0))
    end)
  (func (export "recursion") (param i32) (result i32)
    try (result i32)
      (call $count (local.get 0))
      (unreachable)
    catch $error
      (drop) (drop) (drop)
    end)
  ;; Both encodings in one function: the innermost is asked first, whichever it is.
  (func (export "both") (param i32) (result i32)
    (block $table (result i32 i64 f32 f64)
      (try_table (catch $error $table)
        try
          (block $empty_caught
            (try_table (catch $empty $empty_caught)
              (if (local.get 0) (then (call $throw_nine)) (else (call $throw_empty)))))
          try
            (call $throw_nine)
          delegate 0
        catch $same
          (drop) (drop) (drop)
          (return (i32.add (i32.const 50)))
        end)
      (unreachable))
    (drop) (drop) (drop))
  (func (export "delegate_to_table") (result i32)
    (block $table (result i32 i64 f32 f64)
      (try_table $to (catch $error $table)
        try
          try
            (call $throw_nine)
          delegate $to
        catch_all
          (unreachable)
        end)
      (unreachable))
    (drop) (drop) (drop))
  (func (export "uncaught") (param i32)
    try
      (call $relay (i32.const 2) (local.get 0))
    catch $same
      (drop) (drop) (drop) (drop)
      (rethrow 0)
    end)
  (func (export "uncaught_all")
    try
      (call $private_again)
    catch $error
      (unreachable)
    end)
  (func (export "traps_are_not_caught") try (unreachable) catch_all end)
  (func $endless try (call $endless) catch_all end)
  (func (export "stack_overflow_is_not_caught") (call $endless)))

(assert_return (invoke "across" (i32.const 6)) (i32.const 6) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "same_tag") (i32.const 101))
(assert_return (invoke "own_is_not_theirs") (i32.const 2))
;;! log:
(assert_return (invoke "private") (i32.const 1))
;;! log: mark
(assert_return (invoke "through_legacy" (i32.const 0) (i32.const 5))
  (i32.const 5) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "through_legacy" (i32.const 1000) (i32.const 6))
  (i32.const 6) (i64.const 2) (f32.const 3) (f64.const 4))
;;! log: mark mark mark
(assert_return (invoke "through_modern" (i32.const 10) (i32.const 7))
  (i32.const 7) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "replaced_by_modern" (i32.const 10) (i32.const 8))
  (i32.const 9) (i64.const 20) (f32.const 30) (f64.const 40))
;;! log: mark mark mark mark mark
(assert_return (invoke "delegated" (i32.const 12)) (i32.const 12))
;;! log: mark mark mark mark mark
(assert_return (invoke "to_modern") (i32.const 9) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "through_host") (i32.const 9))
(assert_return (invoke "caught_below_host") (i32.const 5))
;;! log: mark mark mark mark mark 9
(assert_return (invoke "locals" (i32.const 3)) (i32.const 1008))
(assert_return (invoke "loop" (i32.const 1000)) (i32.const 1000))
(assert_return (invoke "rethrow_outer") (i32.const 3))
(assert_return (invoke "recursion" (i32.const 0)) (i32.const 1))
;; As deep as the default stack allows everywhere: frames of riscv64 are the largest.
(assert_return (invoke "recursion" (i32.const 2500)) (i32.const 2501))
(assert_return (invoke "both" (i32.const 0)) (i32.const 59))
(assert_return (invoke "both" (i32.const 1)) (i32.const 59))
(assert_return (invoke "delegate_to_table") (i32.const 9))
(assert_exception (invoke "uncaught" (i32.const 1)))
;; Thrown anew where it was thrown again.
;;! frames: main!uncaught
;;! values: i32 1 (0x1) i64 2 (0x2) f32 3 (0x40400000) f64 4 (0x4010000000000000)
(assert_exception (invoke "uncaught_all"))
;;! frames: legacy!private_again main!uncaught_all
;;! values: i64 7 (0x7)
(assert_trap (invoke "traps_are_not_caught") "unreachable")
(assert_trap (invoke "stack_overflow_is_not_caught") "call stack exhausted")
;; All of it once more: nothing is left behind.
(assert_return (invoke "through_legacy" (i32.const 3) (i32.const 6))
  (i32.const 6) (i64.const 2) (f32.const 3) (f64.const 4))
(assert_return (invoke "through_host") (i32.const 9))
