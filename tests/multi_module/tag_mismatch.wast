;; A tag of another type does not link.
;;! link-error: "main" imports "tags"."error" | (param i64) | (param i32)
(module $tags (tag (export "error") (param i32)))
(module $main (import "tags" "error" (tag (param i64))))
