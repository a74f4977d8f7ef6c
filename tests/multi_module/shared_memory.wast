;; Three modules on one shared memory: its definer, one that imports it, and one that gets it re-exported. All see the
;; same bytes and length, atomically or not.
(module $definer
  (memory (export "memory") 1 3 shared)
  (data (i32.const 8) "\05\00\00\00")
  (func (export "add") (param i32) (result i32) (i32.atomic.rmw.add (i32.const 8) (local.get 0)))
  (func (export "notify") (result i32) (memory.atomic.notify (i32.const 8) (i32.const 1)))
  (func (export "grow") (result i32) (memory.grow (i32.const 1))))

(module $between
  (import "definer" "memory" (memory 1 3 shared))
  (export "again" (memory 0))
  ;; Copied behind what the definer's own segment wrote.
  (data (i32.const 12) "\07\00\00\00")
  (func (export "size") (result i32) (memory.size)))

(module $main
  (import "between" "again" (memory $shared 0 4 shared))
  (import "between" "size" (func $size (result i32)))
  (import "definer" "add" (func $add (param i32) (result i32)))
  (import "definer" "grow" (func $grow (result i32)))
  (memory $own 1)
  (func (export "sum") (result i32)
    (drop (call $add (i32.const 10)))
    (i32.add (i32.atomic.load $shared (i32.const 8)) (i32.load $shared (i32.const 12))))
  (func (export "wait") (param i32) (result i32)
    (memory.atomic.wait32 $shared (i32.const 8) (local.get 0) (i64.const 1000)))
  ;; The length is the new one right after the call, for accesses and for memory.size.
  (func (export "grown") (result i32 i32 i32 i32)
    (memory.size $shared)
    (drop (call $grow))
    (memory.size $shared) (call $size)
    (i32.atomic.store $shared (i32.const 131068) (i32.const 9))
    (i32.load $shared (i32.const 131068)))
  (func (export "copy") (memory.copy $own $shared (i32.const 0) (i32.const 8) (i32.const 8)))
  (func (export "own") (result i64) (i64.load $own (i32.const 0)))
  (func (export "past") (result i32) (i32.atomic.load $shared (i32.const 131072)))
  (func (export "odd") (result i32) (i32.atomic.load $shared (i32.const 131071))))

(assert_return (invoke "sum") (i32.const 22))
(assert_return (invoke "$definer$add" (i32.const 0)) (i32.const 15))
(assert_return (invoke "wait" (i32.const 14)) (i32.const 1))
(assert_return (invoke "wait" (i32.const 15)) (i32.const 2))
(assert_return (invoke "$definer$notify") (i32.const 0))
(assert_return (invoke "grown") (i32.const 1) (i32.const 2) (i32.const 2) (i32.const 9))
(invoke "copy")
(assert_return (invoke "own") (i64.const 0x000000070000000f))
(assert_trap (invoke "past") "out of bounds memory access")
;;! frames: main!past
(assert_trap (invoke "odd") "unaligned atomic")
;;! frames: main!odd
