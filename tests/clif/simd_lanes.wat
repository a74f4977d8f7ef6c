;; Vectors are bytes on the operand stack, in locals, parameters and results. Operators with the same
;; lanes hand each other what they made: of the casts to bytes between them, nobody uses the result.
;;! has: iadd
;;! has: splat
;;! has: extractlane
;;! has: insertlane
;;! has: shuffle
;;! has: swizzle
;;! has: vconst.i8x16
;;! has: select
(module
  (func $sum (param v128 i32) (result v128)
    (i32x4.mul (i32x4.add (local.get 0) (i32x4.splat (local.get 1))) (v128.const i32x4 1 2 3 4)))
  (func $bytes (param v128 v128) (result v128)
    (i8x16.swizzle
      (i8x16.shuffle 0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31 (local.get 0) (local.get 1))
      (local.get 1)))
  (func $lanes (param v128) (result i32 v128)
    (i16x8.extract_lane_s 3 (local.get 0))
    (i8x16.replace_lane 15 (local.get 0) (i32.const 300)))
  (func $choose (param v128 i32) (result v128) (local v128)
    (select (local.get 0) (local.get 2) (local.get 1))))

;;= CLIF
;; ;; function 0 (sum)
;; function u0:0(i64 vmctx, i8x16, i32) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     const0 = 0x00000004000000030000000200000001
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i32):
;;     v4 = splat.i32x4 v2
;;     v5 = bitcast.i8x16 little v4
;;     v6 = bitcast.i32x4 little v1
;;     v7 = iadd v6, v4
;;     v8 = bitcast.i8x16 little v7
;;     v9 = vconst.i8x16 const0
;;     v10 = bitcast.i32x4 little v9  ; v9 = const0
;;     v11 = imul v7, v10
;;     v12 = bitcast.i8x16 little v11
;;     return v12
;; }
;;
;; ;; function 1 (bytes)
;; function u0:1(i64 vmctx, i8x16, i8x16) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i8x16):
;;     v4 = shuffle v1, v2, 0x1f1e1d1c1b1a19180706050403020100
;;     v5 = swizzle v4, v2
;;     return v5
;; }
;;
;; ;; function 2 (lanes)
;; function u0:2(i64 vmctx, i8x16) -> i32, i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16):
;;     v4 = bitcast.i16x8 little v1
;;     v5 = extractlane v4, 3
;;     v6 = sextend.i32 v5
;;     v7 = iconst.i32 300
;;     v8 = ireduce.i8 v7  ; v7 = 300
;;     v9 = insertlane v1, v8, 15
;;     return v6, v9
;; }
;;
;; ;; function 3 (choose)
;; function u0:3(i64 vmctx, i8x16, i32) -> i8x16 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     const0 = 0x00000000000000000000000000000000
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i8x16, v2: i32):
;;     v4 = vconst.i8x16 const0
;;     v5 = select v2, v1, v4  ; v4 = const0
;;     return v5
;; }
