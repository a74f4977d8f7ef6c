//! A sheet of small functions and what calls of them must give, run under every setting. All functions take two
//! i64 and return one; what they compute with is narrower as they like.

use std::fmt::Write as _;

use iwasm::{Engine, Error, Linker, Memory, Store, TrapCode};
use tests::artifact::{Builder, with_vectors};
use wamrc::{OptLevel, Options, Target};

/// Bytes of the memory that functions load from.
pub const MEMORY_BYTES: u64 = 65536;

/// What a call must come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expected {
    /// It returns this.
    Value(u64),
    /// It traps so.
    Trap(TrapCode),
}

/// The byte that stands at an address.
pub fn byte_at(address: u64) -> u8 {
    let mixed = (address + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 56) as u8 ^ (mixed >> 24) as u8
}

/// The little-endian number of so many bytes at an address of the memory.
pub fn number_at(address: u64, bytes: u64) -> u64 {
    (0..bytes).rev().fold(0, |number, at| number << 8 | u64::from(byte_at(address + at)))
}

/// What a load of so many bytes must give, sign-extended or not, at an address that may be anything.
pub fn load(address: u128, bytes: u64, signed: bool) -> Expected {
    if address + u128::from(bytes) > u128::from(MEMORY_BYTES) {
        return Expected::Trap(TrapCode::MemoryOutOfBounds);
    }
    let number = number_at(address as u64, bytes);
    let unused = 64 - 8 * bytes;
    Expected::Value(if signed { ((number << unused).cast_signed() >> unused).cast_unsigned() } else { number })
}

/// Functions and calls.
pub struct Sheet {
    index_type: &'static str,
    /// Definitions that functions share.
    prelude: String,
    bodies: Vec<String>,
    calls: Vec<(usize, [u64; 2], Expected)>,
}

impl Sheet {
    /// An empty one, whose memory has addresses of 32 bits.
    pub fn new() -> Sheet {
        Sheet { index_type: "", prelude: String::new(), bodies: Vec::new(), calls: Vec::new() }
    }

    /// One whose memory has addresses of 64 bits.
    pub fn memory64() -> Sheet {
        Sheet { index_type: "i64", ..Sheet::new() }
    }

    /// Defines something for all functions.
    pub fn define(&mut self, text: &str) {
        self.prelude.push_str(text);
    }

    /// Adds a function with this body; its parameters are `$x` and `$y`.
    pub fn func(&mut self, body: impl Into<String>) -> usize {
        self.bodies.push(body.into());
        self.bodies.len() - 1
    }

    /// Adds a call.
    pub fn call(&mut self, func: usize, x: u64, y: u64, expected: Expected) {
        self.calls.push((func, [x, y], expected));
    }

    /// Runs all under every setting.
    pub fn run(self) {
        assert!(self.calls.len() > 100, "hardly anything is called");
        let mut text = format!("(module (memory (export \"memory\") {} 1 1)\n{}", self.index_type, self.prelude);
        for (index, body) in self.bodies.iter().enumerate() {
            let _ = writeln!(text, "(func (export \"{index}\") (param $x i64) (param $y i64) (result i64) {body})");
        }
        text.push(')');
        let wasm = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"));
        for (name, options) in settings() {
            self.run_with(name, options, &wasm);
        }
    }

    fn run_with(&self, setting: &str, options: Options, wasm: &[u8]) {
        let engine = Engine::default();
        let module = Builder::new(options).load(&engine, wasm).unwrap_or_else(|error| panic!("{error}"));
        let mut store = Store::new(&engine, ());
        let instance = Linker::new(&engine).instantiate(&mut store, "sheet", &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        fill(&mut store, memory);
        let funcs: Vec<_> = (0..self.bodies.len())
            .map(|index| {
                instance.get_func(&store, &index.to_string()).unwrap().typed::<(i64, i64), i64>(&store).unwrap()
            })
            .collect();
        let mut wrong = Vec::new();
        for (func, [x, y], expected) in &self.calls {
            let found = match funcs[*func].call(&mut store, (x.cast_signed(), y.cast_signed())) {
                Ok(value) => Expected::Value(value.cast_unsigned()),
                Err(Error::Trap(trap)) => Expected::Trap(trap.code()),
                Err(error) => panic!("{error}"),
            };
            if found != *expected {
                wrong
                    .push(format!("{} with {x:#x} and {y:#x} gives {found:x?}, not {expected:x?}", self.bodies[*func]));
            }
        }
        let count = wrong.len();
        wrong.truncate(10);
        assert!(count == 0, "{setting}: {count} of {} calls are wrong:\n{}", self.calls.len(), wrong.join("\n"));
    }
}

fn fill(store: &mut Store<()>, memory: Memory) {
    for (address, byte) in (0..).zip(memory.data_mut(store).unwrap()) {
        *byte = byte_at(address);
    }
}

/// Compiler options under which code must do the same.
fn settings() -> Vec<(&'static str, Options)> {
    let portable = || with_vectors(Options::new().threads(1));
    let native = Target::resolve(None, Some("native"), &[]).expect("this machine is a target");
    vec![
        ("guard pages, baseline", portable()),
        ("explicit checks, baseline", portable().explicit_bounds_checks(true)),
        ("guard pages, this CPU", Options::new().threads(1).target(native)),
        ("explicit checks, this CPU", Options::new().threads(1).target(native).explicit_bounds_checks(true)),
        ("guard pages, not optimised", portable().opt_level(OptLevel::None)),
    ]
}
