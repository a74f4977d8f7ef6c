;; An imported memory is one load further away: the vmctx holds a pointer to the owner's record.
;; Own memory: base from the vmctx. Two memories: each access uses its own.
;;! count 3: heap_oob
(module
  (import "owner" "memory" (memory $theirs 1))
  (memory $mine 1)
  (func $load_theirs (param i32) (result i32) (i32.load $theirs (local.get 0)))
  (func $load_mine (param i32) (result i32) (i32.load $mine (local.get 0)))
  (func $store_theirs (param i32 f64) (f64.store $theirs (local.get 0) (local.get 1))))
