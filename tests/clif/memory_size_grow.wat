;; Size is the length in bytes divided by the page size; growing is a builtin.
;;! has: ushr_imm
;;! has: call_indirect
(module
  (memory 1)
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0))))
