;; A tag imports and re-exports with its type.
(module $tags
  (tag (export "error") (param i32 i64))
  (tag (export "empty")))
(module $again
  (import "tags" "error" (tag $e (param i32 i64)))
  (export "same" (tag $e)))
(module $main
  (import "tags" "error" (tag (param i32 i64)))
  (import "again" "same" (tag (param i32 i64)))
  (import "tags" "empty" (tag))
  (func (export "linked") (result i32) (i32.const 1)))
(assert_return (invoke "linked") (i32.const 1))
