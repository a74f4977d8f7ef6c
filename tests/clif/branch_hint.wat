;; Branch hints: what only seldom taken edges lead to is cold, up to where a way that is not joins in.
;; (Hints that are malformed or contradict one another cannot be written as text: compiler/tests.)
;;! count 6:  cold:
;;! has: block2 cold
(module
  (func $unlikely_then (param i32) (result i32)
    (@metadata.code.branch_hint "\00") (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2))))
  (func $likely_then (param i32) (result i32)
    (@metadata.code.branch_hint "\01") (if (result i32) (local.get 0) (then (i32.const 3)) (else (i32.const 4))))
  ;; The end is reached without the `if`, too: not cold. What stands in the cold arm is, all of it.
  (func $nested (param i32) (result i32)
    (@metadata.code.branch_hint "\00")
    (if (local.get 0)
      (then (loop $l (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
    (i32.const 5))
  ;; All ways to the end of $slow are seldom taken: cold. That of $done is not.
  (func $slow_path (param i32 i32) (result i32)
    (block $done (result i32)
      (block $slow
        (@metadata.code.branch_hint "\00") (br_if $slow (local.get 0))
        (@metadata.code.branch_hint "\00") (br_if $slow (local.get 1))
        (br $done (i32.const 6)))
      (i32.const 7)))
  ;; The loop is seldom left, but once each time it is entered: what follows is not cold.
  (func $likely_back (param i32) (result i32)
    (loop $again
      (@metadata.code.branch_hint "\01")
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (i32.const 8))
  ;; A hint on another instruction means nothing.
  (func $elsewhere (param i32) (result i32)
    (@metadata.code.branch_hint "\00") (i32.add (local.get 0) (i32.const 1))
    (if (result i32) (then (i32.const 9)) (else (i32.const 10)))))

;;= CLIF
;; ;; function 0 (unlikely_then)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     brif v1, block2, block3
;;
;; block2 cold:
;;     v4 = iconst.i32 1
;;     jump block4(v4)  ; v4 = 1
;;
;; block3:
;;     v5 = iconst.i32 2
;;     jump block4(v5)  ; v5 = 2
;;
;; block4(v3: i32):
;;     return v3
;; }
;;
;; ;; function 1 (likely_then)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     brif v1, block2, block3
;;
;; block2:
;;     v4 = iconst.i32 3
;;     jump block4(v4)  ; v4 = 3
;;
;; block3 cold:
;;     v5 = iconst.i32 4
;;     jump block4(v5)  ; v5 = 4
;;
;; block4(v3: i32):
;;     return v3
;; }
;;
;; ;; function 2 (nested)
;; function u0:2(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     brif v1, block2, block3
;;
;; block2 cold:
;;     jump block5(v1)
;;
;; block5(v3: i32) cold:
;;     v4 = iconst.i32 1
;;     v5 = isub v3, v4  ; v4 = 1
;;     brif v5, block5(v5), block6
;;
;; block6 cold:
;;     jump block4
;;
;; block3:
;;     jump block4
;;
;; block4:
;;     v6 = iconst.i32 5
;;     return v6  ; v6 = 5
;; }
;;
;; ;; function 3 (slow_path)
;; function u0:3(i64 vmctx, i32, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i32):
;;     brif v1, block3, block4
;;
;; block4:
;;     brif.i32 v2, block3, block5
;;
;; block5:
;;     v5 = iconst.i32 6
;;     jump block2(v5)  ; v5 = 6
;;
;; block3 cold:
;;     v6 = iconst.i32 7
;;     jump block2(v6)  ; v6 = 7
;;
;; block2(v4: i32):
;;     return v4
;; }
;;
;; ;; function 4 (likely_back)
;; function u0:4(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     jump block2(v1)
;;
;; block2(v3: i32):
;;     v4 = iconst.i32 1
;;     v5 = isub v3, v4  ; v4 = 1
;;     brif v5, block2(v5), block3
;;
;; block3:
;;     v6 = iconst.i32 8
;;     return v6  ; v6 = 8
;; }
;;
;; ;; function 5 (elsewhere)
;; function u0:5(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     v3 = iconst.i32 1
;;     v4 = iadd v1, v3  ; v3 = 1
;;     brif v4, block2, block3
;;
;; block2:
;;     v6 = iconst.i32 9
;;     jump block4(v6)  ; v6 = 9
;;
;; block3:
;;     v7 = iconst.i32 10
;;     jump block4(v7)  ; v7 = 10
;;
;; block4(v5: i32):
;;     return v5
;; }
