//! Sets of modules made from a seed: each module by wasm-smith, importing from the one before what that exports.
//! The same seed gives the same bytes on every machine. What becomes of them is compared elsewhere.

use std::fmt::Write as _;

use arbitrary::Unstructured;
use wasm_smith::{Config, Module};
use wasmparser::types::{CoreTypeId, EntityType, Types};
use wasmparser::{CompositeInnerType, Parser, Payload, ValType, Validator, WasmFeatures};

/// What a module may call and loop, until it traps.
const FUEL: u32 = 1_000;
/// Bytes of entropy for a module: more make larger ones.
const ENTROPY_BYTES: usize = 4096;
/// Pages a memory may have: so much is there on every machine, so growing has the same outcome.
const MAX_MEMORY_BYTES: u64 = 64 << 16;

/// A generator of numbers that need not be good: SplitMix64.
pub struct Rng(pub u64);

impl Rng {
    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below `bound`, which is above zero.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }
}

/// A module of a set.
pub struct Made {
    /// Its name; others import from it by this.
    pub name: String,
    /// The module.
    pub wasm: Vec<u8>,
}

/// The set of a seed, each module after those it imports from.
///
/// # Panics
///
/// When wasm-smith makes what is no module.
pub fn set(seed: u64) -> Vec<Made> {
    let mut rng = Rng(seed);
    let count = 1 + rng.below(3);
    let config = proposals(&mut rng);
    let mut made: Vec<Made> = Vec::new();
    for index in 0..count {
        let imports = made.last().map(|before| imports_of(&before.name, &before.wasm));
        let wasm = module(&mut rng, config.clone(), imports);
        made.push(Made { name: format!("m{index}"), wasm });
    }
    made
}

/// Which proposals the modules of a set use is drawn, so that each meets each of the others, and is absent sometimes.
fn proposals(rng: &mut Rng) -> Config {
    // Half of them trap where they please, which is soon.
    let disallow_traps = rng.below(2) == 0;
    let mut draw = || rng.below(4) != 0;
    Config {
        disallow_traps,
        limit_arrays_in_const_exprs: true,
        exceptions_enabled: draw(),
        gc_enabled: draw(),
        memory64_enabled: draw(),
        tail_call_enabled: draw(),
        wide_arithmetic_enabled: draw(),
        // The generator cannot read them back from imports.
        custom_page_sizes_enabled: false,
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        // Not every machine has vectors, and what is relaxed may differ.
        simd_enabled: false,
        relaxed_simd_enabled: false,
        threads_enabled: false,
        compact_imports_enabled: false,
        allow_start_export: false,
        export_everything: true,
        max_memories: 2,
        max_tables: 3,
        max_memory32_bytes: MAX_MEMORY_BYTES,
        max_memory64_bytes: MAX_MEMORY_BYTES.into(),
        memory_max_size_required: true,
        max_table_elements: 1000,
        table_max_size_required: true,
        min_funcs: 3,
        max_funcs: 12,
        max_imports: 0,
        ..Config::default()
    }
}

fn module(rng: &mut Rng, config: Config, available_imports: Option<Vec<u8>>) -> Vec<u8> {
    let max_imports = if available_imports.is_some() { 20 } else { 0 };
    let config = Config { max_imports, available_imports, ..config };
    let entropy: Vec<u8> = (0..ENTROPY_BYTES / 8).flat_map(|_| rng.number().to_le_bytes()).collect();
    let mut module = Module::new(config, &mut Unstructured::new(&entropy)).expect("entropy suffices for a module");
    module.ensure_termination(FUEL).expect("all of it was made by wasm-smith");
    module.to_bytes()
}

/// A module that imports everything that another exports: wasm-smith takes imports from one like that. Types that have
/// no name outside of their module are left out.
fn imports_of(name: &str, wasm: &[u8]) -> Vec<u8> {
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm);
    let types = types.expect("what was made is a module");
    let mut text = String::from("(module\n");
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::ExportSection(exports)) = payload else { continue };
        for export in exports {
            let export = export.expect("what was made is a module");
            let Some(entity) = types.as_ref().entity_type_from_export(&export) else { continue };
            if let Some(ty) = entity_text(&types, entity) {
                let _ = writeln!(text, "(import {name:?} \"{}\" {ty})", quoted(export.name));
            }
        }
    }
    text.push(')');
    wat::parse_str(&text).expect("imports in text")
}

/// A name as the text format has it.
fn quoted(name: &str) -> String {
    name.bytes().map(|byte| format!("\\{byte:02x}")).collect()
}

/// A type as the text format has it, if it needs no definition.
fn entity_text(types: &Types, entity: EntityType) -> Option<String> {
    let func = |id: CoreTypeId| {
        let CompositeInnerType::Func(func) = &types[id].composite_type.inner else { return None };
        let list = |keyword: &str, list: &[ValType]| {
            let names: Option<Vec<String>> = list.iter().map(|ty| value_text(*ty)).collect();
            names.map(|names| format!("({keyword} {})", names.join(" ")))
        };
        Some(format!("{} {}", list("param", func.params())?, list("result", func.results())?))
    };
    let index = |is_64: bool| if is_64 { "i64" } else { "" };
    let max = |max: Option<u64>| max.map_or(String::new(), |max| max.to_string());
    Some(match entity {
        EntityType::Func(id) => format!("(func {})", func(id)?),
        EntityType::Tag(id) => format!("(tag {})", func(id)?),
        EntityType::Global(ty) => {
            let value = value_text(ty.content_type)?;
            if ty.mutable { format!("(global (mut {value}))") } else { format!("(global {value})") }
        }
        EntityType::Memory(ty) => {
            let page = ty.page_size_log2.map_or(String::new(), |log2| format!("(pagesize {})", 1u64 << log2));
            format!("(memory {} {} {} {page})", index(ty.memory64), ty.initial, max(ty.maximum))
        }
        EntityType::Table(ty) => {
            let element = value_text(ValType::Ref(ty.element_type))?;
            format!("(table {} {} {} {element})", index(ty.table64), ty.initial, max(ty.maximum))
        }
        EntityType::FuncExact(_) => return None,
    })
}

fn value_text(ty: ValType) -> Option<String> {
    match ty {
        ValType::Ref(ty) if ty.is_concrete_type_ref() => None,
        ty => Some(ty.to_string()).map(|text| text.replace("(ref null func)", "funcref")),
    }
}
