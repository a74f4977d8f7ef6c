;; A program for wasi-threads, which does what it is told by words of its memory:
;;   0  what each thread does: 0 counts, 1 traps, 2 ends the program with status 7, 3 waits and 4 spins for ever,
;;      5 calls a native function and counts
;;   4  how many threads are spawned; fewer if one cannot be
;;   8  what the main function does then: 0 waits until all have counted, 1 waits for ever, 2 returns and 3 traps once all
;;      have begun, 4 ends the program with status 3
;; It answers: 12 how many have begun, 16 how many have counted, 20 the sum of their numbers, 24 what the last thread-spawn
;; gave. Word 28 stays zero.
(module $wasi_threads
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "env" "in_thread" (func $native (param i32)))
  (import "env" "memory" (memory 1 3 shared))
  (export "memory" (memory 0))
  (global $own (mut i32) (i32.const 0))

  (func $wait (drop (memory.atomic.wait32 (i32.const 28) (i32.const 0) (i64.const -1))))
  (func $until (param $at i32) (param $count i32)
    (loop
      (br_if 0 (i32.lt_s (i32.atomic.load (local.get $at)) (local.get $count)))))

  (func (export "wasi_thread_start") (param $id i32) (param $what i32)
    ;; Globals are the thread's own.
    (global.set $own (i32.add (global.get $own) (i32.const 1)))
    (if (i32.ne (global.get $own) (i32.const 1)) (then unreachable))
    (drop (i32.atomic.rmw.add (i32.const 12) (i32.const 1)))
    (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 2)) (then (call $exit (i32.const 7))))
    (if (i32.eq (local.get $what) (i32.const 3)) (then (call $wait)))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (loop (br 0))))
    (if (i32.eq (local.get $what) (i32.const 5)) (then (call $native (local.get $id))))
    (drop (i32.atomic.rmw.add (i32.const 20) (local.get $id)))
    (drop (i32.atomic.rmw.add (i32.const 16) (i32.const 1))))

  (func $spawn_all (export "spawn") (local $left i32)
    (local.set $left (i32.load (i32.const 4)))
    (block $done
      (loop
        (br_if $done (i32.eqz (local.get $left)))
        (i32.store (i32.const 24) (call $spawn (i32.load (i32.const 0))))
        (br_if $done (i32.lt_s (i32.load (i32.const 24)) (i32.const 0)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br 0))))

  (func (export "_start") (local $then i32)
    (call $spawn_all)
    (local.set $then (i32.load (i32.const 8)))
    (if (i32.eqz (local.get $then)) (then (call $until (i32.const 16) (i32.load (i32.const 4)))))
    (if (i32.eq (local.get $then) (i32.const 1)) (then (call $wait)))
    (if (i32.ge_s (local.get $then) (i32.const 2)) (then (call $until (i32.const 12) (i32.load (i32.const 4)))))
    (if (i32.eq (local.get $then) (i32.const 3)) (then unreachable))
    (if (i32.eq (local.get $then) (i32.const 4)) (then (call $exit (i32.const 3))))))
