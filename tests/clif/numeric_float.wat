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
