;; Transfers of a buffer, and the listing of a folder, again and again.
(module
  (import "wasi_snapshot_preview1" "fd_pread" (func $pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pwrite" (func $pwrite (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  ;; A page for small things, then the buffer.
  (memory (export "memory") 257)

  ;; Opens the file "data" for reading and writing; its descriptor.
  (data (i32.const 16) "data")
  (func (export "open") (param i32 i32) (result i32)
    (if (call $open (i32.const 3) (i32.const 0) (i32.const 16) (i32.const 4) (i32.const 0)
          (i64.const 0x42) (i64.const 0) (i32.const 0) (i32.const 8))
      (then (return (i32.const -1))))
    (i32.load (i32.const 8)))

  ;; `times` transfers of `len` bytes between descriptor 4 and the buffer; the errno, or the count of the last.
  (func $prepare (param $len i32)
    (i32.store (i32.const 0) (i32.const 65536))
    (i32.store (i32.const 4) (local.get $len)))
  (func (export "read") (param $len i32) (param $times i32) (result i32) (local $errno i32)
    (call $prepare (local.get $len))
    (loop $again
      (local.set $errno (call $pread (i32.const 4) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 8)))
      (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.load (i32.const 8)))
  (func (export "write") (param $len i32) (param $times i32) (result i32) (local $errno i32)
    (call $prepare (local.get $len))
    (loop $again
      (local.set $errno (call $pwrite (i32.const 4) (i32.const 0) (i32.const 1) (i64.const 0) (i32.const 8)))
      (if (local.get $errno) (then (return (i32.sub (i32.const 0) (local.get $errno)))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (i32.load (i32.const 8)))

  ;; `times` readings of the clock; an errno.
  (func (export "clock") (param i32) (param $times i32) (result i32) (local $errno i32)
    (loop $again
      (local.set $errno (i32.or (local.get $errno) (call $clock (i32.const 1) (i64.const 0) (i32.const 8))))
      (br_if $again (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
    (local.get $errno))

  ;; Entries of the folder that is descriptor 3, read with a buffer of `len` bytes, as programs read them.
  (func (export "list") (param $len i32) (param i32) (result i32)
    (local $count i32) (local $cookie i64) (local $at i32) (local $end i32) (local $next i32)
    (loop $more
      (if (call $readdir (i32.const 3) (i32.const 65536) (local.get $len) (local.get $cookie) (i32.const 8))
        (then (return (i32.const -1))))
      (local.set $at (i32.const 65536))
      (local.set $end (i32.add (local.get $at) (i32.load (i32.const 8))))
      (block $out
        (loop $entry
          (br_if $out (i32.gt_u (i32.add (local.get $at) (i32.const 24)) (local.get $end)))
          (local.set $next
            (i32.add (i32.add (local.get $at) (i32.const 24)) (i32.load offset=16 (local.get $at))))
          (br_if $out (i32.gt_u (local.get $next) (local.get $end)))
          (local.set $cookie (i64.load (local.get $at)))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $at (local.get $next))
          (br $entry)))
      (br_if $more (i32.eq (i32.load (i32.const 8)) (local.get $len))))
    (local.get $count)))
