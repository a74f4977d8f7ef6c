;; Comparisons give an i32 of 0 or 1; a branch takes that (the code generator folds the two), and of floats the opposite.
;;! has: icmp slt
;;! has: icmp ult
;;! has: fcmp
;;! has: fcmp uge
(module
  (func $numbers (param i32 i64 f32 f64) (result i32)
    (i32.lt_s (local.get 0) (i32.const 5))
    (i32.add (i64.lt_u (local.get 1) (i64.const 5)))
    (i32.add (f32.ge (local.get 2) (f32.const 0)))
    (i32.add (f64.ne (local.get 3) (local.get 3)))
    (i32.add (i32.eqz (local.get 0))))
  (func $branch (param i32 i32) (result i32)
    (if (result i32) (i32.gt_u (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2))))
  (func $opposite (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (i32.eqz (f64.lt (local.get 0) (local.get 1))))))

;;= CLIF
;; ;; function 0 (numbers)
;; function u0:0(i64 vmctx, i32, i64, f32, f64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i64, v3: f32, v4: f64):
;;     v6 = iconst.i32 5
;;     v7 = icmp slt v1, v6  ; v6 = 5
;;     v8 = uextend.i32 v7
;;     v9 = iconst.i64 5
;;     v10 = icmp ult v2, v9  ; v9 = 5
;;     v11 = uextend.i32 v10
;;     v12 = iadd v8, v11
;;     v13 = f32const 0.0
;;     v14 = fcmp ge v3, v13  ; v13 = 0.0
;;     v15 = uextend.i32 v14
;;     v16 = iadd v12, v15
;;     v17 = fcmp ne v4, v4
;;     v18 = uextend.i32 v17
;;     v19 = iadd v16, v18
;;     v20 = iconst.i32 0
;;     v21 = icmp eq v1, v20  ; v20 = 0
;;     v22 = uextend.i32 v21
;;     v23 = iadd v19, v22
;;     return v23
;; }
;;
;; ;; function 1 (branch)
;; function u0:1(i64 vmctx, i32, i32) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i32):
;;     v4 = icmp ugt v1, v2
;;     v5 = uextend.i32 v4
;;     brif v5, block2, block3
;;
;; block2:
;;     v7 = iconst.i32 1
;;     jump block4(v7)  ; v7 = 1
;;
;; block3:
;;     v8 = iconst.i32 2
;;     jump block4(v8)  ; v8 = 2
;;
;; block4(v6: i32):
;;     return v6
;; }
;;
;; ;; function 2 (opposite)
;; function u0:2(i64 vmctx, f64, f64) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: f64, v2: f64):
;;     v4 = fcmp lt v1, v2
;;     v5 = uextend.i32 v4
;;     v6 = iconst.i32 0
;;     v7 = icmp eq v5, v6  ; v6 = 0
;;     v8 = uextend.i32 v7
;;     v9 = fcmp uge v1, v2
;;     v10 = select v9, v1, v2
;;     return v10
;; }
