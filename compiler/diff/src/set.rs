//! Sets of modules, and what can be called of them.

use aot_format::types::{HeapType, RefType, ValType};
use iwasm_observe::plan::{Function, Plan};
use wasmparser::types::EntityType;
use wasmparser::{CompositeInnerType, Parser, Payload, Validator, WasmFeatures};

/// A set of modules, in the order in which they are instantiated where nothing else asks for another.
#[derive(Clone, Debug, Default)]
pub struct Set {
    /// Its modules.
    pub modules: Vec<Member>,
}

/// A module of a set.
#[derive(Clone, Debug)]
pub struct Member {
    /// The name by which others import from it.
    pub name: String,
    /// The module.
    pub wasm: Vec<u8>,
}

/// An exported function.
#[derive(Clone, Debug)]
pub struct Callable {
    /// Number of the module in the set.
    pub module: usize,
    /// The export.
    pub name: String,
    /// Its number in the module.
    pub index: u32,
    /// Types of its parameters. Of references only what a host can give is told apart: whether they can be null.
    pub params: Vec<ValType>,
    /// Where its body begins in the module's bytes; none for what it imports itself.
    pub body: Option<usize>,
}

impl Set {
    /// The exported functions of all modules that are valid; none of those that are not.
    pub fn callables(&self) -> Vec<Callable> {
        self.modules.iter().enumerate().flat_map(|(number, member)| callables(number, &member.wasm)).collect()
    }

    /// A plan for this set in which nothing is done yet.
    pub fn plan(&self, callables: &[Callable]) -> Plan {
        let function = |callable: &Callable| Function { module: callable.module, name: callable.name.clone() };
        Plan {
            modules: self.modules.iter().map(|member| member.name.clone()).collect(),
            functions: callables.iter().map(function).collect(),
            ..Plan::default()
        }
    }

    /// Bytes of all modules together.
    pub fn bytes(&self) -> usize {
        self.modules.iter().map(|member| member.wasm.len()).sum()
    }
}

fn callables(module: usize, wasm: &[u8]) -> Vec<Callable> {
    let Ok(types) = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm) else { return Vec::new() };
    let types = types.as_ref();
    let bodies = bodies(wasm);
    let imported = (types.function_count() as usize).saturating_sub(bodies.len());
    let mut found = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::ExportSection(exports)) = payload else { continue };
        for export in exports.into_iter().flatten() {
            let Some(EntityType::Func(id) | EntityType::FuncExact(id)) = types.entity_type_from_export(&export) else {
                continue;
            };
            let CompositeInnerType::Func(ty) = &types[id].composite_type.inner else { continue };
            let body = (export.index as usize).checked_sub(imported).and_then(|own| bodies.get(own).copied());
            let params = ty.params().iter().map(|ty| value_type(*ty)).collect();
            found.push(Callable { module, name: export.name.to_owned(), index: export.index, params, body });
        }
    }
    found
}

/// Where each function body begins.
fn bodies(wasm: &[u8]) -> Vec<usize> {
    let payloads = Parser::new(0).parse_all(wasm);
    payloads
        .filter_map(|payload| match payload {
            Ok(Payload::CodeSectionEntry(body)) => usize::try_from(body.range().start).ok(),
            _ => None,
        })
        .collect()
}

/// What a host can give for a parameter.
fn value_type(ty: wasmparser::ValType) -> ValType {
    match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 => ValType::V128,
        wasmparser::ValType::Ref(ty) => ValType::Ref(RefType { nullable: ty.is_nullable(), heap: HeapType::Any }),
    }
}

/// Where function `index` of a module begins; none for imported ones.
pub fn function_offset(wasm: &[u8], index: u32) -> Option<usize> {
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm).ok()?;
    let bodies = bodies(wasm);
    let imported = (types.as_ref().function_count() as usize).saturating_sub(bodies.len());
    bodies.get((index as usize).checked_sub(imported)?).copied()
}
