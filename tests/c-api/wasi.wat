;; Prints hello, and exits with ten times the number of its arguments and the number of its variables.
(module $wasi
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
  (func (export "_start")
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
    (drop (call $args_sizes_get (i32.const 200) (i32.const 204)))
    (drop (call $environ_sizes_get (i32.const 208) (i32.const 212)))
    (call $proc_exit (i32.add (i32.mul (i32.load (i32.const 200)) (i32.const 10)) (i32.load (i32.const 208))))))
