//! Tests of the operators on collected objects: every one of them, for every target and setting, and what
//! must stand in the stack maps.

use super::test_support::{check, check_for, clif, compile, isas, translate_with, vector_isas};
use super::{SERVICE_NAMESPACE, TranslateSettings};

/// Storage types with what pushes one, and how a field or element is read.
const STORAGES: [(&str, &str, &[&str]); 8] = [
    ("i8", "i32.const -1", &["get_s", "get_u"]),
    ("i16", "i32.const -1", &["get_s", "get_u"]),
    ("i32", "i32.const -1", &["get"]),
    ("i64", "i64.const -1", &["get"]),
    ("f32", "f32.const 1", &["get"]),
    ("f64", "f64.const 1", &["get"]),
    ("anyref", "ref.i31 (i32.const 1)", &["get"]),
    ("(ref null $func)", "ref.null $func", &["get"]),
];

fn structures(storage: &str, value: &str, reads: &[&str]) -> String {
    let mut body = String::new();
    for nullable in ["", "null"] {
        for read in reads {
            body += &format!(
                "(func (param (ref {nullable} $s)) (drop (struct.{read} $s 0 (local.get 0))) \
                 (drop (struct.{read} $s 700 (local.get 0))))"
            );
        }
        body += &format!("(func (param (ref {nullable} $s)) (struct.set $s 700 (local.get 0) ({value})))");
    }
    // The last field is far enough from the start that null has to be looked for.
    let fields = format!("(field (mut {storage}))").repeat(701);
    format!(
        "(module (type $func (func)) (type $s (struct {fields})) (type $small (struct (field {storage}) (field {storage}))) \
         {body} (func (result (ref $small)) (struct.new $small ({value}) ({value}))) \
         (func (result (ref $small)) (struct.new_default $small)) (func (result anyref) (struct.new_default $s)))"
    )
}

fn arrays(storage: &str, value: &str, reads: &[&str]) -> String {
    let mut body = String::new();
    for nullable in ["", "null"] {
        let array = format!("(param $a (ref {nullable} $a)) (param $i i32) (param $n i32)");
        for read in reads {
            body += &format!("(func {array} (drop (array.{read} $a (local.get $a) (local.get $i))))");
        }
        body += &format!(
            "(func {array} (array.set $a (local.get $a) (local.get $i) ({value})) \
             (array.fill $a (local.get $a) (local.get $i) ({value}) (local.get $n)) \
             (array.copy $a $a (local.get $a) (local.get $i) (local.get $a) (local.get $n) (local.get $n)) \
             (drop (array.len (local.get $a))))"
        );
    }
    format!(
        "(module (type $func (func)) (type $a (array (mut {storage}))) {body} \
         (func (param i32) (result (ref $a)) (array.new $a ({value}) (local.get 0))) \
         (func (param i32) (result (ref $a)) (array.new_default $a (local.get 0))) \
         (func (result (ref $a)) (array.new_fixed $a 3 ({value}) ({value}) ({value}))))"
    )
}

#[test]
fn fields_and_elements_of_every_kind() {
    for (storage, value, reads) in STORAGES {
        check(&structures(storage, value, reads));
        check(&arrays(storage, value, reads));
    }
    let vector = "v128.const i64x2 1 2";
    check_for(&vector_isas(), &structures("v128", vector, &["get"]));
    check_for(&vector_isas(), &arrays("v128", vector, &["get"]));
}

#[test]
fn arrays_from_segments() {
    check(
        "(module (type $b (array (mut i8))) (type $l (array (mut i64))) (type $r (array (mut anyref))) (data $d \"12345678\")
           (elem $e anyref (item (ref.i31 (i32.const 1))))
           (func (param i32 i32) (result (ref $b)) (array.new_data $b $d (local.get 0) (local.get 1)))
           (func (param i32 i32) (result (ref $l)) (array.new_data $l $d (local.get 0) (local.get 1)))
           (func (param i32 i32) (result (ref $r)) (array.new_elem $r $e (local.get 0) (local.get 1)))
           (func (param (ref $b)) (array.init_data $b $d (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3)))
           (func (param (ref null $r)) (array.init_elem $r $e (local.get 0) (i32.const 1) (i32.const 2) (i32.const 3))))",
    );
}

#[test]
fn casts_between_all_heap_types() {
    let internal = ["any", "eq", "i31", "struct", "array", "none", "$base", "$leaf", "$deep", "$row"];
    let functions = ["func", "nofunc", "$open", "$closed"];
    let others = [["extern", "noextern"], ["exn", "noexn"]];
    // More supertypes than every descriptor has room for.
    let chain: String = (0..10).map(|depth| format!("(type $d{} (sub $d{depth} (struct)))", depth + 1)).collect();
    let types = format!(
        "(type $base (sub (struct (field i32)))) (type $leaf (sub final $base (struct (field i32) (field i64)))) \
         (type $row (array (mut anyref))) (type $d0 (sub (struct))) {chain} (type $deep (sub final $d10 (struct))) \
         (type $open (sub (func))) (type $closed (func (param i32)))"
    );
    let hierarchies: [&[&str]; 4] = [&internal, &functions, &others[0], &others[1]];
    for heaps in hierarchies {
        let top = heaps[0];
        let mut body = String::new();
        for heap in heaps {
            for (from, to) in [("", ""), ("", "null"), ("null", ""), ("null", "null")] {
                body += &format!(
                    "(func (param (ref {from} {top})) (result i32) (ref.test (ref {to} {heap}) (local.get 0))) \
                     (func (param (ref {from} {top})) (result (ref {to} {heap})) (ref.cast (ref {to} {heap}) (local.get 0)))"
                );
                if (from, to) != ("", "null") {
                    body += &format!(
                        "(func (param (ref {from} {top})) (result i32) \
                         (block $yes (result (ref {to} {heap})) \
                           (drop (br_on_cast $yes (ref {from} {top}) (ref {to} {heap}) (local.get 0))) (return (i32.const 0))) \
                         (drop) (i32.const 1)) \
                         (func (param (ref {from} {top})) (result (ref {to} {heap})) (block $no (result (ref null {top})) \
                           (return (br_on_cast_fail $no (ref {from} {top}) (ref {to} {heap}) (local.get 0)))) (unreachable))"
                    );
                }
            }
        }
        check(&format!("(module {types} {body})"));
    }
    check(
        "(module (func (param externref) (result externref) (extern.convert_any (any.convert_extern (local.get 0)))))",
    );
}

/// What stands behind `stack_map=` in the CLIF of a function, for each call that has one.
fn stack_maps(wat: &str) -> Vec<usize> {
    let text = clif(wat);
    let maps = text.lines().filter_map(|line| line.split_once("stack_map=["));
    maps.map(|(_, map)| map.split(']').next().unwrap_or("").split(',').count()).collect()
}

/// Wherever a reference comes from, it is kept across a call; references to functions and numbers are not.
#[test]
fn what_lives_across_a_call_is_in_its_stack_map() {
    let after = |ty: &str, make: &str| {
        stack_maps(&format!(
            "(module (type $s (struct (field (mut anyref)))) (type $a (array (mut externref))) (type $f (func))
               (import \"\" \"call\" (func $call)) (import \"\" \"get\" (func $get (result {ty})))
               (import \"\" \"many\" (func $many (result {ty} {ty}))) (import \"\" \"use\" (func $use (param {ty})))
               (import \"\" \"imported\" (global $imported {ty})) (import \"\" \"mutable\" (global $mutable (mut {ty})))
               (import \"\" \"t\" (table $t 1 anyref)) (import \"\" \"x\" (table $x 1 externref))
               (tag $e (param {ty}))
               (func (param $p {ty}) (param $c i32) (param $s (ref $s)) (param $a (ref $a)) (local $l {ty})
                 {make} (call $call) (call $use)))"
        ))
    };
    for ty in ["anyref", "externref", "exnref", "eqref", "i31ref", "structref", "(ref null $s)", "(ref null $a)"] {
        let made = [
            "(local.get $p)",
            "(local.tee $l (local.get $p))",
            "(call $get)",
            "(global.get $imported)",
            "(global.get $mutable)",
            &format!("(select (result {ty}) (local.get $p) (call $get) (local.get $c))"),
            &format!("(block (result {ty}) (br_if 0 (local.get $p) (local.get $c)) (drop) (call $get))"),
            &format!("(if (result {ty}) (local.get $c) (then (local.get $p)) (else (call $get)))"),
            &format!("(try_table (result {ty}) (call $get))"),
            &format!("(block $h (result {ty}) (try_table (catch $e $h) (call $call)) (unreachable))"),
        ];
        for make in made {
            let maps = after(ty, make);
            assert_eq!(maps.last(), Some(&1), "{ty}: {make}");
        }
        assert_eq!(after(ty, "(call $many) (call $call) (call $use)").iter().max(), Some(&2), "{ty}");
    }
    for (ty, make) in [
        ("anyref", "(struct.get $s 0 (local.get $s))"),
        ("anyref", "(table.get $t (local.get $c))"),
        ("externref", "(array.get $a (local.get $a) (local.get $c))"),
        ("externref", "(table.get $x (local.get $c))"),
        ("anyref", "(struct.new $s (local.get $p))"),
        ("anyref", "(array.new $a (ref.null extern) (local.get $c))"),
        ("externref", "(extern.convert_any (struct.new_default $s))"),
        ("(ref $s)", "(ref.cast (ref $s) (table.get $t (local.get $c)))"),
        ("exnref", "(block $h (result exnref) (try_table (catch_all_ref $h) (call $call)) (unreachable))"),
        ("(ref null $s)", "(loop (result (ref null $s)) (local.get $p) (br_if 0 (local.get $c)))"),
    ] {
        assert_eq!(after(ty, make).last(), Some(&1), "{ty}: {make}");
    }
    for (ty, value) in [("funcref", "(local.get $p)"), ("(ref null $f)", "(local.get $p)"), ("i64", "(i64.const 1)")] {
        assert_eq!(after(ty, value), [], "{ty}");
    }
}

/// Every call that may collect goes through a service trampoline, which notes where its caller stands.
#[test]
fn what_collects_is_called_through_a_trampoline() {
    let isa = &isas()[0];
    let wat = "(module (type $s (struct)) (type $a (array i32)) (data $d \"1234\")
        (func (param i32) (result anyref) (struct.new $s))
        (func (param i32) (result anyref) (array.new_default $a (local.get 0)))
        (func (param i32) (result anyref) (array.new_data $a $d (i32.const 0) (local.get 0))))";
    for func in translate_with(wat, &TranslateSettings::new(&**isa)).unwrap() {
        compile(&func, &**isa);
        let names: Vec<u32> = func.params.user_named_funcs().values().map(|name| name.namespace).collect();
        assert_eq!(names, [SERVICE_NAMESPACE]);
        assert!(!func.to_string().contains("call_indirect"), "{func}");
    }
}
