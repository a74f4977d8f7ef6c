//! Every atomic instruction at every width, with edge values: what it returns and leaves in memory is compared with
//! what the same operation of Rust's `std::sync::atomic` does. On shared and unshared memories, with guard pages and
//! with explicit checks, and where the compiler takes them, on 64-bit memories.

use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64, Ordering::SeqCst};

use iwasm::{Engine, Error, Instance, Linker, Memory, Store, TrapCode, Val};
use tests::artifact::{Builder, options};

/// Operand, and width of the access, in bytes.
const WIDTHS: [(usize, usize); 7] = [(4, 4), (8, 8), (4, 1), (4, 2), (8, 1), (8, 2), (8, 4)];
const OPS: [&str; 6] = ["add", "sub", "and", "or", "xor", "xchg"];

const VALUES: [u64; 12] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff_ffff,
    0x8000_0000,
    0x0123_4567_89ab_cdef,
    0x8000_0000_0000_0000,
    u64::MAX,
];

/// `i64.atomic.rmw16.add_u` and the like: operator with the width's and the family's parts of its name.
fn name(wide: usize, width: usize, op: &str) -> String {
    let (bits, narrow) = (width * 8, wide != width);
    match op {
        "load" if narrow => format!("i{}.atomic.load{bits}_u", wide * 8),
        "store" if narrow => format!("i{}.atomic.store{bits}", wide * 8),
        "load" | "store" => format!("i{}.atomic.{op}", wide * 8),
        _ if narrow => format!("i{}.atomic.rmw{bits}.{op}_u", wide * 8),
        _ => format!("i{}.atomic.rmw.{op}", wide * 8),
    }
}

/// A module with a function for each instruction, at an index and at an index with an offset of 8.
fn module(index: &str, memory: &str) -> String {
    let mut functions = String::new();
    for (wide, width) in WIDTHS {
        let ty = format!("i{}", wide * 8);
        for op in ["load", "store", "cmpxchg"].into_iter().chain(OPS) {
            let (params, result) = match op {
                "load" => (0, true),
                "store" => (1, false),
                "cmpxchg" => (2, true),
                _ => (1, true),
            };
            let op = name(wide, width, op);
            let params_text = format!("(param {index}{})", format!(" {ty}").repeat(params));
            let result_text = if result { format!("(result {ty})") } else { String::new() };
            let gets: String = (0..=params).map(|param| format!("(local.get {param})")).collect();
            for (suffix, offset) in [("", ""), ("+8", "offset=8"), ("+1", "offset=1")] {
                functions +=
                    &format!("(func (export \"{op}{suffix}\") {params_text} {result_text} ({op} {offset} {gets}))\n");
            }
            // Where the result is not used, other instructions are selected.
            if result && params > 0 {
                functions += &format!("(func (export \"{op} dropped\") {params_text} (drop ({op} {gets})))\n");
            }
        }
    }
    format!("(module (memory (export \"memory\") {memory}) (func (export \"fence\") (atomic.fence)) {functions})")
}

macro_rules! expected {
    ($atomic:ident $int:ident $op:expr, $old:expr, $operands:expr) => {{
        let (cell, [first, second]) = ($atomic::new($old as $int), $operands.map(|operand: u64| operand as $int));
        let returned = match $op {
            "load" => cell.load(SeqCst),
            "store" => {
                cell.store(first, SeqCst);
                0
            }
            "add" => cell.fetch_add(first, SeqCst),
            "sub" => cell.fetch_sub(first, SeqCst),
            "and" => cell.fetch_and(first, SeqCst),
            "or" => cell.fetch_or(first, SeqCst),
            "xor" => cell.fetch_xor(first, SeqCst),
            "xchg" => cell.swap(first, SeqCst),
            "cmpxchg" => cell.compare_exchange(first, second, SeqCst, SeqCst).unwrap_or_else(|found| found),
            op => panic!("no operation {op}"),
        };
        (u64::from(returned), u64::from(cell.load(SeqCst)))
    }};
}

/// What an operation of this width returns and leaves.
fn expected(width: usize, op: &str, old: u64, operands: [u64; 2]) -> (u64, u64) {
    match width {
        1 => expected!(AtomicU8 u8 op, old, operands),
        2 => expected!(AtomicU16 u16 op, old, operands),
        4 => expected!(AtomicU32 u32 op, old, operands),
        _ => expected!(AtomicU64 u64 op, old, operands),
    }
}

struct Fixture {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    index64: bool,
    label: String,
}

impl Fixture {
    fn new(words: &str, index64: bool, shared: bool) -> Fixture {
        let (index, prefix) = if index64 { ("i64", "i64 ") } else { ("i32", "") };
        let text = module(index, &format!("{prefix}1 1{}", if shared { " shared" } else { "" }));
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let module = Builder::new(options(words).threads(1)).load(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let instance = Linker::new(&engine).instantiate(&mut store, "main", &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        Fixture { store, instance, memory, index64, label: format!("{words:?} {index} shared={shared}") }
    }

    fn value(wide: usize, value: u64) -> Val {
        if wide == 8 { Val::I64(value.cast_signed()) } else { Val::I32(value as i32) }
    }

    fn call(&mut self, name: &str, index: u64, wide: usize, operands: &[u64]) -> Result<Option<u64>, Error> {
        let mut params = vec![Fixture::value(if self.index64 { 8 } else { 4 }, index)];
        params.extend(operands.iter().map(|operand| Fixture::value(wide, *operand)));
        let func = self.instance.get_func(&self.store, name).unwrap_or_else(|| panic!("no {name}"));
        let results = func.call(&mut self.store, &params)?;
        Ok(results.first().map(|value| match value {
            Val::I32(value) => u64::from(value.cast_unsigned()),
            Val::I64(value) => value.cast_unsigned(),
            other => panic!("{other:?}"),
        }))
    }

    /// One operation between bytes that must stay.
    fn check(&mut self, (wide, width): (usize, usize), op: &str, old: u64, operands: [u64; 2]) {
        let count = match op {
            "load" => 0,
            "cmpxchg" => 2,
            _ => 1,
        };
        let name = name(wide, width, op);
        let (returned, left) = expected(width, op, old, operands);
        let dropped = format!("{name} dropped");
        for (function, index) in [(name.clone(), 24), (format!("{name}+8"), 16), (dropped, 24)] {
            if function.ends_with("dropped") && (count == 0 || op == "store") {
                continue;
            }
            let mut bytes = [0xa5; 24];
            bytes[8..8 + width].copy_from_slice(&old.to_le_bytes()[..width]);
            self.memory.write(&mut self.store, 16, &bytes).unwrap();
            let label = format!("{}: {function} {old:#x} {operands:#x?}", self.label);
            let result = self.call(&function, index, wide, &operands[..count]).unwrap();
            if op != "store" && !function.ends_with("dropped") {
                assert_eq!(result, Some(returned), "{label}");
            }
            bytes[8..8 + width].copy_from_slice(&left.to_le_bytes()[..width]);
            let mut found = [0; 24];
            self.memory.read(&self.store, 16, &mut found).unwrap();
            assert_eq!(found, bytes, "{label}");
        }
    }

    fn trap(&mut self, function: &str, index: u64, (wide, op): (usize, &str)) -> Option<TrapCode> {
        let operands = match op {
            "load" => 0,
            "cmpxchg" => 2,
            _ => 1,
        };
        let result = self.call(function, index, wide, &[0; 2][..operands]);
        result.err().map(|error| error.trap().unwrap_or_else(|| panic!("{function}: {error}")).code())
    }
}

/// Every way in which memories are accessed.
fn fixtures() -> Vec<Fixture> {
    let mut all = Vec::new();
    for shared in [false, true] {
        for words in ["", "--bounds-checks=1", "--opt-level=0"] {
            all.push(Fixture::new(words, false, shared));
            if takes_memory64() {
                all.push(Fixture::new(words, true, shared));
            }
        }
    }
    all
}

/// Whether the compiler takes 64-bit memories; where not, it says so by name.
fn takes_memory64() -> bool {
    let wasm = wat::parse_str("(module (memory i64 1))").unwrap();
    match wamrc::Compiler::new(wamrc::Options::new().threads(1)).unwrap().compile(&wasm) {
        Ok(_) => true,
        Err(error) => {
            assert!(error.to_string().contains("memory64"), "{error}");
            false
        }
    }
}

#[test]
fn every_operator_does_what_the_host_does() {
    for mut fixture in fixtures() {
        for widths in WIDTHS {
            for old in VALUES {
                fixture.check(widths, "load", old, [0; 2]);
                for operand in VALUES {
                    for op in ["store"].into_iter().chain(OPS) {
                        fixture.check(widths, op, old, [operand, 0]);
                    }
                    for expected in [old, operand, old ^ 1 << 63, old.wrapping_add(1 << (8 * widths.1 - 1))] {
                        fixture.check(widths, "cmpxchg", old, [expected, operand]);
                    }
                }
            }
        }
        fixture.instance.get_func(&fixture.store, "fence").unwrap().call(&mut fixture.store, &[]).unwrap();
    }
}

#[test]
fn alignment_is_checked_before_bounds_and_both_to_the_byte() {
    const END: u64 = 65536;
    for mut fixture in fixtures() {
        let most = if fixture.index64 { u64::MAX } else { u64::from(u32::MAX) };
        for (wide, width) in WIDTHS {
            for op in ["load", "store", "cmpxchg"].into_iter().chain(OPS) {
                let (name, bytes) = (name(wide, width, op), width as u64);
                let label = format!("{}: {name}", fixture.label);
                let mut at = |suffix: &str, index: u64| fixture.trap(&format!("{name}{suffix}"), index, (wide, op));
                assert_eq!(at("", END - bytes), None, "{label}");
                assert_eq!(at("+8", END - bytes - 8), None, "{label}");
                assert_eq!(at("", END), Some(TrapCode::MemoryOutOfBounds), "{label}");
                assert_eq!(at("+8", END - 8), Some(TrapCode::MemoryOutOfBounds), "{label}");
                // The sum does not wrap.
                assert_eq!(at("+8", most - 7), Some(TrapCode::MemoryOutOfBounds), "{label}");
                let unaligned = (bytes > 1).then_some(TrapCode::UnalignedAtomic);
                assert_eq!(at("", 1), unaligned, "{label}");
                assert_eq!(at("+1", 16), unaligned, "{label}");
                assert_eq!(at("+1", bytes - 1), None, "{label}");
                let outside = unaligned.or(Some(TrapCode::MemoryOutOfBounds));
                assert_eq!(at("", END + 1), outside, "{label}");
                if bytes > 2 {
                    assert_eq!(at("", bytes / 2), unaligned, "{label}");
                }
            }
        }
    }
}

#[test]
fn wait_and_notify_check_alignment_bounds_and_whether_the_memory_is_shared() {
    let wat = |memory: &str| {
        format!(
            r#"(module (memory {memory})
            (func (export "wait32") (param i32) (result i32) (memory.atomic.wait32 (local.get 0) (i32.const 1) (i64.const 0)))
            (func (export "wait64") (param i32) (result i32) (memory.atomic.wait64 offset=8 (local.get 0) (i64.const 0) (i64.const 1000)))
            (func (export "notify") (param i32) (result i32) (memory.atomic.notify offset=4 (local.get 0) (i32.const -1))))"#
        )
    };
    for words in ["", "--bounds-checks=1"] {
        for (memory, shared) in [("1 1 shared", true), ("1 1", false)] {
            let engine = Engine::default();
            let wasm = wat::parse_str(wat(memory)).unwrap();
            let module = Builder::new(options(words).threads(1)).load(&engine, &wasm).unwrap();
            let mut store = Store::new(&engine, ());
            let main = Linker::new(&engine).instantiate(&mut store, "main", &module).unwrap();
            let mut call = |name: &str, address: i32| {
                let func = main.get_func(&store, name).unwrap().typed::<i32, i32>(&store).unwrap();
                func.call(&mut store, address).map_err(|error| error.trap().unwrap().code())
            };
            let waits = |result| if shared { Ok(result) } else { Err(TrapCode::ExpectedSharedMemory) };
            assert_eq!(call("wait32", 0), waits(1), "not the expected value");
            assert_eq!(call("wait64", 0), waits(2), "timed out");
            assert_eq!(call("wait32", 65532), waits(1));
            assert_eq!(call("notify", 0), Ok(0));
            assert_eq!(call("notify", 65528), Ok(0));
            for name in ["wait32", "notify"] {
                assert_eq!(call(name, 2), Err(TrapCode::UnalignedAtomic), "{name}");
                assert_eq!(call(name, 65536), Err(TrapCode::MemoryOutOfBounds), "{name}");
                assert_eq!(call(name, 65538), Err(TrapCode::UnalignedAtomic), "{name}");
                assert_eq!(call(name, -4), Err(TrapCode::MemoryOutOfBounds), "{name}");
            }
            assert_eq!(call("wait64", 4), Err(TrapCode::UnalignedAtomic));
            assert_eq!(call("wait64", 65528), Err(TrapCode::MemoryOutOfBounds));
        }
    }
}
