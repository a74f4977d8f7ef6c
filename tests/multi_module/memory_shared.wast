;; An imported memory is the exporter's memory: bytes, data segments and growth are seen on both
;; sides, and its bounds are checked on both sides.
(module $owner
  (memory (export "memory") 1 3)
  (data (i32.const 0) "owner")
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "pages") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))

(module $main
  (import "owner" "memory" (memory 1 3))
  (import "owner" "poke" (func $poke (param i32 i32)))
  (import "owner" "grow" (func $grow (param i32) (result i32)))
  ;; Written over the owner's bytes when main is instantiated, after the owner.
  (data (i32.const 3) "main")
  (func (export "peek") (param i32) (result i32) (i32.load8_u (local.get 0)))
  (func (export "peek64") (param i32) (result i64) (i64.load (local.get 0)))
  (func (export "poke") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
  (func (export "pages") (result i32) (memory.size))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  ;; A load, a call that writes the byte, and the load again.
  (func (export "reread") (param i32) (result i32 i32)
    (i32.load8_u (local.get 0))
    (call $poke (local.get 0) (i32.const 99))
    (i32.load8_u (local.get 0)))
  ;; The callee grows the memory: what lies past the old end can be used right after the call.
  (func (export "use_after_callee_grew") (result i32)
    (drop (call $grow (i32.const 1)))
    (i32.store (i32.const 65536) (i32.const 7))
    (i32.load (i32.const 65536)))
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2))))

;; "own" of the owner, then "main": o w n m a i n
(assert_return (invoke "$owner$peek" (i32.const 0)) (i32.const 0x6f))
(assert_return (invoke "$owner$peek" (i32.const 3)) (i32.const 0x6d))
(assert_return (invoke "$owner$peek" (i32.const 6)) (i32.const 0x6e))
(assert_return (invoke "$owner$peek" (i32.const 7)) (i32.const 0))
(assert_return (invoke "peek" (i32.const 1)) (i32.const 0x77))
(assert_return (invoke "peek64" (i32.const 0)) (i64.const 0x006e69616d6e776f))
(invoke "poke" (i32.const 65535) (i32.const 200))
(assert_return (invoke "$owner$peek" (i32.const 65535)) (i32.const 200))
(assert_return (invoke "reread" (i32.const 65535)) (i32.const 200) (i32.const 99))
(assert_trap (invoke "peek" (i32.const 65536)) "out of bounds memory access")
(assert_trap (invoke "peek64" (i32.const 65529)) "out of bounds memory access")
(assert_return (invoke "use_after_callee_grew") (i32.const 7))
(assert_return (invoke "pages") (i32.const 2))
(assert_return (invoke "$owner$pages") (i32.const 2))
(assert_return (invoke "$owner$peek" (i32.const 65536)) (i32.const 7))
(assert_return (invoke "grow" (i32.const 1)) (i32.const 2))
(assert_return (invoke "$owner$pages") (i32.const 3))
;; The maximum is the owner's.
(assert_return (invoke "grow" (i32.const 1)) (i32.const -1))
(assert_return (invoke "$owner$grow" (i32.const 1)) (i32.const -1))
(invoke "fill" (i32.const 196600) (i32.const 1) (i32.const 8))
(assert_trap (invoke "fill" (i32.const 196601) (i32.const 2) (i32.const 8)) "out of bounds memory access")
;; A fill that does not fit writes nothing.
(assert_return (invoke "$owner$peek" (i32.const 196607)) (i32.const 1))
(assert_trap (invoke "$owner$peek" (i32.const 196608)) "out of bounds memory access")
