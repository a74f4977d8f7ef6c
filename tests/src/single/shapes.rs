//! The functions around one operator: operands that are parameters, constants, loaded just before, extended from a
//! narrower load; results that are returned, or decide a branch. Code generators fold operators with what stands around
//! them, and each shape is another way through them.

use std::fmt::Write as _;

use aot_format::types::ValType;
use wasmparser::{Validator, WasmFeatures};

use super::operands;
use super::operators::Operator;
use super::{Shape, Single};

const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
/// Constants that stand in for each operand, at most.
const CONSTANTS: usize = 14;

/// A memory that an operator is about.
struct Memory {
    name: &'static str,
    /// Declarations; `$m` is the memory.
    text: &'static str,
    address: ValType,
    offsets: &'static [&'static str],
}

const OFFSETS: &[&str] = &["", "offset=1", "offset=8", "offset=65528", "offset=65535", "offset=4294967295"];

const MEMORIES: [Memory; 5] = [
    Memory { name: "", text: "(memory $m (export \"m\") 1 2)", address: ValType::I32, offsets: OFFSETS },
    Memory {
        name: " of 64 bits",
        text: "(memory $m (export \"m\") i64 1 2)",
        address: ValType::I64,
        offsets: &["", "offset=8", "offset=65535", "offset=4294967296", "offset=18446744073709551615"],
    },
    Memory {
        name: " of small pages",
        text: "(memory $m (export \"m\") 65536 65540 (pagesize 1))",
        address: ValType::I32,
        offsets: &["", "offset=8", "offset=65535"],
    },
    Memory {
        name: " of a second memory",
        text: "(memory 1) (memory $m (export \"m\") 1 2)",
        address: ValType::I32,
        offsets: &["", "offset=8"],
    },
    Memory {
        name: " of a shared memory",
        text: "(memory $m (export \"m\") 1 2 shared)",
        address: ValType::I32,
        offsets: &["", "offset=8"],
    },
];

/// Modules about one operator: one for each memory it may be about; none for those that need more than that.
pub fn modules(operator: &Operator) -> Vec<Single> {
    match operator.immediates {
        [] => numeric(operator, &[""]).into_iter().collect(),
        ["lane"] => numeric(operator, &[" 0", " 1", " 3", " 7", " 15"]).into_iter().collect(),
        ["lanes"] => {
            let shuffles = [
                " 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15",
                " 31 0 30 1 29 2 28 3 27 4 26 5 25 6 24 7",
                " 16 16 16 16 17 17 17 17 0 0 0 0 1 1 1 1",
                " 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23",
            ];
            numeric(operator, &shuffles).into_iter().collect()
        }
        ["memarg"] => MEMORIES.iter().filter_map(|memory| accesses(operator, memory, &[""])).collect(),
        ["memarg", "lane"] => {
            let lanes = [" 0", " 1", " 3", " 7", " 15"];
            MEMORIES.iter().filter_map(|memory| accesses(operator, memory, &lanes)).collect()
        }
        ["mem"] => MEMORIES.iter().filter_map(|memory| of_memory(operator, memory)).collect(),
        _ => Vec::new(),
    }
}

fn name(ty: ValType) -> String {
    ty.to_string()
}

fn names(types: &[ValType]) -> String {
    types.iter().map(|ty| name(*ty)).collect::<Vec<_>>().join(" ")
}

fn parse(text: &str) -> Option<Vec<u8>> {
    let wasm = wat::parse_str(text).ok()?;
    Validator::new_with_features(WasmFeatures::all()).validate_all(&wasm).ok()?;
    Some(wasm)
}

/// All lists of so many types.
fn lists(length: usize) -> Vec<Vec<ValType>> {
    (0..length).fold(vec![Vec::new()], |lists, _| {
        let longer = |list: &Vec<ValType>| TYPES.map(|ty| [&list[..], &[ty]].concat());
        lists.iter().flat_map(longer).collect()
    })
}

/// The types with which an instruction is valid, which there is one list of.
fn signature(
    instruction: &str,
    declarations: &str,
    (operands, results): (usize, usize),
) -> Option<(Vec<ValType>, Vec<ValType>)> {
    let prefix = instruction.split('.').next().unwrap_or_default();
    let own = TYPES.into_iter().find(|ty| prefix.starts_with(&name(*ty)));
    let own = own.unwrap_or(if prefix.contains('x') { ValType::V128 } else { ValType::I32 });
    // Most are of the type that their name begins with.
    let likely = vec![vec![own; operands]];
    let params = likely.into_iter().chain(lists(operands));
    let valid = |params: &Vec<ValType>| {
        let gets: String = (0..operands).map(|index| format!("(local.get {index}) ")).collect();
        let drops = "(drop) ".repeat(results);
        let text = format!("(module {declarations} (func (param {}) {gets} {instruction} {drops}))", names(params));
        parse(&text).is_some()
    };
    let params = params.into_iter().find(valid)?;
    let result = |found: &Vec<ValType>| {
        let gets: String = (0..operands).map(|index| format!("(local.get {index}) ")).collect();
        let types = format!("(param {}) (result {})", names(&params), names(found));
        parse(&format!("(module {declarations} (func {types} {gets} {instruction}))")).is_some()
    };
    let found = std::iter::once(vec![own; results]).chain(lists(results)).find(result)?;
    Some((params, found))
}

/// Functions being written.
struct Functions {
    text: String,
    shapes: Vec<Shape>,
}

impl Functions {
    fn new(declarations: &str) -> Functions {
        Functions { text: format!("(module {declarations}\n"), shapes: Vec::new() }
    }

    fn add(&mut self, params: &[ValType], address: bool, results: &[ValType], body: &str) {
        let export = format!("f{}", self.shapes.len());
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.text,
            "(func (export \"{export}\") (param {}) (result {}) {body})",
            names(params),
            names(results)
        );
        self.shapes.push(Shape { export, params: params.to_vec(), address });
    }

    fn finish(self, operator: &Operator, name: String) -> Option<Single> {
        let wasm = parse(&(self.text + ")"))?;
        Some(Single { name, operator: Some(operator.visit), wasm, functions: self.shapes })
    }
}

/// A memory whose ends hold a pattern, for operands that are loaded.
fn scratch() -> String {
    format!("(memory $m (export \"m\") 1 1) {}", pattern(ValType::I32))
}

fn pattern(address: ValType) -> String {
    let bytes: String = (0..64u32).map(|index| format!("\\{:02x}", (index * 37 + 11) as u8)).collect();
    let at = |address_value: u32| format!("(data (memory $m) ({}.const {address_value}) \"{bytes}\")", name(address));
    format!("{} {}", at(0), at(65_536 - 64))
}

/// Bytes of a value.
fn width(ty: ValType) -> u32 {
    match ty {
        ValType::I32 | ValType::F32 => 4,
        ValType::V128 => 16,
        _ => 8,
    }
}

fn numeric(operator: &Operator, immediates: &[&str]) -> Option<Single> {
    let text = operator.text();
    let first = immediates.iter().find_map(|immediate| {
        signature(&format!("{text}{immediate}"), "", operator.arity?).map(|signature| (immediate, signature))
    });
    let (_, (params, results)) = first?;
    let mut functions = Functions::new(&scratch());
    for immediate in immediates {
        let instruction = format!("{text}{immediate}");
        // Lanes past the last are none.
        if signature(&instruction, "", operator.arity?).is_some() {
            numeric_shapes(&mut functions, &instruction, &params, &results);
        }
    }
    functions.finish(operator, text)
}

fn numeric_shapes(functions: &mut Functions, instruction: &str, params: &[ValType], results: &[ValType]) {
    let get = |index: usize| format!("(local.get {index})");
    let apply = |operands: &[String]| format!("{} {instruction}", operands.join(" "));
    let plain: Vec<String> = (0..params.len()).map(get).collect();
    functions.add(params, false, results, &apply(&plain));
    for (index, ty) in params.iter().enumerate() {
        let with = |operand: String| {
            let mut operands = plain.clone();
            operands[index] = operand;
            operands
        };
        let edges = operands::edges(*ty);
        let step = edges.len().div_ceil(CONSTANTS).max(1);
        for bits in edges.iter().step_by(step) {
            functions.add(params, false, results, &apply(&with(constant(*ty, *bits))));
        }
        // From the last bytes of the memory: a wider load would leave it.
        let last = 65_536 - width(*ty);
        let store = format!("({}.store (i32.const {last}) (local.get {index}))", name(*ty));
        let load = format!("({}.load (i32.const {last}))", name(*ty));
        functions.add(params, false, results, &format!("{store} {}", apply(&with(load))));
        narrow_shapes(functions, params, results, index, &|operand| apply(&with(operand)));
    }
    if let ([ValType::I32], false) = (results, params.is_empty()) {
        let branch = format!("{} if (result i32) i32.const 77 else i32.const 33 end", apply(&plain));
        functions.add(params, false, results, &branch);
        let selected = format!("i64.const 5 i64.const 9 {} select", apply(&plain));
        functions.add(params, false, &[ValType::I64], &selected);
    }
}

/// An integer operand that was extended from fewer bits, by a load or by an operator.
fn narrow_shapes(
    functions: &mut Functions,
    params: &[ValType],
    results: &[ValType],
    index: usize,
    apply: &dyn Fn(String) -> String,
) {
    let narrow: &[&str] = match params[index] {
        ValType::I32 => &["i32.load8_s", "i32.load8_u", "i32.load16_s", "i32.load16_u"],
        ValType::I64 => &["i64.load8_s", "i64.load8_u", "i64.load16_s", "i64.load16_u", "i64.load32_s", "i64.load32_u"],
        _ => return,
    };
    let ty = name(params[index]);
    for load in narrow {
        let bytes = if load.contains("32_") { 4 } else { 1 + u32::from(load.contains("16")) };
        let place = 65_536 - bytes;
        let store = format!("({ty}.store{} (i32.const {place}) (local.get {index}))", bytes * 8);
        let body = format!("{store} {}", apply(format!("({load} (i32.const {place}))")));
        functions.add(params, false, results, &body);
    }
    if params[index] == ValType::I64 {
        for extend in ["i64.extend_i32_s", "i64.extend_i32_u"] {
            let operand = format!("({extend} (i32.wrap_i64 (local.get {index})))");
            functions.add(params, false, results, &apply(operand));
        }
    }
}

fn constant(ty: ValType, bits: u128) -> String {
    match ty {
        ValType::I32 => format!("(i32.const {})", bits as u32),
        ValType::I64 => format!("(i64.const {})", bits as u64),
        ValType::F32 => format!("(f32.reinterpret_i32 (i32.const {}))", bits as u32),
        ValType::F64 => format!("(f64.reinterpret_i64 (i64.const {}))", bits as u64),
        _ => {
            let words: Vec<String> = (0..4).map(|word| format!("{:#x}", (bits >> (word * 32)) as u32)).collect();
            format!("(v128.const i32x4 {})", words.join(" "))
        }
    }
}

fn accesses(operator: &Operator, memory: &Memory, immediates: &[&str]) -> Option<Single> {
    let text = operator.text();
    // Some operands would have it wait for ever; a module of its own has others.
    if text.contains("wait") && memory.text.contains("shared") {
        return None;
    }
    let declarations = format!("{} {}", memory.text, pattern(memory.address));
    let instruction = |offset: &str, immediate: &str| format!("{text} $m {offset}{immediate}");
    let (params, results) = immediates
        .iter()
        .find_map(|immediate| signature(&instruction("", immediate), &declarations, operator.arity?))?;
    let mut functions = Functions::new(&declarations);
    for (immediate, offset) in immediates.iter().flat_map(|it| memory.offsets.iter().map(move |offset| (it, offset))) {
        let instruction = instruction(offset, immediate);
        if signature(&instruction, &declarations, operator.arity?).is_none() {
            continue;
        }
        let rest: String = (1..params.len()).map(|index| format!("(local.get {index}) ")).collect();
        let mut add =
            |address: &str| functions.add(&params, true, &results, &format!("{address} {rest} {instruction}"));
        add("(local.get 0)");
        let ty = name(memory.address);
        for place in [0u32, 1, 65_520, 65_528, 65_532, 65_535, 65_536] {
            add(&format!("({ty}.const {place})"));
        }
        add(&format!("({ty}.add (local.get 0) ({ty}.const 16))"));
        add(&format!("({ty}.shl (local.get 0) ({ty}.const 2))"));
        add(&format!("({ty}.and (local.get 0) ({ty}.const 65535))"));
    }
    functions.finish(operator, format!("{text}{}", memory.name))
}

fn of_memory(operator: &Operator, memory: &Memory) -> Option<Single> {
    let text = operator.text();
    let declarations = format!("{} {}", memory.text, pattern(memory.address));
    let instruction = format!("{text} $m");
    let (params, results) = signature(&instruction, &declarations, operator.arity?)?;
    let mut functions = Functions::new(&declarations);
    let gets: String = (0..params.len()).map(|index| format!("(local.get {index}) ")).collect();
    functions.add(&params, true, &results, &format!("{gets} {instruction}"));
    functions.finish(operator, format!("{text}{}", memory.name))
}
