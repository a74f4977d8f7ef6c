;; Integer references are a shift and a bit; conversions between hierarchies are nothing at all.
;;! lacks: call
;;! count 1: trapz v1, user17
(module
  (func (export "in") (param i32) (result (ref i31)) (ref.i31 (local.get 0)))
  (func (export "signed") (param (ref i31)) (result i32) (i31.get_s (local.get 0)))
  (func (export "unsigned") (param i31ref) (result i32) (i31.get_u (local.get 0)))
  (func (export "same") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func (export "out_and_in") (param anyref) (result anyref) (any.convert_extern (extern.convert_any (local.get 0)))))

;;= CLIF
;; ;; function 0 (in)
;; function u0:0(i64 vmctx, i32) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i32):
;;     v3 = iconst.i32 1
;;     v4 = ishl v1, v3  ; v3 = 1
;;     v5 = iconst.i32 1
;;     v6 = bor v4, v5  ; v5 = 1
;;     v7 = uextend.i64 v6
;;     return v7
;; }
;;
;; ;; function 1 (signed)
;; function u0:1(i64 vmctx, i64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     v3 = ireduce.i32 v1
;;     v4 = iconst.i32 1
;;     v5 = sshr v3, v4  ; v4 = 1
;;     return v5
;; }
;;
;; ;; function 2 (unsigned)
;; function u0:2(i64 vmctx, i64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;;                                 block0(v0: i64, v1: i64):
;; @0074                               trapz v1, user17
;;                                     v3 = ireduce.i32 v1
;;                                     v4 = iconst.i32 1
;;                                     v5 = ushr v3, v4  ; v4 = 1
;;                                     return v5
;; }
;;
;; ;; function 3 (same)
;; function u0:3(i64 vmctx, i64, i64) -> i32 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64, v2: i64):
;;     v4 = icmp eq v1, v2
;;     v5 = uextend.i32 v4
;;     return v5
;; }
;;
;; ;; function 4 (out_and_in)
;; function u0:4(i64 vmctx, i64) -> i64 tail {
;;     gv0 = vmctx
;;     gv1 = load.i64 notrap aligned readonly can_move gv0
;;     gv2 = load.i64 notrap aligned readonly can_move gv1
;;     stack_limit = gv2
;;
;; block0(v0: i64, v1: i64):
;;     return v1
;; }
