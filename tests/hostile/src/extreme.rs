//! Modules of a hundred kilobytes or so that were made to cost a compiler much: each goes on about one thing that some
//! phase does a step for, in hope that it is a step for each of something else. Most are valid.

use std::fmt::Write as _;

/// The modules, by what they go on about.
///
/// # Panics
///
/// If one of them is no text of a module.
pub fn modules() -> Vec<(&'static str, Vec<u8>)> {
    let function = |body: &str| format!("(module (memory 1) (func $f) (func (param i64 i64) (local i32 i64) {body}))");
    let each = |count: usize, text: &dyn Fn(usize) -> String| (0..count).map(text).collect::<String>();
    let many = |count: usize, text: &str| text.repeat(count);
    let locals = |count: usize, ty: &str, body: &str| {
        format!("(module (func $f) (func (local {}) {body}))", format!("{ty} ").repeat(count))
    };
    let numbers = many(1000, "i64 ");
    let wide = |body: &str| {
        format!(
            "(module (type $wide (func (param {numbers}) (result {numbers}))) (func $g (type $wide) unreachable)
                (func {} {body} {}))",
            many(1000, "i64.const 0 "),
            many(1000, "drop ")
        )
    };
    let increment = |index: usize| format!("(local.set {index} (i64.add (local.get {index}) (i64.const 1)))");
    let again = "(br_if 0 (i64.eqz (local.get 0)))";
    let fields = many(10_000, "(field (mut i64))");
    let list: Vec<(&str, String)> = vec![
        ("blocks in blocks", function(&(many(40_000, "block ") + &many(40_000, "end ")))),
        ("conditions in conditions", function(&(many(30_000, "(if (i32.const 1) (then ") + &many(30_000, "))")))),
        ("loops one after the other", function(&many(8000, &format!("(loop {again} {})", increment(0))))),
        (
            "loops in loops",
            locals(200, "i64", &(many(4000, "loop ") + &each(200, &increment) + &many(4000, &format!("{again} end ")))),
        ),
        (
            "loops in loops, of many locals",
            locals(
                8000,
                "i64",
                &(many(1000, "loop ") + &each(8000, &increment) + &many(1000, &format!("{again} end "))),
            ),
        ),
        (
            "loops of many locals",
            locals(
                10_000,
                "i64",
                &(each(10_000, &increment) + &many(3000, &format!("(loop {again})")) + &each(10_000, &increment)),
            ),
        ),
        (
            "loops of many references",
            locals(
                10_000,
                "anyref",
                &(many(3000, "loop ")
                    + &each(10_000, &|index| format!("(local.set {index} (ref.null any))"))
                    + &many(3000, "(br_if 0 (ref.is_null (local.get 0))) end ")),
            ),
        ),
        (
            "conditions and many locals",
            locals(
                10_000,
                "i64",
                &(many(10_000, "(if (i64.eqz (local.get 0)) (then (call $f)))") + &each(10_000, &increment)),
            ),
        ),
        (
            "locals that nobody uses",
            format!("(module {})", many(10_000, &format!("(func (local {}))", many(1000, "i64 ")))),
        ),
        ("targets of a branch", function(&format!("block (br_table {}(i32.const 0)) end", many(100_000, "0 ")))),
        (
            "branches of many targets",
            function(&many(100, &format!("block (br_table {}(i32.const 0)) end ", many(1000, "0 ")))),
        ),
        (
            "different targets",
            function(&format!(
                "{} (br_table {}(i32.const 0)) {}",
                many(10_000, "block "),
                each(10_000, &|index| format!("{index} ")),
                many(10_000, "end ")
            )),
        ),
        ("calls", function(&many(50_000, "call $f "))),
        ("calls of many operands", wide(&many(30_000, "call $g "))),
        ("blocks of many operands", wide(&many(30_000, "block (type $wide) end "))),
        ("loops of many operands", wide(&many(30_000, "loop (type $wide) end "))),
        ("branches with many operands", wide(&many(20_000, "block (type $wide) i32.const 0 br_if 0 end "))),
        (
            "small functions that pass on many operands",
            format!(
                "(module (func $g (result {numbers}) unreachable) (func $h (param {numbers})) {})",
                many(10_000, "(func call $g call $h)")
            ),
        ),
        (
            "functions of many parameters",
            format!(
                "(module (type $wide (func (param {numbers}) (result {numbers}))) {})",
                many(20_000, "(func (type $wide) unreachable)")
            ),
        ),
        (
            "catches in catches",
            format!(
                "(module (tag $t) (func $f) (func block {} {} end))",
                many(10_000, "try_table (catch 0 0) call $f "),
                many(10_000, "end ")
            ),
        ),
        (
            "legacy catches in catches",
            format!(
                "(module (tag $t) (func $f) (func {} {}))",
                many(12_000, "try call $f "),
                many(12_000, "catch 0 end ")
            ),
        ),
        (
            "calls that many handlers are around",
            format!(
                "(module {} (func $f) (func (block (try_table {} {}))))",
                each(3000, &|index| format!("(tag $t{index})")),
                each(3000, &|index| format!("(catch $t{index} 0)")),
                many(40_000, "call $f ")
            ),
        ),
        (
            "structures of many fields",
            format!("(module (type $s (struct {fields})) (func {}))", many(25_000, "(drop (struct.new_default $s))")),
        ),
        (
            "fields of many",
            format!(
                "(module (type $s (struct {fields})) (func (param (ref $s)) {}))",
                many(15_000, "(drop (struct.get $s 9999 (local.get 0)))")
            ),
        ),
        (
            "arrays of many operands",
            format!(
                "(module (type $a (array i64)) (func {}))",
                many(50, &format!("{} array.new_fixed $a 1000 drop ", many(1000, "i64.const 0 ")))
            ),
        ),
        (
            "casts",
            format!(
                "(module (type $s (struct)) (func (param anyref) {}))",
                many(20_000, "(drop (ref.cast (ref $s) (local.get 0)))")
            ),
        ),
        (
            "references kept across calls",
            format!(
                "(module (type $s (struct)) (func $f) (func (local {}) {} {} {}))",
                many(800, "anyref "),
                each(800, &|index| format!("(local.set {index} (struct.new $s))")),
                many(10_000, "call $f "),
                each(800, &|index| format!("(drop (local.get {index}))"))
            ),
        ),
        ("a long sum", function(&format!("i32.const 0 {} drop", many(30_000, "i32.const 1 i32.add ")))),
        (
            "a deep sum",
            function(&format!("{} i32.const 0 {} drop", many(30_000, "i32.const 1 "), many(30_000, "i32.add "))),
        ),
        (
            "indices that are sums of the last",
            function(&format!(
                "(loop {} (br_if 0 (local.get 2)))",
                many(20_000, "(drop (i32.load (local.tee 2 (i32.add (local.get 2) (i32.const 1)))))")
            )),
        ),
        (
            "an index from many edges of a table",
            function(&format!(
                "(loop (local.set 2 (i32.const 7))
                   (block (br_if 0 (local.get 2)) (local.set 2 (i32.const 5)) (br_table {} (local.get 2)))
                   (drop (i32.load (i32.add (local.get 2) (i32.const 1024)))) (br_if 0 (local.get 2)))",
                many(60_000, "0 ")
            )),
        ),
        (
            "compared sums of many",
            locals(
                20,
                "i32",
                &format!(
                    "(block $out (loop (local.get 0) {} drop
                       (drop (i32.load (i32.add (i32.and (local.get 1) (i32.const 255)) (i32.const 1024)))) {}
                       (br_if 0 (local.tee 0 (local.get 1)))))",
                    each(19, &|index| format!("{} local.tee {} ", many(1500, "i32.const 1 i32.add "), index + 1)),
                    each(18, &|index| format!(
                        "(br_if $out (i32.lt_s (local.get {}) (local.get {})))",
                        index + 1,
                        index + 2
                    ))
                ),
            )
            .replace("(func $f)", "(memory 1) (func $f)"),
        ),
        (
            "a sum in loops that never go back",
            function(&format!(
                "(loop {} (local.get 2) {} i32.const 1023 i32.and i32.const 1024 i32.add i32.load drop {} (br_if 0 (local.get 2)))",
                many(14_000, "loop "),
                many(9000, "local.get 2 i32.add "),
                many(14_000, "end ")
            )),
        ),
        ("loads from loads", function(&format!("i32.const 0 {} drop", many(30_000, "i32.load ")))),
        ("divisions", function(&format!("local.get 0 {} drop", many(30_000, "local.get 1 i64.div_s ")))),
        ("selections", function(&format!("local.get 0 {} drop", many(20_000, "local.get 1 local.get 2 select ")))),
        (
            "shuffled vectors",
            format!(
                "(module (func (param v128) {} {} drop))",
                "local.get 0",
                many(20_000, "local.get 0 i8x16.swizzle ")
            ),
        ),
        ("copies", function(&many(10_000, "(memory.copy (i32.const 0) (i32.const 0) (i32.const 0))"))),
        (
            "a deep constant",
            format!("(module (global i32 {} i32.const 0 {}))", many(30_000, "i32.const 1 "), many(30_000, "i32.add ")),
        ),
        ("globals", format!("(module {})", many(20_000, "(global i32 (i32.const 0))"))),
        ("functions", format!("(module {})", many(25_000, "(func)"))),
        ("exports", format!("(module (func $f) {})", each(10_000, &|index| format!("(export \"{index}\" (func $f))")))),
        (
            "segments far apart",
            format!(
                "(module (memory 65536) {})",
                each(10_000, &|index| format!("(data (i32.const {}) \"x\")", index * 400_000))
            ),
        ),
        ("types", format!("(module {})", many(30_000, "(type (func))"))),
        ("types of one group", format!("(module (rec {}))", many(30_000, "(type (func))"))),
        ("types below types", format!("(module (type $t0 (sub (func))) {})", each(12_000, &|index| below(index)))),
    ];
    list.into_iter()
        .map(|(name, text)| (name, wat::parse_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))))
        .collect()
}

/// A type below the one before it, as deep as may be, then from the first again.
fn below(index: usize) -> String {
    let mut text = String::new();
    let above = if index.is_multiple_of(60) { 0 } else { index };
    let _ = write!(text, "(type $t{} (sub $t{above} (func)))", index + 1);
    text
}
