;; Structured control becomes blocks with parameters; br_table keeps its default; what cannot be
;; reached is not translated.
;;! has: br_table
;;! has: brif
;;! lacks: imul
(module
  (func $loop (param i32) (result i32)
    (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $table (param i32) (result i32)
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $values (param i32) (result i32 i64)
    (if (result i32 i64) (local.get 0)
      (then (i32.const 1) (i64.const 2))
      (else (i32.const 3) (i64.const 4))))
  (func $unreachable (result i32) (unreachable) (i32.mul (i32.const 2) (i32.const 3))))
