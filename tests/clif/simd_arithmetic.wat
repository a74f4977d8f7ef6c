;; What is not one CLIF instruction for one operator: products and sums that widen, conversions by way
;; of wider lanes, pseudo-minimum, tests of lanes. The relaxed operators are deterministic.
;;! has: iadd_pairwise
;;! has: snarrow
;;! has: uunarrow
;;! has: bitselect
;;! has: vany_true
;;! has: vall_true
;;! has: vhigh_bits
;;! lacks: fma
(module
  (func $dot (param v128 v128) (result v128) (i32x4.dot_i16x8_s (local.get 0) (local.get 1)))
  (func $extmul (param v128 v128) (result v128) (i64x2.extmul_high_i32x4_u (local.get 0) (local.get 1)))
  (func $extadd (param v128) (result v128) (i16x8.extadd_pairwise_i8x16_u (local.get 0)))
  (func $shift (param v128 i32) (result v128) (i8x16.shr_s (local.get 0) (local.get 1)))
  (func $truncate (param v128) (result v128 v128)
    (i32x4.trunc_sat_f64x2_s_zero (local.get 0)) (i32x4.trunc_sat_f64x2_u_zero (local.get 0)))
  (func $convert (param v128) (result v128) (f64x2.convert_low_i32x4_u (local.get 0)))
  (func $pmin (param v128 v128) (result v128) (f32x4.pmin (local.get 0) (local.get 1)))
  (func $pmax (param v128 v128) (result v128) (f64x2.pmax (local.get 0) (local.get 1)))
  (func $tests (param v128) (result i32 i32 i32)
    (v128.any_true (local.get 0)) (i16x8.all_true (local.get 0)) (i64x2.bitmask (local.get 0)))
  (func $nmadd (param v128 v128 v128) (result v128)
    (f32x4.relaxed_nmadd (local.get 0) (local.get 1) (local.get 2))))

;;= CLIF
;; ;; function 0 (dot)
;; function u0:0(i64 vmctx, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     v4 = bitcast.i16x8 little v2
;;     v5 = bitcast.i16x8 little v1
;;     v6 = swiden_low v5
;;     v7 = swiden_low v4
;;     v8 = imul v6, v7
;;     v9 = swiden_high v5
;;     v10 = swiden_high v4
;;     v11 = imul v9, v10
;;     v12 = iadd_pairwise v8, v11
;;     v13 = bitcast.i8x16 little v12
;;     return v13
;; }
;;
;; ;; function 1 (extmul)
;; function u0:1(i64 vmctx, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     v4 = bitcast.i32x4 little v2
;;     v5 = bitcast.i32x4 little v1
;;     v6 = uwiden_high v5
;;     v7 = uwiden_high v4
;;     v8 = imul v6, v7
;;     v9 = bitcast.i8x16 little v8
;;     return v9
;; }
;;
;; ;; function 2 (extadd)
;; function u0:2(i64 vmctx, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16):
;;     v3 = uwiden_low v1
;;     v4 = uwiden_high v1
;;     v5 = iadd_pairwise v3, v4
;;     v6 = bitcast.i8x16 little v5
;;     return v6
;; }
;;
;; ;; function 3 (shift)
;; function u0:3(i64 vmctx, i8x16, i32) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i32):
;;     v4 = sshr v1, v2
;;     return v4
;; }
;;
;; ;; function 4 (truncate)
;; function u0:4(i64 vmctx, i8x16) -> i8x16, i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     const0 = 0x00000000000000000000000000000000
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16):
;;     v4 = bitcast.f64x2 little v1
;;     v5 = fcvt_to_sint_sat.i64x2 v4
;;     v6 = vconst.i64x2 const0
;;     v7 = snarrow v5, v6  ; v6 = const0
;;     v8 = bitcast.i8x16 little v7
;;     v9 = bitcast.f64x2 little v1
;;     v10 = fcvt_to_uint_sat.i64x2 v9
;;     v11 = vconst.i64x2 const0
;;     v12 = uunarrow v10, v11  ; v11 = const0
;;     v13 = bitcast.i8x16 little v12
;;     return v8, v13
;; }
;;
;; ;; function 5 (convert)
;; function u0:5(i64 vmctx, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16):
;;     v3 = bitcast.i32x4 little v1
;;     v4 = uwiden_low v3
;;     v5 = fcvt_from_uint.f64x2 v4
;;     v6 = bitcast.i8x16 little v5
;;     return v6
;; }
;;
;; ;; function 6 (pmin)
;; function u0:6(i64 vmctx, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     v4 = bitcast.f32x4 little v2
;;     v5 = bitcast.f32x4 little v1
;;     v6 = fcmp lt v4, v5
;;     v7 = bitcast.f32x4 little v6
;;     v8 = bitselect v7, v4, v5
;;     v9 = bitcast.i8x16 little v8
;;     return v9
;; }
;;
;; ;; function 7 (pmax)
;; function u0:7(i64 vmctx, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     v4 = bitcast.f64x2 little v2
;;     v5 = bitcast.f64x2 little v1
;;     v6 = fcmp lt v5, v4
;;     v7 = bitcast.f64x2 little v6
;;     v8 = bitselect v7, v4, v5
;;     v9 = bitcast.i8x16 little v8
;;     return v9
;; }
;;
;; ;; function 8 (tests)
;; function u0:8(i64 vmctx, i8x16) -> i32, i32, i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16):
;;     v5 = vany_true v1
;;     v6 = uextend.i32 v5
;;     v7 = bitcast.i16x8 little v1
;;     v8 = vall_true v7
;;     v9 = uextend.i32 v8
;;     v10 = bitcast.i64x2 little v1
;;     v11 = vhigh_bits.i32 v10
;;     return v6, v9, v11
;; }
;;
;; ;; function 9 (nmadd)
;; function u0:9(i64 vmctx, i8x16, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16, v3: i8x16):
;;     v5 = bitcast.f32x4 little v3
;;     v6 = bitcast.f32x4 little v2
;;     v7 = bitcast.f32x4 little v1
;;     v8 = fneg v7
;;     v9 = fmul v8, v6
;;     v10 = fadd v9, v5
;;     v11 = bitcast.i8x16 little v10
;;     return v11
;; }
