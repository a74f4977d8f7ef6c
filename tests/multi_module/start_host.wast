;; A start function that is a host function runs.
(module $a (import "test" "mark" (func $mark)) (start $mark) (func (export "f") (result i32) (i32.const 3)))
(module $main (import "a" "f" (func $f (result i32))) (func (export "f") (result i32) (call $f)))
;;! log: mark
(assert_return (invoke "f") (i32.const 3))
