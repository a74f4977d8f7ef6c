//! What a set of modules does, as text: everything that can be seen of it from outside, and nothing that may differ
//! from one machine to another. Two runs of one set are equal if and only if their texts are.

use std::fmt::Write as _;

use iwasm::{Config, Engine, Error, Extern, Func, Instance, Linker, Module, Store, Val, ValType};
use sha1::{Digest, Sha1};

use crate::generate::Rng;

/// Calls of each exported function.
const CALLS: u64 = 3;
/// Stack for the modules: more than their fuel lets them use, whatever the size of a frame.
pub const STACK_BYTES: usize = 256 << 20;

/// An engine for observations. It needs a thread with [`STACK_BYTES`] and some more.
pub fn engine() -> Engine {
    Engine::new(&Config { max_wasm_stack: STACK_BYTES, ..Config::default() })
}

/// Tells what came of instantiating the modules in their order, and of calling each of their functions a few times, in
/// instances of its own: what one uses up, others have.
pub fn observe(engine: &Engine, seed: u64, modules: &[(String, Module)]) -> String {
    let mut text = String::new();
    let mut rng = Rng(seed);
    let mut index = 0;
    while observe_function(&mut text, engine, &mut rng, modules, index) {
        index += 1;
    }
    text
}

/// What the function with a number, among those of all modules, does; false if there are not so many.
fn observe_function(
    text: &mut String,
    engine: &Engine,
    rng: &mut Rng,
    modules: &[(String, Module)],
    index: usize,
) -> bool {
    let mut store = Store::new(engine, ());
    let mut linker = Linker::new(engine);
    let mut instances: Vec<(&str, Instance)> = Vec::new();
    for (name, module) in modules {
        match linker.instantiate(&mut store, name, module) {
            Ok(instance) => instances.push((name, instance)),
            Err(error) => {
                let _ = writeln!(text, "{name}: {}", outcome(&error));
                break;
            }
        }
    }
    let exports: Vec<(String, Extern)> = instances
        .iter()
        .flat_map(|(name, instance)| {
            let exports = instance.exports(&store).into_iter();
            exports.map(move |(field, export)| (format!("{name}.{}", field.escape_debug()), export))
        })
        .collect();
    let mut funcs = exports.iter().filter_map(|(name, export)| match export {
        Extern::Func(func) => Some((name, *func)),
        _ => None,
    });
    let Some((name, func)) = funcs.nth(index) else { return false };
    for _ in 0..CALLS {
        call(text, &mut store, rng, name, func);
    }
    for (name, export) in &exports {
        if let Some(state) = state(&mut store, export) {
            let _ = writeln!(text, "  {name}: {state}");
        }
    }
    true
}

fn call(text: &mut String, store: &mut Store<()>, rng: &mut Rng, name: &str, func: Func) {
    let engine = &store.engine().clone();
    let Ok(ty) = func.ty(&*store) else { return };
    let params: Option<Vec<Val>> = ty.params.iter().map(|ty| argument(*ty, rng, engine)).collect();
    // Some references cannot be null, and the host has none to give.
    let Some(params) = params else { return };
    let shown: Vec<String> = params.iter().map(value).collect();
    let _ = write!(text, "{name}({}) ", shown.join(", "));
    let _ = match func.call(store, &params) {
        Ok(results) => writeln!(text, "= {}", results.iter().map(value).collect::<Vec<_>>().join(", ")),
        Err(error) => writeln!(text, "{}", outcome(&error)),
    };
}

/// Numbers at the edges of their types, and any.
fn argument(ty: ValType, rng: &mut Rng, engine: &Engine) -> Option<Val> {
    const EDGES: [u64; 12] = [
        0,
        1,
        u64::MAX,
        0x7fff_ffff,
        0x8000_0000,
        0x7fff_ffff_ffff_ffff,
        0x8000_0000_0000_0000,
        0x3ff0_0000_0000_0000,
        0x7ff0_0000_0000_0000,
        0x3f80_0000,
        0x7f80_0000,
        65536,
    ];
    let bits = if rng.below(2) == 0 { EDGES[rng.below(EDGES.len() as u64) as usize] } else { rng.number() };
    match ty {
        ValType::I32 => Some(Val::I32(bits as i32)),
        ValType::I64 => Some(Val::I64(bits.cast_signed())),
        ValType::F32 => Some(Val::F32(bits as u32)),
        ValType::F64 => Some(Val::F64(bits)),
        ValType::V128 => Some(Val::V128(u128::from(bits) << 64 | u128::from(rng.number()))),
        ValType::Ref(reference) if reference.nullable => Some(Val::default_for(ty, engine)),
        ValType::Ref(_) => None,
    }
}

/// A reference says only whether it is one: what it is made of is the machine's affair.
fn value(value: &Val) -> String {
    let reference = |is_null: bool| if is_null { "null" } else { "reference" }.to_owned();
    match value {
        Val::I32(value) => format!("{value:#x}:i32"),
        Val::I64(value) => format!("{value:#x}:i64"),
        Val::F32(bits) => format!("{bits:#x}:f32"),
        Val::F64(bits) => format!("{bits:#x}:f64"),
        Val::V128(bits) => format!("{bits:#x}:v128"),
        Val::FuncRef(reference_) => reference(reference_.is_none()),
        Val::ExternRef(reference_) => reference(reference_.is_none()),
        Val::AnyRef(reference_) => reference(reference_.is_none()),
        Val::ExnRef(reference_) => reference(reference_.is_none()),
    }
}

fn outcome(error: &Error) -> String {
    match error {
        Error::Trap(trap) => {
            let places: Vec<String> = trap
                .frames()
                .iter()
                .take(3)
                .map(|frame| format!("{}!{}", frame.module, frame.function_index))
                .collect();
            format!("traps: {} in {}", trap.code().message(), places.join(" < "))
        }
        Error::Exception(_) => "throws".to_owned(),
        error => format!("fails: {error}"),
    }
}

fn state(store: &mut Store<()>, export: &Extern) -> Option<String> {
    Some(match export {
        Extern::Global(global) => global.get(&*store).map_or_else(|error| error.to_string(), |found| value(&found)),
        Extern::Memory(memory) => {
            let pages = memory.size(&*store).unwrap_or(0);
            let digest = memory.data(&*store).map(Sha1::digest).map(|digest| hex(&digest)).unwrap_or_default();
            format!("{pages} pages, {digest}")
        }
        Extern::Table(table) => {
            let size = table.size(&*store).unwrap_or(0);
            let mut nulls = Sha1::new();
            for index in 0..size {
                nulls.update(table.get(&mut *store, index).map(|found| value(&found)).unwrap_or_default());
            }
            format!("{size} elements, {}", hex(&nulls.finalize()))
        }
        Extern::Func(_) | Extern::Tag(_) => return None,
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
