//! Functions that are compiled otherwise than most: with so many locals and branches that locals live in the frame, and
//! with loops so deep that the code is not optimised (`compiler/src/translate/survey.rs`, `compiler/src/codegen/effort.rs`).

use std::fmt::Write as _;

/// Locals of all types.
const LOCALS: usize = 600;
/// Targets of a branch that make them too many for variables.
const TARGETS: usize = 30_000;
/// Loops in each other.
const LOOPS: usize = 120;

/// The modules, with their names, as text.
pub fn modules() -> Vec<(&'static str, String)> {
    let numbers = [("i32", "i32.const"), ("i64", "i64.const"), ("f32", "f32.const"), ("f64", "f64.const")];
    let vectors = [("i32", "i32.const"), ("v128", "v128.const i64x2 -77")];
    vec![("many locals", many_locals(&numbers)), ("many vectors", many_locals(&vectors)), ("deep loops", deep_loops())]
}

/// A function of a parameter of each of these types, the first of which is i32: it sets many locals, then some by others as
/// the first parameter's bits say, and returns what they come to.
fn many_locals(types: &[(&str, &str)]) -> String {
    let locals = LOCALS / types.len();
    let names: Vec<&str> = types.iter().map(|(ty, _)| *ty).collect();
    let add = |ty: &str| if ty == "v128" { "i64x2.add".to_owned() } else { format!("{ty}.add") };
    let local = |kind: usize, number: usize| types.len() * (1 + number % locals) + kind;
    let mut text = format!("(module (func (export \"f\") (param {0}) (result {0}) (local", names.join(" "));
    (0..locals).for_each(|_| names.iter().for_each(|ty| text.extend([" ", ty])));
    text.push_str(")\n");
    for number in 0..locals {
        for (kind, (ty, constant)) in types.iter().enumerate() {
            let add = add(ty);
            let _ =
                writeln!(text, "(local.set {} ({add} (local.get {kind}) ({constant} {number})))", local(kind, number));
        }
    }
    for number in 0..locals {
        for (kind, (ty, _)) in types.iter().enumerate() {
            let (add, one, other) = (add(ty), local(kind, number), local(kind, number * 7 + 1));
            let bit = (number * types.len() + kind) % 32;
            let _ = writeln!(
                text,
                "(block (br_if 0 (i32.and (local.get 0) (i32.const {})))
                    (drop (local.tee {one} ({add} (local.get {one}) (local.get {other})))))",
                1u64 << bit
            );
        }
    }
    let _ = writeln!(text, "(block (br_table {}(local.get 0)))", "0 ".repeat(TARGETS));
    for (kind, (ty, _)) in types.iter().enumerate() {
        let _ = writeln!(text, "(local.get {})", local(kind, 0));
        (1..locals).for_each(|number| {
            let _ = writeln!(text, "(local.get {}) ({})", local(kind, number), add(ty));
        });
    }
    text + "))"
}

/// A function that goes round loops in each other, some more often than others.
fn deep_loops() -> String {
    let mut text =
        "(module (memory 1) (func (export \"f\") (param $x i32) (param $y f64) (result i32 f64) (local $n i32)\n"
            .to_owned();
    (0..LOOPS).for_each(|depth| {
        let _ = writeln!(text, "(loop $l{depth} (local.set $x (i32.xor (local.get $x) (i32.const {})))", depth * 40503);
    });
    for depth in (0..LOOPS).rev() {
        let _ = writeln!(
            text,
            "(local.set $x (i32.add (i32.mul (local.get $x) (i32.const 31)) (i32.const {depth})))
             (i32.store offset={depth} (i32.const 0) (local.get $x))
             (local.set $y (f64.add (local.get $y) (f64.convert_i32_s (i32.load (i32.const {depth})))))
             (local.set $n (i32.add (local.get $n) (i32.const 1)))
             (br_if $l{depth} (i32.and (i32.lt_u (local.get $n) (i32.const 300))
                (i32.eqz (i32.rem_u (local.get $n) (i32.const {}))))))",
            depth % 11 + 2
        );
    }
    text + "(local.get $x) (local.get $y)))"
}
