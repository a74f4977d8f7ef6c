//! Input that is nearly right, made of choices: of random bytes in tests and the driver, of a
//! fuzzer's bytes in a fuzz target. What must become of it is said in the bodies.

use std::sync::OnceLock;

use aot_format::layout::{HEADER_BYTES, Record, SectionKind, SectionRecord};
use aot_format::write;
use arbitrary::Unstructured;
use wamrc::{Compiler, Options, Target};

use crate::common::{Rng, random, sample, verify};

/// Numbers out of bytes; zeros when they are used up.
struct Choices<'a>(Unstructured<'a>);

impl Choices<'_> {
    fn below(&mut self, bound: usize) -> usize {
        self.0.int_in_range(0..=bound.max(1) - 1).unwrap_or(0)
    }
}

/// Small modules with tables, memories, exceptions and objects.
const MODULES: &[&str] = &[
    r#"(module (table 2 funcref) (memory 1) (func $f (export "f") (param i32) (result i32) local.get 0)
        (elem (i32.const 0) $f) (data (i32.const 8) "x"))"#,
    "(module (tag $t) (func (block $b (try_table (catch $t $b) (throw $t)))))",
    r#"(module (type $s (struct (field (mut i32)))) (type $a (array i8))
        (func (export "g") (result (ref $s)) (struct.new $s (i32.const 1))) (global (ref null $a) (ref.null $a)))"#,
];

/// A valid artifact, and where its records stand.
pub struct Good {
    /// The file.
    pub bytes: Vec<u8>,
    /// Places of bytes of records: all but padding, text and images.
    pub places: Vec<usize>,
}

impl Good {
    fn new(bytes: Vec<u8>) -> Good {
        let artifact = verify(&bytes).expect("a valid artifact");
        let mut places: Vec<usize> = (0..HEADER_BYTES + SectionKind::ALL.len() * SectionRecord::SIZE).collect();
        let sections = SectionKind::ALL.iter().filter(|kind| !kind.page_aligned());
        places.extend(sections.flat_map(|kind| artifact.section_range(*kind)));
        Good { bytes, places }
    }
}

/// Valid artifacts: written by hand, compiled for each instruction set, and random ones.
///
/// # Panics
///
/// If one of them is not valid.
pub fn good() -> &'static [Good] {
    static GOOD: OnceLock<Vec<Good>> = OnceLock::new();
    GOOD.get_or_init(|| {
        let mut rich = sample::rich();
        rich.images.truncate(2);
        let mut files = vec![rich.write().expect("valid"), sample::minimal().write().expect("valid")];
        for target in ["x86_64", "aarch64", "riscv64"] {
            let target = Target::resolve(Some(target), None, &[]).expect("a target");
            let compiler = Compiler::new(Options::new().threads(1).target(target)).expect("a target");
            let wasm = MODULES.iter().map(|text| wat::parse_str(text).expect("a module"));
            files.extend(wasm.map(|wasm| compiler.compile(&wasm).expect("compiles")));
        }
        let mut rng = Rng(0x7c5d_11e9_03ab_d46f);
        files.extend((0..30).map(|_| random::contents(&mut rng).write().expect("valid")));
        files.into_iter().map(Good::new).collect()
    })
}

/// Overwrites one field, perhaps with what stands elsewhere.
fn change(bytes: &mut [u8], places: &[usize], choices: &mut Choices<'_>) {
    let at = places[choices.below(places.len())];
    let (word, long) = (at & !3, at & !7);
    match choices.below(6) {
        0 => bytes[at] ^= 1 << choices.below(8),
        1 => bytes[at] = [0, 1, 0x7f, 0x80, 0xff][choices.below(5)],
        2 => bytes[at] = bytes[at].wrapping_add(choices.below(9) as u8).wrapping_sub(4),
        3 => {
            let from = places[choices.below(places.len())] & !3;
            if from + 4 <= bytes.len() && word + 4 <= bytes.len() {
                bytes.copy_within(from..from + 4, word);
            }
        }
        4 => {
            let new = [0, 1, 2, 0x7fff_ffff, u32::MAX, u32::MAX - 1, 1 << 20][choices.below(7)];
            if let Some(field) = bytes.get_mut(word..word + 4) {
                field.copy_from_slice(&new.to_le_bytes());
            }
        }
        _ => {
            let new = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, 1 << 32][choices.below(6)];
            if let Some(field) = bytes.get_mut(long..long + 8) {
                field.copy_from_slice(&new.to_le_bytes());
            }
        }
    }
}

/// An artifact that is nearly right; its digests are.
pub fn artifact(choices: &[u8]) -> Vec<u8> {
    let mut choices = Choices(Unstructured::new(choices));
    let front = &good()[choices.below(good().len())];
    let mut bytes = front.bytes.clone();
    if choices.below(5) == 0 {
        let back = &good()[choices.below(good().len())].bytes;
        let cut = choices.below(bytes.len().min(back.len()));
        bytes.truncate(cut);
        bytes.extend(&back[cut..]);
        own_up(&mut bytes);
    }
    let places: Vec<usize> =
        if bytes.len() == front.bytes.len() { front.places.clone() } else { (0..bytes.len().min(4096)).collect() };
    for _ in 0..=choices.below(4) {
        change(&mut bytes, &places, &mut choices);
    }
    write::seal(&mut bytes);
    bytes
}

/// Writes the file's length to its header.
pub fn own_up(bytes: &mut [u8]) {
    let length = bytes.len() as u64;
    if let Some(field) = bytes.get_mut(24..32) {
        field.copy_from_slice(&length.to_le_bytes());
    }
}

/// A module that may be invalid: generated so, or a valid one with damage.
///
/// # Panics
///
/// If one of the modules here is no module.
pub fn wasm(choices: &[u8]) -> Vec<u8> {
    let mut source = Unstructured::new(choices);
    if source.ratio(1, 2).unwrap_or(false) {
        let config = wasm_smith::Config { allow_invalid_funcs: true, ..wasm_smith::Config::default() };
        return wasm_smith::Module::new(config, &mut source).map_or_else(|_| vec![], |module| module.to_bytes());
    }
    let mut choices = Choices(source);
    let mut bytes = wat::parse_str(MODULES[choices.below(MODULES.len())]).expect("a module");
    for _ in 0..=choices.below(3) {
        let at = choices.below(bytes.len());
        match choices.below(5) {
            0 => bytes[at] ^= 1 << choices.below(8),
            1 => bytes[at] = choices.below(256) as u8,
            2 => bytes.truncate(at.max(9)),
            3 => bytes.insert(at, choices.below(256) as u8),
            _ => drop(bytes.remove(at)),
        }
    }
    bytes
}
