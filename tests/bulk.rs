//! Copies and fills of each small length that is known when they are compiled, against the same on a `Vec`: for each
//! kind of memory, overlapping in both directions, at the memory's end and past it, where nothing may be written.

use std::fmt::Write as _;

use iwasm::{Error, Instance, Memory, Store, TrapCode, Val};
use tests::artifact::Builder;
use tests::kit::{Kit, call};
use wamrc::{OptLevel, Options};

/// All that become loads and stores, and some more.
const LENGTHS: std::ops::RangeInclusive<usize> = 0..=132;
const MEMORY_BYTES: usize = 65_536;
/// The bytes that the tests write to are these, at both ends of the memory.
const ENDS: usize = 512;

/// Each kind of bounds check that there is; see `compiler/src/translate/memory_access.rs`.
const MEMORIES: [(&str, &str); 6] = [
    ("guarded", "(memory $m (export \"m\") 1 2)"),
    ("guarded, of one length", "(memory $m (export \"m\") 1 1)"),
    ("fenced", "(memory $m (export \"m\") i64 1 2)"),
    ("checked", "(memory $m (export \"m\") 65536 65537 (pagesize 1))"),
    ("checked, of 64 bits", "(memory $m (export \"m\") i64 65536 65537 (pagesize 1))"),
    ("shared", "(memory $m (export \"m\") 1 2 shared)"),
];

fn module(memory: &str, index: &str) -> String {
    let mut text = format!("(module {memory}\n");
    for n in LENGTHS {
        let _ = writeln!(
            text,
            "(func (export \"copy {n}\") (param {index} {index} i32)
                (memory.copy $m $m (local.get 0) (local.get 1) ({index}.const {n})))
            (func (export \"fill {n}\") (param {index} {index} i32)
                (memory.fill $m (local.get 0) (local.get 2) ({index}.const {n})))
            (func (export \"fill {n} with 0xa5\") (param {index} {index} i32)
                (memory.fill $m (local.get 0) (i32.const 0x1a5) ({index}.const {n})))
            (func (export \"copy {n} to the end\") (param {index} {index} i32)
                (memory.copy $m $m ({index}.const {}) (local.get 1) ({index}.const {n})))
            (func (export \"copy {n} past the end\") (param {index} {index} i32)
                (memory.copy $m $m ({index}.const {}) (local.get 1) ({index}.const {n})))",
            MEMORY_BYTES - n,
            MEMORY_BYTES - n + 1
        );
    }
    text + ")"
}

/// What a function does, on a `Vec`; whether it traps.
fn model(bytes: &mut [u8], name: &str, n: usize, to: u64, from: u64, value: u8) -> Result<(), ()> {
    let range = |start: u64| {
        let end = start.checked_add(n as u64).filter(|end| *end <= bytes.len() as u64).ok_or(())?;
        Ok(start as usize..end as usize)
    };
    let end = (MEMORY_BYTES - n) as u64;
    let copied = match name {
        "copy" => Some(to),
        "copy to the end" => Some(end),
        "copy past the end" => Some(end + 1),
        _ => None,
    };
    match copied {
        Some(to) => {
            let (to, from) = (range(to)?, range(from)?);
            bytes.copy_within(from, to.start);
        }
        None => {
            let value = if name == "fill" { value } else { 0xa5 };
            let to = range(to)?;
            bytes[to].fill(value);
        }
    }
    Ok(())
}

/// Where a copy or fill of `n` bytes may begin: at both ends, to and past them.
fn places(n: usize, index64: bool) -> Vec<(u64, u64)> {
    let (n, last) = (n as u64, (MEMORY_BYTES - n) as u64);
    let wraps = if index64 { u64::MAX } else { u64::from(u32::MAX) };
    let mut places = vec![(200, 0), (0, 200), (200, 200), (last, 0), (0, last), (last + 1, 0), (0, last + 1)];
    for distance in [1, 3, 8, 15, 16, n / 2, n.saturating_sub(1)] {
        places.extend([(200 + distance, 200), (200, 200 + distance), (last - distance, last), (last, last - distance)]);
    }
    places.extend([(wraps, 0), (0, wraps), (wraps - n / 2, 0), (0, wraps - n / 2)]);
    places
}

fn ends(memory: Memory, store: &Store<Vec<i32>>) -> Vec<u8> {
    let mut bytes = vec![0; 2 * ENDS];
    let (first, last) = bytes.split_at_mut(ENDS);
    memory.read(store, 0, first).unwrap();
    memory.read(store, (MEMORY_BYTES - ENDS) as u64, last).unwrap();
    bytes
}

fn run(options: Options) {
    let mut builder = Builder::new(options);
    let kit = Kit::new();
    for (kind, declaration) in MEMORIES {
        let index64 = declaration.contains("i64");
        let wasm = wat::parse_str(module(declaration, if index64 { "i64" } else { "i32" })).unwrap();
        let module = builder.load(&kit.engine, &wasm).unwrap();
        let mut store = kit.store();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory = instance.get_memory(&store, "m").unwrap();
        let mut bytes = vec![0; MEMORY_BYTES];
        let mut seed = 1u32;
        for n in LENGTHS {
            for name in ["copy", "fill", "fill with 0xa5", "copy to the end", "copy past the end"] {
                // New bytes for each, so that what one left does not hide what another does.
                for at in (0..ENDS).chain(MEMORY_BYTES - ENDS..MEMORY_BYTES) {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    bytes[at] = (seed >> 24) as u8;
                }
                memory.write(&mut store, 0, &bytes[..ENDS]).unwrap();
                memory.write(&mut store, (MEMORY_BYTES - ENDS) as u64, &bytes[MEMORY_BYTES - ENDS..]).unwrap();
                let export = match name.split_once(' ') {
                    Some((verb, rest)) => format!("{verb} {n} {rest}"),
                    None => format!("{name} {n}"),
                };
                for (to, from) in places(n, index64) {
                    let index = |at: u64| if index64 { Val::I64(at as i64) } else { Val::I32(at as i32) };
                    let args = [index(to), index(from), Val::I32(0x37)];
                    let called = call(&mut store, instance, &export, &args);
                    let expected = model(&mut bytes, name, n, to, from, 0x37);
                    let what = format!("{kind}: {export} to {to} from {from}");
                    match expected {
                        Ok(()) => assert_eq!(called.unwrap_or_else(|error| panic!("{what}: {error}")), [], "{what}"),
                        Err(()) => {
                            let is_trap =
                                matches!(&called, Err(Error::Trap(trap)) if trap.code() == TrapCode::MemoryOutOfBounds);
                            assert!(is_trap, "{what}: {called:?}");
                        }
                    }
                    let is = ends(memory, &store);
                    assert!(is[..ENDS] == bytes[..ENDS], "{what}: at the beginning");
                    assert!(is[ENDS..] == bytes[MEMORY_BYTES - ENDS..], "{what}: at the end");
                }
            }
        }
    }
}

#[test]
fn known_lengths_do_as_a_vec_does() {
    run(Options::new());
}

#[test]
fn known_lengths_checked_in_code_do_as_a_vec_does() {
    run(Options::new().explicit_bounds_checks(true).opt_level(OptLevel::None));
}
