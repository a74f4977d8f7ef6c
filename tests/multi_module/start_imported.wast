;; A start function that is an import of another module runs on that module's instance, also when
;; it is re-exported. (WAMR skips it.)
(module $a
  (import "test" "log" (func $log (param i32)))
  (global $n (mut i32) (i32.const 0))
  (memory 1) (data (i32.const 0) "\2a")
  (func $go (export "go")
    (call $log (i32.load8_u (i32.const 0)))
    (global.set $n (i32.add (global.get $n) (i32.const 1))))
  (func (export "count") (result i32) (global.get $n)))
(module $b
  (import "a" "go" (func $go))
  (start $go)
  (memory 1) (data (i32.const 0) "\07")
  (export "again" (func $go)))
(module $main
  (import "b" "again" (func $go))
  (start $go)
  (memory 1) (data (i32.const 0) "\08"))
;;! log: 42 42
(assert_return (invoke "$a$count") (i32.const 2))
