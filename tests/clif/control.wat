;; Structured control becomes blocks with parameters; br_table keeps its default; what cannot be
;; reached is not translated.
;;! has: br_table
;;! has: brif
;;! lacks: imul
(module
  (func $loop (param i32) (result i32)
    (local i32)
    (loop $again
      (local.set 1 (i32.add (local.get 1) (local.get 0)))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 1))
  (func $table (param i32) (result i32)
    (block $c (block $b (block $a
      (br_table $a $b $c (local.get 0)))
      (return (i32.const 10)))
      (return (i32.const 20)))
    (i32.const 30))
  (func $values (param i32) (result i32 i64)
    (if (result i32 i64) (local.get 0)
      (then (i32.const 1) (i64.const 2))
      (else (i32.const 3) (i64.const 4))))
  (func $unreachable (result i32) (unreachable) (i32.mul (i32.const 2) (i32.const 3))))

;;= CLIF
;; ;; function 0 (loop)
;; function u0:0(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     v3 = iconst.i32 0
;;     jump block2(v3, v1)  ; v3 = 0
;;
;; block2(v4: i32, v5: i32):
;;     v6 = iadd v4, v5
;;     v7 = iconst.i32 1
;;     v8 = isub v5, v7  ; v7 = 1
;;     brif v8, block2(v6, v8), block3
;;
;; block3:
;;     return v6
;; }
;;
;; ;; function 1 (table)
;; function u0:1(i64 vmctx, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     br_table v1, block2, [block4, block3]
;;
;; block4:
;;     v3 = iconst.i32 10
;;     return v3  ; v3 = 10
;;
;; block3:
;;     v4 = iconst.i32 20
;;     return v4  ; v4 = 20
;;
;; block2:
;;     v5 = iconst.i32 30
;;     return v5  ; v5 = 30
;; }
;;
;; ;; function 2 (values)
;; function u0:2(i64 vmctx, i32) -> i32, i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     brif v1, block2, block3
;;
;; block2:
;;     v6 = iconst.i32 1
;;     v7 = iconst.i64 2
;;     jump block4(v6, v7)  ; v6 = 1, v7 = 2
;;
;; block3:
;;     v8 = iconst.i32 3
;;     v9 = iconst.i64 4
;;     jump block4(v8, v9)  ; v8 = 3, v9 = 4
;;
;; block4(v4: i32, v5: i64):
;;     return v4, v5
;; }
;;
;; ;; function 3 (unreachable)
;; function u0:3(i64 vmctx) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64):
;; @0071                               trap user1
;; }
