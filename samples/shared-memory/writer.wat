;; A module without a memory of its own: it writes into that of `buffer`.

(module $writer
  (import "buffer" "memory" (memory $shared 1))
  (import "buffer" "sum" (func $sum (result i32)))
  (import "buffer" "pages" (func $pages (result i32)))

  ;; A data segment for an imported memory: it lands in the owner's memory when this module is instantiated.
  (data (i32.const 0) "\06\00\00\00wasm!\n")

  ;; What the owner makes of the bytes that lie there now.
  (func (export "ask_owner") (result i32) (call $sum))

  ;; Appends one byte and asks the owner again.
  (func (export "append") (param $byte i32) (result i32)
    (local $count i32)
    (local.set $count (i32.load (i32.const 0)))
    (i32.store8 offset=4 (local.get $count) (local.get $byte))
    (i32.store (i32.const 0) (i32.add (local.get $count) (i32.const 1)))
    (call $sum))

  ;; Grows the memory here and reports the size that the owner sees.
  (func (export "grow") (param $pages i32) (result i32)
    (drop (memory.grow (local.get $pages)))
    (call $pages)))
