;; Float operators. min, max, nearest and the rest are single operators of the code generator.
;;! has: fmin
;;! has: nearest
;;! has: fcopysign
;;! has: sqrt
(module
  (func $f32 (param f32 f32) (result f32)
    (f32.add (local.get 0) (local.get 1)) (f32.sub (local.get 1)) (f32.mul (local.get 1)) (f32.div (local.get 1))
    (f32.min (local.get 1)) (f32.max (local.get 1)) (f32.copysign (local.get 1)))
  (func $f64 (param f64) (result f64)
    (f64.abs (local.get 0)) f64.neg f64.ceil f64.floor f64.trunc f64.nearest f64.sqrt))

;;= CLIF
;; ;; function 0 (f32)
;; function u0:0(i64 vmctx, f32, f32) -> f32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: f32, v2: f32):
;;     v4 = fadd v1, v2
;;     v5 = fsub v4, v2
;;     v6 = fmul v5, v2
;;     v7 = fdiv v6, v2
;;     v8 = fmin v7, v2
;;     v9 = fmax v8, v2
;;     v10 = fcopysign v9, v2
;;     return v10
;; }
;;
;; ;; function 1 (f64)
;; function u0:1(i64 vmctx, f64) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: f64):
;;     v3 = fabs v1
;;     v4 = fneg v3
;;     v5 = ceil v4
;;     v6 = floor v5
;;     v7 = trunc v6
;;     v8 = nearest v7
;;     v9 = sqrt v8
;;     return v9
;; }
