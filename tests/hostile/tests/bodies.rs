//! Some time of each body: `FUZZ_SECONDS` of it (1 unless told) from `FUZZ_SEED` (the same unless told).

use std::time::Duration;

use hostile::{BODIES, make, sweep};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().expect("a number"))
}

fn budget() -> Duration {
    Duration::from_secs(setting("FUZZ_SECONDS", 1))
}

fn random(name: &str, body: fn(&[u8]) -> hostile::Verdict) -> sweep::Counts {
    make::good();
    let counts = sweep::random(body, setting("FUZZ_SEED", 0x2545_f491_4f6c_dd1d), budget(), u64::MAX);
    println!("{name}: {} accepted, {} refused: {:?}", counts.accepted, counts.refused, counts.causes);
    counts
}

#[test]
fn artifact() {
    assert!(random("artifact", hostile::artifact).refused > 100);
}

#[test]
fn artifact_structured() {
    let counts = random("artifact_structured", hostile::artifact_structured);
    assert!(counts.accepted > 20 && counts.loaded > 2 && counts.causes.len() > 20, "{counts:?}");
}

#[test]
fn fat() {
    let parts: Vec<&[u8]> = make::good()[2..11].iter().step_by(3).map(|good| good.bytes.as_slice()).collect();
    let file = aot_format::fat::write(&parts).unwrap();
    assert_eq!(hostile::fat(&file), hostile::Verdict::Accepted { loaded: cfg!(target_arch = "x86_64") });
    for bit in 0..8 * 200 {
        let mut bytes = file.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        hostile::fat(&bytes);
    }
}

/// Every bit of the directory and of the members, with digests that fit and without.
#[test]
fn set() {
    let lib =
        wat::parse_str(r#"(module (memory (export "m") 1) (func (export "f") (result i32) (i32.load (i32.const 8))))"#);
    let main = wat::parse_str(
        r#"(module (import "lib" "f" (func $f (result i32))) (func (export "g") (result i32) (call $f)))"#,
    );
    let (lib, main) = (lib.unwrap(), main.unwrap());
    let target = wamrc::Target::resolve(Some("x86_64"), None, &[]).unwrap();
    let compiler = wamrc::Compiler::new(wamrc::Options::new().target(target)).unwrap();
    let file = compiler.compile_set(&[("lib", &lib), ("main", &main)], &|_| {}).unwrap();
    assert_eq!(hostile::set(&file), hostile::Verdict::Accepted { loaded: cfg!(target_arch = "x86_64") });
    let text = aot_format::set::read(&file, aot_format::Integrity::Full).unwrap().text.start;
    let (mut refused, mut accepted) = (0, 0);
    for bit in 0..8 * text {
        let mut bytes = file.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(matches!(hostile::set(&bytes), hostile::Verdict::Refused(_)), "bit {bit}");
        aot_format::set::seal(&mut bytes);
        match hostile::set(&bytes) {
            hostile::Verdict::Refused(_) => refused += 1,
            hostile::Verdict::Accepted { .. } => accepted += 1,
        }
    }
    // Digests of members are not asked for where that of the set was: what is in tables that are not verified is free.
    assert!(refused > 1000 && accepted > 100, "{refused} {accepted}");
}

#[test]
fn wasm() {
    assert!(random("wasm", hostile::wasm).refused > 100);
}

#[test]
fn wasm_structured() {
    let counts = random("wasm_structured", hostile::wasm_structured);
    assert!(counts.accepted > 5 && counts.refused > 5, "{counts:?}");
}

#[test]
fn every_bit_and_every_length() {
    let mut counts = sweep::Counts::default();
    for good in &make::good()[..11] {
        counts.merge(sweep::bits(good, 0, budget() / 11).0);
        counts.merge(sweep::truncations(good, 0, budget() / 11).0);
    }
    println!("{} accepted, {} refused: {:?}", counts.accepted, counts.refused, counts.causes);
    assert!(counts.refused > 200);
}

#[test]
fn every_body_has_a_fuzz_target() {
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/Cargo.toml");
    let text = std::fs::read_to_string(manifest).unwrap();
    let bins = text.split("[[bin]]").skip(1);
    let mut targets: Vec<&str> = bins.map(|bin| bin.split('"').nth(1).expect("a name")).collect();
    targets.sort();
    assert_eq!(targets, BODIES);
}
