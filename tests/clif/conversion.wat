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
