;; A memory one way and a table the other: each would have to exist before the other's module, which
;; is an error that shows the cycle. Only functions may be imported in a cycle.
(module $a
  (import "main" "table" (table 1 funcref))
  (memory (export "memory") 1))
(module $main
  (import "a" "memory" (memory 1))
  (table (export "table") 1 funcref))
;;! link-error: circular import | a | main
