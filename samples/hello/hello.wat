;; The least that a WASI command needs: a memory, `_start`, and one call that writes.

(module $hello
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param $fd i32) (param $iovecs i32) (param $iovecs_count i32) (param $written i32) (result i32)))

  (memory (export "memory") 1)
  ;; One iovec at address 0: where the text lies and how long it is.
  (data (i32.const 0) "\10\00\00\00\0d\00\00\00")
  (data (i32.const 16) "hello, world\n")

  (func $main (export "_start")
    ;; Descriptor 1 is standard output; the count of written bytes goes to address 8, an error number to nobody.
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))
