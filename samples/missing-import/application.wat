;; One import that links and five that cannot, each for a reason of its own.

(module $application
  (import "library" "present" (func (param i32) (result i32)))
  ;; The library has no such export.
  (import "library" "absent" (func))
  ;; There is no such module.
  (import "nowhere" "anything" (func))
  ;; The library has the function, of another type.
  (import "library" "narrow" (func (param i64) (result i64)))
  ;; It has the global, but not a mutable one.
  (import "library" "limit" (global (mut i64)))
  ;; It has the memory, but a smaller one.
  (import "library" "memory" (memory 4))

  (func (export "_start")))
