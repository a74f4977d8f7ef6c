//! Branch hints are advice: good ones move code and change no result, any others count for nothing.
//! What good ones do to the CLIF is in the snapshot `branch_hint`.

use wamrc::{Compiler, Options};

/// One function, whose body begins with its locals: `if` at offset 3, after a `local.get`.
const WAT: &str = "(module (func (export \"f\") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (i32.const 2)))))";
const IF_OFFSET: u8 = 3;

fn leb(value: usize) -> u8 {
    u8::try_from(value).ok().filter(|byte| *byte < 128).expect("a short section")
}

/// [`WAT`] with these sections of hints before its first one, which is where they may stand.
fn hinted(sections: &[&[u8]]) -> Vec<u8> {
    let plain = wat::parse_str(WAT).unwrap();
    let mut wasm = plain[..8].to_vec();
    let name = b"metadata.code.branch_hint";
    for section in sections {
        wasm.extend([0, leb(1 + name.len() + section.len()), leb(name.len())]);
        wasm.extend(name);
        wasm.extend(*section);
    }
    wasm.extend(&plain[8..]);
    wasm
}

/// CLIF of the function; trampolines have cold blocks of their own.
fn clif(wasm: &[u8]) -> String {
    let text = Compiler::new(Options::new()).unwrap().clif(wasm).unwrap();
    text.split(";; trampoline").next().unwrap_or_default().to_owned()
}

/// One function's hints: so many, about function 0.
fn about_the_if(taken: u8) -> [u8; 6] {
    [1, 0, 1, IF_OFFSET, 1, taken]
}

#[test]
fn a_hint_makes_one_side_cold() {
    let plain = clif(&hinted(&[]));
    assert!(!plain.contains("cold"), "{plain}");
    let unlikely = clif(&hinted(&[&about_the_if(0)]));
    let likely = clif(&hinted(&[&about_the_if(1)]));
    assert!(unlikely.contains("block2 cold:\n    v4 = iconst.i32 1"), "{unlikely}");
    assert!(likely.contains("block3 cold:\n    v5 = iconst.i32 2"), "{likely}");
    assert_eq!((unlikely.matches("cold").count(), likely.matches("cold").count()), (1, 1));
    let twice = clif(&hinted(&[&about_the_if(0), &about_the_if(0)]));
    assert_eq!(twice, unlikely, "saying so twice changes nothing");
}

#[test]
fn any_other_hint_counts_for_nothing() {
    let plain = clif(&hinted(&[]));
    let at = IF_OFFSET;
    let cases: &[(&str, &[&[u8]])] = &[
        ("an empty section", &[&[]]),
        ("no functions", &[&[0]]),
        ("fewer functions than it says", &[&[2, 0, 1, at, 1, 0]]),
        ("fewer hints than it says", &[&[1, 0, 2, at, 1, 0]]),
        ("the second function is malformed", &[&[2, 0, 1, at, 1, 0, 0, 1, at, 1, 2]]),
        ("bytes behind it", &[&[1, 0, 1, at, 1, 0, 0]]),
        ("a hint of two bytes", &[&[1, 0, 1, at, 2, 0, 0]]),
        ("a value that is none", &[&[1, 0, 1, at, 1, 2]]),
        ("a number of functions past all bytes", &[&[0xff, 0xff, 0xff, 0xff, 0x0f, 0]]),
        ("a number of hints past all bytes", &[&[1, 0, 0xff, 0xff, 0xff, 0xff, 0x0f]]),
        ("another function", &[&[1, 1, 1, at, 1, 0]]),
        ("a function that is not there", &[&[1, 0x7f, 1, at, 1, 0]]),
        ("another instruction", &[&[1, 0, 1, at - 2, 1, 0]]),
        ("the middle of an instruction", &[&[1, 0, 1, at + 1, 1, 0]]),
        ("an offset past the body", &[&[1, 0, 1, 0x7f, 1, 0]]),
        ("contradictory in one function", &[&[1, 0, 2, at, 1, 0, at, 1, 1]]),
        ("contradictory twice over", &[&[1, 0, 3, at, 1, 0, at, 1, 1, at, 1, 0]]),
        ("contradictory across sections", &[&about_the_if(0), &about_the_if(1)]),
        ("contradictory, then repeated", &[&about_the_if(0), &about_the_if(1), &about_the_if(1)]),
    ];
    for (what, sections) in cases {
        assert_eq!(clif(&hinted(sections)), plain, "{what}");
    }
}

/// Many entries for one function that has many hints: reading takes time in proportion to the section.
#[test]
fn hints_are_read_in_linear_time() {
    let mut section = Vec::new();
    let leb = |mut value: usize, out: &mut Vec<u8>| {
        while value >= 0x80 {
            out.push(value as u8 | 0x80);
            value >>= 7;
        }
        out.push(value as u8);
    };
    let (hints, entries) = (400_000usize, 400_000usize);
    leb(1 + entries, &mut section);
    section.push(0);
    leb(hints, &mut section);
    for offset in 0..hints {
        leb(offset, &mut section);
        section.extend([1, 0]);
    }
    section.extend([0, 0].repeat(entries));
    let name = b"metadata.code.branch_hint";
    let mut wasm = b"\0asm\x01\0\0\0\0".to_vec();
    leb(1 + name.len() + section.len(), &mut wasm);
    wasm.push(name.len() as u8);
    wasm.extend(name);
    wasm.extend(&section);
    wasm.extend(&hinted(&[])[8..]);
    let begun = std::time::Instant::now();
    assert!(clif(&wasm).contains("block2 cold"));
    // Some milliseconds; in quadratic time it would be minutes.
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}

#[test]
fn the_order_of_hints_does_not_matter() {
    let ascending = [1, 0, 2, 1, 1, 0, IF_OFFSET, 1, 0];
    let descending = [1, 0, 2, IF_OFFSET, 1, 0, 1, 1, 0];
    let one = clif(&hinted(&[&ascending]));
    assert_eq!(clif(&hinted(&[&descending])), one);
    assert!(one.contains("cold"));
}
