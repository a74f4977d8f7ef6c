;; Types that differ anywhere in their recursive group are different: the error shows both, written out.
;;! not linked: the compiler names the types of a module by their numbers
(module $maker
  (rec
    (type $tree (struct (field (ref null $tree)) (field $leaf (ref null $leaf))))
    (type $leaf (struct (field i32))))
  (type $open (sub (struct)))
  (func (export "tree") (result (ref null $tree)) (ref.null $tree))
  (global (export "leaf") (ref null $leaf) (ref.null $leaf))
  (table (export "open") 1 (ref null $open))
  (tag (export "grown") (param (ref null $leaf))))
(module $main
  (rec
    (type $tree (struct (field (ref null $tree)) (field $leaf (ref null $leaf))))
    (type $leaf (struct (field (mut i32)))))
  (type $open (sub final (struct)))
  (import "maker" "tree" (func (result (ref null $tree))))
  (import "maker" "leaf" (global (ref null $leaf)))
  (import "maker" "open" (table 1 (ref null $open)))
  (import "maker" "grown" (tag (param (ref null $leaf)))))

;;! link-error: imports "maker"."tree" (func (result (ref null | (struct (field (mut i32))) | found (func (result | is (struct (field i32))
;;! link-error: imports "maker"."leaf" (global (ref null | where | found (global (ref null
;;! link-error: imports "maker"."open" (table 1 (ref null | is (struct) | is (sub (struct))
;;! link-error: imports "maker"."grown" (tag (func (param (ref null | (mut i32) | is (struct (field i32))
