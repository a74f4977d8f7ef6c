;; A legacy try names the landing pads of its clauses in the calls of its body, though they follow it.
;; A clause is not named where one further in has the same tag, or where a delegate skips it; a clause
;; that no call names leaves no code. A rethrow throws what its clause caught, which lives on until then.
;;! count 3: tag1: block
;;! count 4: tag0: block
;;! count 5: tag1073741824: block
;;! count 1: try_call fn
;;! count 4: call_indirect sig0,
;;! has: tag0: block8(exn0), tag1073741824: block6(exn0) ]
(module
  (import "m" "t" (tag $imported (param i64 f64)))
  (import "m" "f" (func $f))
  (tag $own (param i32))
  ;; The innermost clause comes first; the outer clause of $own is hidden.
  (func (export "nested") (param i32) (result i64 f64)
    try (result i64 f64)
      try (result i64 f64)
        (call $f)
        (i64.const 1) (f64.const 2)
      catch $own
        (drop)
        (call $f)
        (i64.const 3) (f64.const 4)
      end
    catch $imported
    end)
  (func (export "hidden") (result i32)
    try (result i32)
      try (result i32)
        (call $f)
        (i32.const 1)
      catch $own
      end
    catch $own
      (drop)
      (i32.const 2)
    end)
  ;; The first call skips two handlers, the second all of them, the third none.
  (func (export "delegates")
    block
      try $outer
        try
          try
            try
              (call $f)
            delegate $outer
            try
              (call $f)
            delegate 3
            (call $f)
          catch $imported
            (drop) (drop)
          end
        catch_all
        end
      catch $own
        (drop)
      end
    end)
  ;; A new exception with what was caught.
  (func (export "rethrow_arguments")
    try
      (call $f)
    catch $imported
      (call $f)
      (rethrow 0)
    end)
  ;; By reference only where a rethrow names it.
  (func (export "rethrow_all")
    try
      try
        (call $f)
      catch_all
        (call $f)
        try
          (call $f)
        catch_all
          (rethrow 1)
        end
      end
    catch_all
    end)
  ;; No clause at all: a call like any other.
  (func (export "nothing")
    try
      (call $f)
    end
    try
      (call $f)
    delegate 0))

;;= CLIF
;; ;; function 1 (nested)
;; function u0:1(i64 vmctx, i32) -> i64, f64 tail {
;;     region0 = 9 "arguments of exceptions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i32):
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v9 = load.i64 notrap aligned readonly can_move v0+56
;; @009b                               try_call_indirect v8(v9), sig0, block6, [ context v0, tag1: block5(exn0), tag0: block3(exn0) ]
;;
;;                                 block6:
;;                                     v10 = iconst.i64 1
;;                                     v11 = f64const 0x1.0000000000000p1
;;                                     jump block4(v10, v11)  ; v10 = 1, v11 = 0x1.0000000000000p1
;;
;;                                 block5(v12: i64) cold:
;;                                     v13 = load.i32 notrap region0 v12+16
;;                                     v14 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v15 = load.i64 notrap aligned readonly can_move v0+56
;; @00ab                               try_call_indirect v14(v15), sig0, block7, [ context v0, tag0: block3(exn0) ]
;;
;;                                 block7:
;;                                     v16 = iconst.i64 3
;;                                     v17 = f64const 0x1.0000000000000p2
;;                                     jump block4(v16, v17)  ; v16 = 3, v17 = 0x1.0000000000000p2
;;
;;                                 block4(v6: i64, v7: f64):
;;                                     jump block2(v6, v7)
;;
;;                                 block3(v18: i64) cold:
;;                                     v19 = load.i64 notrap region0 v18+16
;;                                     v20 = load.f64 notrap region0 v18+32
;;                                     jump block2(v19, v20)
;;
;;                                 block2(v4: i64, v5: f64):
;;                                     return v4, v5
;; }
;;
;; ;; function 2 (hidden)
;; function u0:2(i64 vmctx) -> i32 tail {
;;     region0 = 9 "arguments of exceptions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+56
;; @00c3                               try_call_indirect v4(v5), sig0, block6, [ context v0, tag1: block5(exn0) ]
;;
;;                                 block6:
;;                                     v6 = iconst.i32 1
;;                                     jump block4(v6)  ; v6 = 1
;;
;;                                 block5(v7: i64) cold:
;;                                     v8 = load.i32 notrap region0 v7+16
;;                                     jump block4(v8)
;;
;;                                 block4(v3: i32):
;;                                     jump block2(v3)
;;
;;                                 block2(v2: i32):
;;                                     return v2
;; }
;;
;; ;; function 3 (delegates)
;; function u0:3(i64 vmctx) tail {
;;     region0 = 9 "arguments of exceptions"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+56
;; @00dd                               try_call_indirect v1(v2), sig0, block10, [ context v0, tag1: block4(exn0) ]
;;
;;                                 block10:
;;                                     jump block9
;;
;;                                 block9:
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+56
;; @00e3                               call_indirect sig0, v3(v4)
;;                                     jump block11
;;
;;                                 block11:
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+56
;; @00e7                               try_call_indirect v5(v6), sig0, block12, [ context v0, tag0: block8(exn0), tag1073741824: block6(exn0) ]
;;
;;                                 block12:
;;                                     jump block7
;;
;;                                 block8(v7: i64) cold:
;;                                     v8 = load.i64 notrap region0 v7+16
;;                                     v9 = load.f64 notrap region0 v7+32
;;                                     jump block7
;;
;;                                 block7:
;;                                     jump block5
;;
;;                                 block6(v10: i64) cold:
;;                                     jump block5
;;
;;                                 block5:
;;                                     jump block3
;;
;;                                 block4(v11: i64) cold:
;;                                     v12 = load.i32 notrap region0 v11+16
;;                                     jump block3
;;
;;                                 block3:
;;                                     jump block2
;;
;;                                 block2:
;;                                     return
;; }
;;
;; ;; function 4 (rethrow_arguments)
;; function u0:4(i64 vmctx) tail {
;;     ss0 = explicit_slot 8, align = 8
;;     region0 = 9 "arguments of exceptions"
;;     region1 = 196608 "reference in the frame"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     sig1 = (i64 vmctx, i64) tail
;;     fn0 = colocated u2:12 sig1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+56
;; @00fa                               try_call_indirect v1(v2), sig0, block4, [ context v0, tag0: block3(exn0) ]
;;
;;                                 block4:
;;                                     jump block2
;;
;;                                 block3(v3: i64) cold:
;;                                     v14 = stack_addr.i64 ss0
;;                                     store notrap aligned region1 v3, v14
;;                                     v12 = stack_addr.i64 ss0
;;                                     v13 = load.i64 notrap aligned region1 v12
;;                                     v4 = load.i64 notrap region0 v13+16
;;                                     v10 = stack_addr.i64 ss0
;;                                     v11 = load.i64 notrap aligned region1 v10
;;                                     v5 = load.f64 notrap region0 v11+32
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+56
;; @00fe                               call_indirect sig0, v6(v7), stack_map=[i64 @ ss0+0]
;;                                     v8 = stack_addr.i64 ss0
;;                                     v9 = load.i64 notrap aligned region1 v8
;; @0100                               call fn0(v0, v9)
;; @0100                               trap user1
;;
;;                                 block2:
;;                                     return
;; }
;;
;; ;; function 5 (rethrow_all)
;; function u0:5(i64 vmctx) tail {
;;     ss0 = explicit_slot 8, align = 8
;;     region0 = 196608 "reference in the frame"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     sig1 = (i64 vmctx, i64) tail
;;     fn0 = colocated u2:12 sig1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+56
;; @010a                               try_call_indirect v1(v2), sig0, block6, [ context v0, tag1073741824: block5(exn0) ]
;;
;;                                 block6:
;;                                     jump block4
;;
;;                                 block5(v3: i64) cold:
;;                                     v12 = stack_addr.i64 ss0
;;                                     store notrap aligned region0 v3, v12
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v5 = load.i64 notrap aligned readonly can_move v0+56
;; @010d                               try_call_indirect v4(v5), sig0, block7, [ context v0, tag1073741824: block3(exn0) ], stack_map=[i64 @ ss0+0]
;;
;;                                 block7:
;;                                     v6 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v7 = load.i64 notrap aligned readonly can_move v0+56
;; @0111                               try_call_indirect v6(v7), sig0, block10, [ context v0, tag1073741824: block9(exn0) ], stack_map=[i64 @ ss0+0]
;;
;;                                 block10:
;;                                     jump block8
;;
;;                                 block9(v8: i64) cold:
;;                                     v10 = stack_addr.i64 ss0
;;                                     v11 = load.i64 notrap aligned region0 v10
;; @0114                               try_call fn0(v0, v11), sig1, block11, [ context v0, tag1073741824: block3(exn0) ]
;;
;;                                 block11:
;; @0114                               trap user1
;;
;;                                 block8:
;;                                     jump block4
;;
;;                                 block4:
;;                                     jump block2
;;
;;                                 block3(v9: i64) cold:
;;                                     jump block2
;;
;;                                 block2:
;;                                     return
;; }
;;
;; ;; function 6 (nothing)
;; function u0:6(i64 vmctx) tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     sig0 = (i64 vmctx) tail
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;;                                     v1 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v2 = load.i64 notrap aligned readonly can_move v0+56
;; @011f                               call_indirect sig0, v1(v2)
;;                                     jump block2
;;
;;                                 block2:
;;                                     v3 = load.i64 notrap aligned readonly can_move v0+48
;;                                     v4 = load.i64 notrap aligned readonly can_move v0+56
;; @0124                               call_indirect sig0, v3(v4)
;;                                     jump block3
;;
;;                                 block3:
;;                                     return
;; }
