(module $given_lib
  (global $last (mut i32) (i32.const 0))
  (func (export "next") (result i32)
    (global.set $last (i32.add (global.get $last) (i32.const 1)))
    (global.get $last)))
