;; Conversions: trapping ones trap in the instruction, saturating ones do not.
;;! has: fcvt_to_sint
;;! has: fcvt_to_uint_sat
;;! has: fcvt_from_uint
;;! has: bitcast
(module
  (func $trapping (param f32 f64) (result i64)
    (drop (i32.trunc_f32_s (local.get 0))) (drop (i32.trunc_f64_u (local.get 1)))
    (i64.trunc_f64_s (local.get 1)))
  (func $saturating (param f32 f64) (result i64)
    (drop (i32.trunc_sat_f32_u (local.get 0))) (i64.trunc_sat_f64_s (local.get 1)))
  (func $widths (param i32 i64) (result f64)
    (drop (i64.extend_i32_s (local.get 0))) (drop (i64.extend_i32_u (local.get 0)))
    (drop (i32.wrap_i64 (local.get 1)))
    (drop (f32.convert_i32_u (local.get 0))) (drop (f32.demote_f64 (f64.convert_i64_s (local.get 1))))
    (f64.promote_f32 (f32.reinterpret_i32 (local.get 0)))))

;;= CLIF
;; ;; function 0 (trapping)
;; function u0:0(i64 vmctx, f32, f64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: f32, v2: f64):
;; @0024                               v4 = fcvt_to_sint.i32 v1
;; @0028                               v5 = fcvt_to_uint.i32 v2
;; @002c                               v6 = fcvt_to_sint.i64 v2
;;                                     return v6
;; }
;;
;; ;; function 1 (saturating)
;; function u0:1(i64 vmctx, f32, f64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: f32, v2: f64):
;;     v4 = fcvt_to_uint_sat.i32 v1
;;     v5 = fcvt_to_sint_sat.i64 v2
;;     return v5
;; }
;;
;; ;; function 2 (widths)
;; function u0:2(i64 vmctx, i32, i64) -> f64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32, v2: i64):
;;     v4 = sextend.i64 v1
;;     v5 = uextend.i64 v1
;;     v6 = ireduce.i32 v2
;;     v7 = fcvt_from_uint.f32 v1
;;     v8 = fcvt_from_sint.f64 v2
;;     v9 = fdemote.f32 v8
;;     v10 = bitcast.f32 v1
;;     v11 = fpromote.f64 v10
;;     return v11
;; }
