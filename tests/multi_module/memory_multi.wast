;; A module with an imported and an own memory: copies between them, segments into the imported one.
(module $owner
  (memory (export "memory") 1)
  (data (i32.const 16) "imported")
  (func (export "peek64") (param i32) (result i64) (i64.load (local.get 0))))
(module $main
  (import "owner" "memory" (memory $theirs 1))
  (memory $mine 1)
  (data (memory $mine) (i32.const 32) "my bytes")
  (data $passive "passive!")
  (func (export "mine_to_theirs") (memory.copy $theirs $mine (i32.const 64) (i32.const 32) (i32.const 8)))
  (func (export "theirs_to_mine") (memory.copy $mine $theirs (i32.const 0) (i32.const 16) (i32.const 8)))
  (func (export "init_theirs") (param i32) (memory.init $theirs $passive (local.get 0) (i32.const 0) (i32.const 8)))
  (func (export "drop") (data.drop $passive))
  (func (export "mine") (param i32) (result i64) (i64.load $mine (local.get 0)))
  (func (export "grow_mine") (result i32) (memory.grow $mine (i32.const 1)))
  (func (export "sizes") (result i32 i32) (memory.size $theirs) (memory.size $mine)))

(invoke "mine_to_theirs")
;; "my bytes", little endian
(assert_return (invoke "$owner$peek64" (i32.const 64)) (i64.const 0x736574796220796d))
;; Own memory at 0 is untouched until something is copied there.
(assert_return (invoke "mine" (i32.const 0)) (i64.const 0))
(invoke "theirs_to_mine")
;; "imported"
(assert_return (invoke "mine" (i32.const 0)) (i64.const 0x646574726f706d69))
(assert_trap (invoke "init_theirs" (i32.const 65529)) "out of bounds memory access")
(invoke "init_theirs" (i32.const 65528))
;; "passive!"
(assert_return (invoke "$owner$peek64" (i32.const 65528)) (i64.const 0x2165766973736170))
(invoke "drop")
(assert_trap (invoke "init_theirs" (i32.const 0)) "out of bounds memory access")
(assert_return (invoke "grow_mine") (i32.const 1))
(assert_return (invoke "sizes") (i32.const 1) (i32.const 2))
