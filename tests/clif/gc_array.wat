;; Arrays. An index out of bounds makes the address null, by a select that the processor cannot predict, and
;; the access traps with its own code (user18); a null array faults at its length (user16). What works on
;; whole arrays is the runtime's.
;;! count 2: select_spectre_guard
;;! has: load.i32 user16 region0 v1+8
;;! has: istore8 user18
;;! count 1: user16
;;! lacks: stack_map
(module
  (type $words (array (mut i64)))
  (type $bytes (array (mut i8)))
  (data $text "hello")
  (func (export "get") (param (ref null $words) i32) (result i64)
    (array.get $words (local.get 0) (local.get 1)))
  (func (export "set") (param (ref $bytes) i32 i32)
    (array.set $bytes (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fixed") (result (ref $words))
    (array.new_fixed $words 2 (i64.const 1) (i64.const 2)))
  (func (export "default") (param i32) (result (ref $words))
    (array.new_default $words (local.get 0)))
  (func (export "data") (result (ref $bytes))
    (array.new_data $bytes $text (i32.const 0) (i32.const 5)))
  (func (export "copy") (param (ref $words) (ref $words))
    (array.copy $words $words (local.get 0) (i32.const 0) (local.get 1) (i32.const 1) (i32.const 2))))

;;= CLIF
;; ;; function 0 (get)
;; function u0:0(i64 vmctx, i64, i32) -> i64 tail {
;;     region0 = 8 "lengths of arrays"
;;     region1 = 35 "elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32):
;; @007a                               v4 = load.i32 user16 region0 v1+8
;;                                     v5 = icmp uge v2, v4
;;                                     v6 = uextend.i64 v2
;;                                     v7 = iconst.i64 3
;;                                     v8 = ishl v6, v7  ; v7 = 3
;;                                     v9 = iadd v1, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v5, v10, v9  ; v10 = 0
;; @007a                               v12 = load.i64 user18 region1 v11+16
;;                                     return v12
;; }
;;
;; ;; function 1 (set)
;; function u0:1(i64 vmctx, i64, i32, i32) tail {
;;     region0 = 8 "lengths of arrays"
;;     region1 = 32 "elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i32, v3: i32):
;;                                     v4 = load.i32 notrap region0 v1+8
;;                                     v5 = icmp uge v2, v4
;;                                     v6 = uextend.i64 v2
;;                                     v7 = iconst.i64 0
;;                                     v8 = ishl v6, v7  ; v7 = 0
;;                                     v9 = iadd v1, v8
;;                                     v10 = iconst.i64 0
;;                                     v11 = select_spectre_guard v5, v10, v9  ; v10 = 0
;; @0086                               istore8 user18 region1 v3, v11+12
;;                                     return
;; }
;;
;; ;; function 2 (fixed)
;; function u0:2(i64 vmctx) -> i64 tail {
;;     region0 = 6 "bounds of the heap"
;;     region1 = 7 "descriptors of objects"
;;     region2 = 8 "lengths of arrays"
;;     region3 = 35 "elements"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64, i64) -> i64 tail
;;     fn0 = colocated u2:11 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v2 = iconst.i64 1
;;                                     v3 = iconst.i64 2
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+32
;;                                     v5 = load.i64 notrap aligned readonly can_move v4
;;                                     v6 = iconst.i64 32
;;                                     v7 = load.i64 notrap aligned readonly can_move v0
;;                                     v8 = load.i64 notrap aligned region0 v7+32
;;                                     v9 = load.i64 notrap aligned region0 v7+40
;;                                     v10 = iadd v8, v6  ; v6 = 32
;;                                     v11 = icmp ugt v10, v9
;;                                     brif v11, block3, block2
;;
;;                                 block3 cold:
;; @0090                               v13 = call fn0(v0, v5, v6)  ; v6 = 32
;;                                     v14 = iconst.i64 256
;;                                     v15 = icmp ult v13, v14  ; v14 = 256
;; @0090                               brif v15, block5, block6
;;
;;                                 block5 cold:
;; @0090                               trap user14
;;
;;                                 block6:
;;                                     jump block4(v13)
;;
;;                                 block2:
;;                                     store.i64 notrap aligned region0 v10, v7+32
;;                                     store.i64 notrap region1 v5, v8
;;                                     jump block4(v8)
;;
;;                                 block4(v12: i64):
;;                                     v16 = iconst.i32 2
;;                                     store notrap region2 v16, v12+8  ; v16 = 2
;;                                     store.i64 notrap region3 v2, v12+16  ; v2 = 1
;;                                     store.i64 notrap region3 v3, v12+24  ; v3 = 2
;;                                     return v12
;; }
;;
;; ;; function 3 (default)
;; function u0:3(i64 vmctx, i32) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64, i32 sext) -> i64 tail
;;     fn0 = colocated u2:13 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+32
;;                                     v4 = load.i64 notrap aligned readonly can_move v3
;; @0099                               v5 = call fn0(v0, v4, v1)
;;                                     v6 = iconst.i64 256
;;                                     v7 = icmp ult v5, v6  ; v6 = 256
;; @0099                               brif v7, block2, block3
;;
;;                                 block2 cold:
;; @0099                               trap user14
;;
;;                                 block3:
;;                                     return v5
;; }
;;
;; ;; function 4 (data)
;; function u0:4(i64 vmctx) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64, i32 sext, i32 sext, i32 sext) -> i64 tail
;;     fn0 = colocated u2:14 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v2 = iconst.i32 0
;;                                     v3 = iconst.i32 5
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+32
;;                                     v5 = load.i64 notrap aligned readonly can_move v4+8
;;                                     v6 = iconst.i32 0
;; @00a3                               v7 = call fn0(v0, v5, v6, v2, v3)  ; v6 = 0, v2 = 0, v3 = 5
;;                                     v8 = iconst.i64 256
;;                                     v9 = icmp ult v7, v8  ; v8 = 256
;;                                     brif v9, block2, block3
;;
;;                                 block2 cold:
;;                                     v10 = iconst.i64 2
;;                                     v11 = icmp.i64 eq v7, v10  ; v10 = 2
;; @00a3                               trapnz v11, user2
;; @00a3                               trap user14
;;
;;                                 block3:
;;                                     return v7
;; }
;;
;; ;; function 5 (copy)
;; function u0:5(i64 vmctx, i64, i64) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64, i64, i32 sext, i64, i32 sext, i32 sext) -> i32 sext system_v
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;;                                     v3 = iconst.i32 0
;;                                     v4 = iconst.i32 1
;;                                     v5 = iconst.i32 2
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+8
;;                                     v7 = load.i64 notrap aligned readonly can_move v6+128
;; @00b4                               v8 = call_indirect sig0, v7(v0, v1, v3, v2, v4, v5)  ; v3 = 0, v4 = 1, v5 = 2
;; @00b4                               brif v8, block2, block3
;;
;;                                 block2 cold:
;; @00b4                               trap user18
;;
;;                                 block3:
;;                                     return
;; }
