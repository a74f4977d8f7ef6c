;; Calls in a try_table have landing pads: of the innermost try_table first, nothing behind a
;; catch_all, and one landing pad for each clause. Other calls are what they always are.
;;! count 2: try_call fn
;;! count 2: try_call_indirect
(module
  (import "m" "t" (tag $imported (param i64 f64)))
  (import "m" "f" (func $f))
  (tag $own (param i32))
  (func $g (param i32) (result i32) (local.get 0))
  (func (export "nested") (param i32) (result i32)
    (block $all
      (block $i (result i64 f64)
        (block $o (result i32)
          (try_table (catch $own $o) (catch_all $all)
            (try_table (catch $imported $i)
              (call $f)
              (drop (call $g (local.get 0))))
            (call $f))
          (return (call $g (local.get 0))))
        (return))
      (drop) (drop)
      (return (i32.const 2)))
    (i32.const 3))
  (func (export "throw") (param i32) (throw $own (local.get 0)))
  (func (export "rethrow") (param exnref) (result exnref)
    (block $h (result exnref)
      (try_table (result exnref) (catch_all_ref $h)
        (throw_ref (local.get 0))))))

;;= CLIF
;; ;; function 1 (g)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     return v1
;; }
;;
;; ;; function 2 (nested)
;; function u0:2(i64 vmctx, i32) -> i32 tail {
;;     region0 = 9 "arguments of exceptions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     sig1 = (i64 vmctx, i32) -> i32 tail
;;     fn0 = colocated u0:1 sig1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+56
;; @007e                               try_call_indirect v6(v7), sig0, block10, [ context v0, tag0: block9(exn0), tag1: block7(exn0), tag1073741824: block6(exn0) ]
;;
;;                                 block10:
;; @0082                               try_call fn0(v0, v1), sig1, block11(ret0), [ context v0, tag0: block9(exn0), tag1: block7(exn0), tag1073741824: block6(exn0) ]
;;
;;                                 block11(v8: i32):
;;                                     jump block8
;;
;;                                 block9(v9: i64) cold:
;;                                     v10 = load.i64 notrap region0 v9+16
;;                                     v11 = load.f64 notrap region0 v9+32
;;                                     jump block3(v10, v11)
;;
;;                                 block8:
;;                                     v12 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v13 = load.i64 notrap aligned readonly can_move v0+56
;; @0086                               try_call_indirect v12(v13), sig0, block12, [ context v0, tag1: block7(exn0), tag1073741824: block6(exn0) ]
;;
;;                                 block12:
;;                                     jump block5
;;
;;                                 block7(v14: i64) cold:
;;                                     v15 = load.i32 notrap region0 v14+16
;;                                     jump block4(v15)
;;
;;                                 block6(v16: i64) cold:
;;                                     jump block2
;;
;;                                 block5:
;; @008b                               v17 = call fn0(v0, v1)
;;                                     return v17
;;
;;                                 block4(v5: i32):
;;                                     return v5
;;
;;                                 block3(v3: i64, v4: f64):
;;                                     v18 = iconst.i32 2
;;                                     return v18  ; v18 = 2
;;
;;                                 block2:
;;                                     v19 = iconst.i32 3
;;                                     return v19  ; v19 = 3
;; }
;;
;; ;; function 3 (throw)
;; function u0:3(i64 vmctx, i32) tail {
;;     region0 = 6 "bounds of the heap"
;;     region1 = 7 "descriptors of objects"
;;     region2 = 9 "arguments of exceptions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64, i64) -> i64 tail
;;     sig1 = (i64 vmctx, i64) tail
;;     fn0 = colocated u2:11 sig0
;;     fn1 = colocated u2:12 sig1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+72
;;                                     v3 = iconst.i64 32
;;                                     v4 = load.i64 notrap aligned readonly can_move v0
;;                                     v5 = load.i64 notrap aligned region0 v4+32
;;                                     v6 = load.i64 notrap aligned region0 v4+40
;;                                     v7 = iadd v5, v3  ; v3 = 32
;;                                     v8 = icmp ugt v7, v6
;;                                     brif v8, block3, block2
;;
;;                                 block3 cold:
;; @009e                               v10 = call fn0(v0, v2, v3)  ; v3 = 32
;;                                     v11 = iconst.i64 256
;;                                     v12 = icmp ult v10, v11  ; v11 = 256
;; @009e                               brif v12, block5, block6
;;
;;                                 block5 cold:
;; @009e                               trap user14
;;
;;                                 block6:
;;                                     jump block4(v10)
;;
;;                                 block2:
;;                                     store.i64 notrap aligned region0 v7, v4+32
;;                                     store.i64 notrap region1 v2, v5
;;                                     jump block4(v5)
;;
;;                                 block4(v9: i64):
;;                                     v13 = iconst.i64 64
;;                                     v14 = iadd.i64 v0, v13  ; v13 = 64
;;                                     store notrap region2 v14, v9+8
;;                                     store.i32 notrap region2 v1, v9+16
;; @009e                               call fn1(v0, v9)
;; @009e                               trap user1
;; }
;;
;; ;; function 4 (rethrow)
;; function u0:4(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx, i64) tail
;;     fn0 = colocated u2:12 sig0
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @00ac                               trapz v1, user13
;; @00ac                               try_call fn0(v0, v1), sig0, block5, [ context v0, tag1073741824: block4(exn0) ]
;;
;;                                 block5:
;; @00ac                               trap user1
;;
;;                                 block4(v5: i64) cold:
;;                                     jump block2(v5)
;;
;;                                 block2(v3: i64):
;;                                     return v3
;; }
