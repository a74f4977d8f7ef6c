;; Functions that are only each other's imports: there is no function at the end of the circle.
(module $a (import "main" "f" (func $f)) (export "f" (func $f)))
(module $main (import "a" "f" (func $f)) (export "f" (func $f)))
;;! link-error: "main" imports "a"."f" | import of itself
;;! link-error: "a" imports "main"."f" | import of itself
