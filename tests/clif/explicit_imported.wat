;; Explicit checks of an imported memory: length and base through the pointer to the owner's record,
;; read at each access, so that growth elsewhere is seen.
;;! options: --bounds-checks=1
;;! has: user2
;;! lacks: heap_oob
(module
  (import "owner" "memory" (memory 1))
  (func $load (param i32) (result i32) (i32.load offset=4 (local.get 0))))
