;; The owner of a memory: it gives the memory to others and sums up what they leave there.

(module $buffer
  (memory $bytes (export "memory") 1)

  ;; Address 0 holds the count of bytes that follow it from address 4 on.
  (func $sum (export "sum") (result i32)
    (local $at i32) (local $end i32) (local $sum i32)
    (local.set $at (i32.const 4))
    (local.set $end (i32.add (i32.const 4) (i32.load (i32.const 0))))
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $sum (i32.add (local.get $sum) (i32.load8_u (local.get $at))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next))))
    (local.get $sum))

  (func $pages (export "pages") (result i32) (memory.size)))
