;; Structures. A new one takes room between two bounds and is written in full; the runtime is asked only
;; where it does not fit. A field of a reference that may be null faults by itself; where the type excludes
;; null, nothing can. A reference that is needed after a call is stored before it, and its place named.
;;! has: load.i32 user15 region0 v1+8
;;! has: sload8.i32 notrap region0 v1+12
;;! has: call fn0(v0), stack_map=[i64 @ ss1+0, i64 @ ss0+0]
;;! count 1: user15
;;! count 1: block3 cold
(module
  (type $point (struct (field $x (mut i32)) (field $y (mut i8)) (field $next (mut (ref null $point)))))
  (func $callee)
  (func (export "new") (param i32) (result (ref $point))
    (struct.new $point (local.get 0) (i32.const 7) (ref.null $point)))
  (func (export "nullable") (param (ref null $point)) (result i32)
    (struct.get $point $x (local.get 0)))
  (func (export "not_null") (param (ref $point)) (result i32)
    (struct.get_s $point $y (local.get 0)))
  (func (export "across_a_call") (param (ref $point) (ref null $point))
    (call $callee)
    (struct.set $point $next (local.get 0) (local.get 1))))

;;= CLIF
;; ;; function 0 (callee)
;; function u0:0(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64):
;;     return
;; }
;;
;; ;; function 1 (new)
;; function u0:1(i64 vmctx, i32) -> i64 tail {
;;     region0 = 6 "bounds of the heap"
;;     region1 = 7 "descriptors of objects"
;;     region2 = 18 "fields"
;;     region3 = 16 "fields"
;;     region4 = 23 "fields"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64, i64) -> i64 tail
;;     fn0 = colocated u2:11 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v3 = iconst.i32 7
;;                                     v4 = iconst.i64 0
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+32
;;                                     v6 = load.i64 notrap aligned readonly can_move v5
;;                                     v7 = iconst.i64 24
;;                                     v8 = load.i64 notrap aligned readonly can_move v0
;;                                     v9 = load.i64 notrap aligned region0 v8+32
;;                                     v10 = load.i64 notrap aligned region0 v8+40
;;                                     v11 = iadd v9, v7  ; v7 = 24
;;                                     v12 = icmp ugt v11, v10
;;                                     brif v12, block3, block2
;;
;;                                 block3 cold:
;; @0075                               v14 = call fn0(v0, v6, v7)  ; v7 = 24
;;                                     v15 = iconst.i64 256
;;                                     v16 = icmp ult v14, v15  ; v15 = 256
;; @0075                               brif v16, block5, block6
;;
;;                                 block5 cold:
;; @0075                               trap user14
;;
;;                                 block6:
;;                                     jump block4(v14)
;;
;;                                 block2:
;;                                     store.i64 notrap aligned region0 v11, v8+32
;;                                     store.i64 notrap region1 v6, v9
;;                                     jump block4(v9)
;;
;;                                 block4(v13: i64):
;;                                     store.i32 notrap region2 v1, v13+8
;;                                     istore8.i32 notrap region3 v3, v13+12  ; v3 = 7
;;                                     store.i64 notrap region4 v4, v13+16  ; v4 = 0
;;                                     return v13
;; }
;;
;; ;; function 2 (nullable)
;; function u0:2(i64 vmctx, i64) -> i32 tail {
;;     region0 = 18 "fields"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @007d                               v3 = load.i32 user15 region0 v1+8
;;                                     return v3
;; }
;;
;; ;; function 3 (not_null)
;; function u0:3(i64 vmctx, i64) -> i32 tail {
;;     region0 = 16 "fields"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v3 = sload8.i32 notrap region0 v1+12
;;     return v3
;; }
;;
;; ;; function 4 (across_a_call)
;; function u0:4(i64 vmctx, i64, i64) tail {
;;     ss0 = explicit_slot 8, align = 8
;;     ss1 = explicit_slot 8, align = 8
;;     region0 = 23 "fields"
;;     region1 = 196608 "reference in the frame"
;;     region2 = 196609 "reference in the frame"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     fn0 = colocated u0:0 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64, v2: i64):
;;                                     v7 = stack_addr.i64 ss1
;;                                     store notrap aligned region2 v1, v7
;;                                     v8 = stack_addr.i64 ss0
;;                                     store notrap aligned region1 v2, v8
;; @008d                               call fn0(v0), stack_map=[i64 @ ss1+0, i64 @ ss0+0]
;;                                     v3 = stack_addr.i64 ss0
;;                                     v4 = load.i64 notrap aligned region1 v3
;;                                     v5 = stack_addr.i64 ss1
;;                                     v6 = load.i64 notrap aligned region2 v5
;;                                     store notrap region0 v4, v6+16
;;                                     return
;; }
