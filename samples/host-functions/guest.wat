;; A guest that can do nothing by itself: what it needs it asks of the host.

(module $guest
  ;; Writes the text at $address.
  (import "host" "print" (func $print (param $address i32) (param $length i32)))
  ;; The next number of a sequence that the host keeps.
  (import "host" "next" (func $next (result i32)))
  ;; Fails, with an error of the host's own, above a limit that the host sets.
  (import "host" "spend" (func $spend (param $amount i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "the guest says hello")

  (func $greet (export "greet")
    (call $print (i32.const 0) (i32.const 20)))

  ;; The sum of the next three numbers.
  (func $sum (export "sum") (result i32)
    (i32.add (call $next) (i32.add (call $next) (call $next))))

  ;; Spends 1, 2, 3, … until the host ends it.
  (func $spend_all (export "spend_all")
    (local $amount i32)
    (loop $again
      (local.set $amount (i32.add (local.get $amount) (i32.const 1)))
      (call $spend (local.get $amount))
      (br $again))))
