;; Two modules that import their memory from each other: there is no memory, which is an error that
;; shows the way round, for both imports.
(module $a
  (import "main" "memory" (memory 1))
  (export "memory" (memory 0)))
(module $main
  (import "a" "memory" (memory 1))
  (export "memory" (memory 0)))
;;! link-error: "main" imports "a"."memory" | import of itself | a | main
;;! link-error: "a" imports "main"."memory" | import of itself | a | main
