;; Exceptions as they were before they were standardised.
(module
  (tag $a (param i32))
  (tag $b)
  (func $throw (param i32)
    (if (i32.eq (local.get 0) (i32.const 0)) (then (throw $a (i32.const 11))))
    (if (i32.eq (local.get 0) (i32.const 1)) (then (throw $b))))
  (func (export "catch") (param i32) (result i32)
    try (result i32) local.get 0 call $throw i32.const 1 catch $a catch $b i32.const 2 end)
  (func (export "catch_all") (param i32) (result i32)
    try (result i32) local.get 0 call $throw i32.const 1 catch_all i32.const 3 end)
  (func (export "rethrow") (param i32) (result i32)
    try (result i32)
      try (result i32) local.get 0 call $throw i32.const 1 catch_all rethrow 0 end
    catch $a end)
  (func (export "delegate") (param i32) (result i32)
    try (result i32)
      try (result i32) try (result i32) local.get 0 call $throw i32.const 1 delegate 0 catch $b i32.const 4 end
    catch_all i32.const 5 end))
