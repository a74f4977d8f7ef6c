;; Whether a memory is shared is part of its type: neither stands for the other, and the errors show both types.
(module $definer
  (memory (export "shared") 1 3 shared)
  (memory (export "own") 1 3))

(module $main
  (import "definer" "shared" (memory 1 3))
  (import "definer" "own" (memory 1 3 shared))
  (import "definer" "shared" (memory 1 2 shared)))

;;! link-error: imports "definer"."shared" (memory 1 3): | found (memory 1 3 shared)
;;! link-error: imports "definer"."own" (memory 1 3 shared): | found (memory 1 3)
;;! link-error: imports "definer"."shared" (memory 1 2 shared): | found (memory 1 3 shared)
