;; With NaN canonicalization every float operation that can make a NaN is followed by the canonical one.
;;! options: --enable-nan-canonicalization
(module (func $f (param f64 f64) (result f64) (f64.add (local.get 0) (local.get 1))))
