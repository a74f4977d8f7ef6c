//! What a module may import from others: as a module that imports all of it, which is how wasm-smith is told. Types that
//! have no name outside of their module are left out.

use std::fmt::Write as _;

use wamrc_diff::arguments::Numbers;
use wasmparser::types::{CoreTypeId, EntityType, Types};
use wasmparser::{CompositeInnerType, Parser, Payload, ValType, Validator, WasmFeatures};

/// Lines of the text format that import what a module exports.
///
/// # Panics
///
/// When it is no module.
pub fn imports_of(name: &str, wasm: &[u8], numbers: &mut Numbers) -> String {
    let types = Validator::new_with_features(WasmFeatures::all()).validate_all(wasm);
    let types = types.expect("what was made is a module");
    let mut text = String::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(Payload::ExportSection(exports)) = payload else { continue };
        for export in exports {
            let export = export.expect("what was made is a module");
            let Some(entity) = types.as_ref().entity_type_from_export(&export) else { continue };
            // There are more globals than anything else, and calls are what matters most.
            if matches!(entity, EntityType::Global(_)) && numbers.below(5) != 0 {
                continue;
            }
            if let Some(ty) = entity_text(&types, entity, numbers) {
                let _ = writeln!(text, "(import {} {} {ty})", quoted(name), quoted(export.name));
            }
        }
    }
    text
}

/// A name as the text format has it.
pub fn quoted(name: &str) -> String {
    let bytes: String = name.bytes().map(|byte| format!("\\{byte:02x}")).collect();
    format!("\"{bytes}\"")
}

/// A type as the text format has it, if it needs no definition. What is imported may be wanted with less than it has.
fn entity_text(types: &Types, entity: EntityType, numbers: &mut Numbers) -> Option<String> {
    let func = |id: CoreTypeId| {
        let CompositeInnerType::Func(func) = &types[id].composite_type.inner else { return None };
        let list = |keyword: &str, list: &[ValType]| {
            let names: Option<Vec<String>> = list.iter().map(|ty| value_text(*ty)).collect();
            names.map(|names| format!("({keyword} {})", names.join(" ")))
        };
        Some(format!("{} {}", list("param", func.params())?, list("result", func.results())?))
    };
    let index = |is_64: bool| if is_64 { "i64" } else { "" };
    let mut limits = |min: u64, max: Option<u64>| {
        let min = if numbers.below(4) == 0 { min / 2 } else { min };
        match (max, numbers.below(8)) {
            (Some(max), 0) => format!("{min} {}", max + 1),
            (Some(max), _) => format!("{min} {max}"),
            (None, _) => min.to_string(),
        }
    };
    Some(match entity {
        EntityType::Func(id) | EntityType::FuncExact(id) => format!("(func {})", func(id)?),
        EntityType::Tag(id) => format!("(tag {})", func(id)?),
        EntityType::Global(ty) => {
            let value = value_text(ty.content_type)?;
            if ty.mutable { format!("(global (mut {value}))") } else { format!("(global {value})") }
        }
        EntityType::Memory(ty) => format!("(memory {} {})", index(ty.memory64), limits(ty.initial, ty.maximum)),
        EntityType::Table(ty) => {
            let element = value_text(ValType::Ref(ty.element_type))?;
            format!("(table {} {} {element})", index(ty.table64), limits(ty.initial, ty.maximum))
        }
    })
}

fn value_text(ty: ValType) -> Option<String> {
    match ty {
        ValType::Ref(ty) if ty.is_concrete_type_ref() => None,
        ty => Some(ty.to_string()).map(|text| text.replace("(ref null func)", "funcref")),
    }
}
