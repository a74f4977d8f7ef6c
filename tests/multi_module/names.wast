;; Names are any Unicode: empty, with spaces, with dollar signs, equal to other kinds' names.
(module $a
  (func (export "") (result i32) (i32.const 1))
  (func (export " ") (result i32) (i32.const 2))
  (func (export "naïve/函数\u{1f980}") (result i32) (i32.const 3))
  (func (export "$") (result i32) (i32.const 4))
  (memory (export "memory") 1)
  (global (export "memory2") i32 (i32.const 5)))
(module $main
  (import "a" "" (func $empty (result i32)))
  (import "a" " " (func $space (result i32)))
  (import "a" "naïve/函数\u{1f980}" (func $unicode (result i32)))
  (import "a" "$" (func $dollar (result i32)))
  (import "a" "memory" (memory 1))
  (import "a" "memory2" (global $g i32))
  (func (export "all") (result i32 i32 i32 i32 i32)
    (call $empty) (call $space) (call $unicode) (call $dollar) (global.get $g)))
(assert_return (invoke "all") (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 4) (i32.const 5))
