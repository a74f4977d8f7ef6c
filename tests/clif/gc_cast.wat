;; Casts. Only what the operand's type leaves open is asked: null, tag bits, then the descriptor; a final
;; type's is compared, any other's is looked up at the type's depth among the ancestors. No call.
;;! lacks: call
;;! count 1: user19
(module
  (type $base (sub (struct (field i32))))
  (type $middle (sub $base (struct (field i32) (field i64))))
  (type $leaf (sub final $middle (struct (field i32) (field i64) (field f64))))
  (func (export "test_final") (param anyref) (result i32) (ref.test (ref $leaf) (local.get 0)))
  (func (export "test_open") (param (ref $base)) (result i32) (ref.test (ref $middle) (local.get 0)))
  (func (export "cast_null") (param eqref) (result (ref null $middle)) (ref.cast (ref null $middle) (local.get 0)))
  (func (export "branch") (param structref) (result i32)
    (block $leaf (result (ref $leaf))
      (drop (br_on_cast $leaf structref (ref $leaf) (local.get 0)))
      (return (i32.const 0)))
    (struct.get $leaf 0))
  (func (export "abstract") (param anyref) (result i32) (ref.test (ref array) (local.get 0))))

;;= CLIF
;; ;; function 0 (test_final)
;; function u0:0(i64 vmctx, i64) -> i32 tail {
;;     region0 = 7 "descriptors of objects"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v4 = iconst.i64 0
;;     v5 = icmp eq v1, v4  ; v4 = 0
;;     brif v5, block3, block5
;;
;; block5:
;;     v6 = iconst.i64 3
;;     v7 = band.i64 v1, v6  ; v6 = 3
;;     brif v7, block3, block6
;;
;; block6:
;;     v8 = load.i64 notrap region0 v1
;;     v9 = load.i64 notrap aligned readonly can_move v0+32
;;     v10 = load.i64 notrap aligned readonly can_move v9+16
;;     v11 = icmp eq v8, v10
;;     brif v11, block2, block3
;;
;; block2:
;;     v12 = iconst.i32 1
;;     jump block4(v12)  ; v12 = 1
;;
;; block3:
;;     v13 = iconst.i32 0
;;     jump block4(v13)  ; v13 = 0
;;
;; block4(v3: i32):
;;     return v3
;; }
;;
;; ;; function 1 (test_open)
;; function u0:1(i64 vmctx, i64) -> i32 tail {
;;     region0 = 7 "descriptors of objects"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v4 = load.i64 notrap region0 v1
;;     v5 = load.i64 notrap aligned readonly can_move v0+32
;;     v6 = load.i64 notrap aligned readonly can_move v5+8
;;     v7 = load.i64 notrap aligned readonly v4+24
;;     v8 = icmp eq v7, v6
;;     brif v8, block2, block3
;;
;; block2:
;;     v9 = iconst.i32 1
;;     jump block4(v9)  ; v9 = 1
;;
;; block3:
;;     v10 = iconst.i32 0
;;     jump block4(v10)  ; v10 = 0
;;
;; block4(v3: i32):
;;     return v3
;; }
;;
;; ;; function 2 (cast_null)
;; function u0:2(i64 vmctx, i64) -> i64 tail {
;;     region0 = 7 "descriptors of objects"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;;                                     v3 = iconst.i64 0
;;                                     v4 = icmp eq v1, v3  ; v3 = 0
;;                                     brif v4, block2, block4
;;
;;                                 block4:
;;                                     v5 = iconst.i64 3
;;                                     v6 = band.i64 v1, v5  ; v5 = 3
;; @0096                               brif v6, block3, block5
;;
;;                                 block5:
;;                                     v7 = load.i64 notrap region0 v1
;;                                     v8 = load.i64 notrap aligned readonly can_move v0+32
;;                                     v9 = load.i64 notrap aligned readonly can_move v8+8
;;                                     v10 = load.i64 notrap aligned readonly v7+24
;;                                     v11 = icmp eq v10, v9
;; @0096                               brif v11, block2, block3
;;
;;                                 block3 cold:
;; @0096                               trap user19
;;
;;                                 block2:
;;                                     return v1
;; }
;;
;; ;; function 3 (branch)
;; function u0:3(i64 vmctx, i64) -> i32 tail {
;;     region0 = 7 "descriptors of objects"
;;     region1 = 18 "fields"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v4 = iconst.i64 0
;;     v5 = icmp eq v1, v4  ; v4 = 0
;;     brif v5, block4, block5
;;
;; block5:
;;     v6 = load.i64 notrap region0 v1
;;     v7 = load.i64 notrap aligned readonly can_move v0+32
;;     v8 = load.i64 notrap aligned readonly can_move v7+16
;;     v9 = icmp eq v6, v8
;;     brif v9, block3, block4
;;
;; block3:
;;     jump block2(v1)
;;
;; block4:
;;     v10 = iconst.i32 0
;;     return v10  ; v10 = 0
;;
;; block2(v3: i64):
;;     v11 = load.i32 notrap region1 v3+8
;;     return v11
;; }
;;
;; ;; function 4 (abstract)
;; function u0:4(i64 vmctx, i64) -> i32 tail {
;;     region0 = 7 "descriptors of objects"
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v4 = iconst.i64 0
;;     v5 = icmp eq v1, v4  ; v4 = 0
;;     brif v5, block3, block5
;;
;; block5:
;;     v6 = iconst.i64 3
;;     v7 = band.i64 v1, v6  ; v6 = 3
;;     brif v7, block3, block6
;;
;; block6:
;;     v8 = load.i64 notrap region0 v1
;;     v9 = load.i32 notrap aligned readonly v8
;;     v10 = iconst.i32 2
;;     v11 = icmp eq v9, v10  ; v10 = 2
;;     brif v11, block2, block3
;;
;; block2:
;;     v12 = iconst.i32 1
;;     jump block4(v12)  ; v12 = 1
;;
;; block3:
;;     v13 = iconst.i32 0
;;     jump block4(v13)  ; v13 = 0
;;
;; block4(v3: i32):
;;     return v3
;; }
