//! Contents → bytes → the same contents, by way of every accessor. What stands where in the bytes is
//! tested in `write.rs`, wrong bytes in `read.rs` and `hostile.rs`.

mod common;

use aot_format::dump::dump;
use aot_format::layout::SectionKind;
use aot_format::write::Contents;
use common::{Rng, contents_of, normal, random, sample, verify, walk};

#[track_caller]
fn round_trip(contents: &Contents<'_>) -> Vec<u8> {
    let bytes = contents.write().expect("within all limits");
    let artifact = verify(&bytes).expect("what was written is verified");
    let normal = normal(contents);
    let again = contents_of(&artifact, &normal);
    assert_eq!(again, normal);
    // And once more from what was read: the file has lost nothing.
    assert_eq!(again.write().expect("as large as before"), bytes);
    walk(&artifact);
    bytes
}

#[test]
fn the_rich_sample_has_every_section() {
    let bytes = round_trip(&sample::rich());
    let artifact = verify(&bytes).unwrap();
    for kind in SectionKind::ALL {
        assert!(!artifact.section_range(*kind).is_empty(), "the sample lacks {}", kind.label());
    }
}

#[test]
fn next_to_nothing() {
    round_trip(&sample::minimal());
    let nothing = Contents {
        types: vec![],
        functions: vec![],
        funcrefs: vec![],
        trampolines: vec![],
        exports: vec![],
        name: String::new(),
        producer: String::new(),
        text: vec![],
        ..sample::minimal()
    };
    round_trip(&nothing);
}

#[test]
fn random_contents() {
    let mut rng = Rng(0x1d87_2b41_9c3f_5a17);
    let mut sizes = 0;
    for _ in 0..500 {
        sizes += round_trip(&random::contents(&mut rng)).len();
    }
    assert!(sizes > 500 * 1000, "the contents are hardly random: {sizes} bytes in all");
}

#[test]
fn the_same_contents_give_the_same_bytes() {
    let first = sample::rich().write().unwrap();
    for _ in 0..20 {
        assert_eq!(sample::rich().write().unwrap(), first);
    }
    let names =
        Contents { function_names: sample::rich().function_names.into_iter().rev().collect(), ..sample::rich() };
    assert_eq!(names.write().unwrap(), first, "the order of names has no meaning");
    let images = Contents { images: sample::rich().images.into_iter().rev().collect(), ..sample::rich() };
    assert_eq!(images.write().unwrap(), first, "the order of images has no meaning");
}

#[test]
fn the_dump_names_everything() {
    let bytes = sample::rich().write().unwrap();
    let text = dump(&verify(&bytes).unwrap());
    let wanted = [
        r#"artifact of "rich""#,
        r"--everything \u{1b}[0m",
        "unknown",
        "explicit checks",
        "constant expressions",
        "(struct (field (mut i8)) (field (ref null 3)))",
        "(array (mut i16))",
        r#""host"."import 1" (table i64 1 18446744073709551615 externref)"#,
        "(memory 1 65536 shared)",
        "(func (param i32 f64 v128) (result i64 f32))",
        r#""übergabe" global 7"#,
        "start function 4",
        "i32.const -1 global.get 0 i32.add",
        "f32.const nan(0x7fc00001)",
        "elem 1: 3 items of funcref, passive",
        "data 0: 6 bytes, active in 1 at i32.const 7",
        "image of own memory 0: 4096 bytes at 0x2000",
        r#"4: type 0 text 0x20 +0x10 "start""#,
        "type 1: entry None host Some(0)",
        r#"custom section "note": 4 bytes"#,
    ];
    for line in wanted {
        assert!(text.contains(line), "no {line:?} in\n{text}");
    }
}
