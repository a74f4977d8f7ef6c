;; Writes what the first variable says to note.txt in the first folder that it was given, and exits with 3.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "note.txt")
  (data (i32.const 16) "\0a\02\00\00\06\00\00\00") ;; what is written: six bytes from 522 on
  (func (export "_start")
    ;; The variable GREETING=hello goes to 513, so that its value begins at 522.
    (drop (call $environ_get (i32.const 256) (i32.const 513)))
    (i32.store8 (i32.const 527) (i32.const 10))
    ;; Descriptor 3, no symbolic links, create; the right to write (1 << 6).
    (if (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 8) (i32.const 1) (i64.const 64) (i64.const 64)
          (i32.const 0) (i32.const 32))
      (then (call $proc_exit (i32.const 1))))
    (drop (call $fd_write (i32.load (i32.const 32)) (i32.const 16) (i32.const 1) (i32.const 36)))
    (call $proc_exit (i32.const 3))))
