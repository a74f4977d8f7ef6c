;; Types of different recursion groups are different types, though they look alike.
(module $a
  (rec (type $f (func)) (type (func (param i32))))
  (type $single (func))
  (func (export "grouped") (type $f))
  (func (export "plain") (type $single)))
(module $main
  (rec (type $f (func)) (type (func (param i32))))
  (rec (type $g (func)) (type (func (param i64))))
  (type $single (func))
  (import "a" "grouped" (func (type $f)))
  (import "a" "plain" (func (type $single)))
  (import "a" "grouped" (func (type $g)))
  (import "a" "grouped" (func (type $single)))
  (import "a" "plain" (func (type $f))))
;;! link-error: "main" imports "a"."grouped" | incompatible import type
;;! link-error: "main" imports "a"."grouped" | incompatible import type
;;! link-error: "main" imports "a"."plain" | incompatible import type
