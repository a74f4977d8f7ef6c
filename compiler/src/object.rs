//! A set's text as an ELF object with symbols, for `objdump`, `perf` and the like. What an object
//! cannot say (instances, tables, traps) is left out: nothing is meant to link it.

use ::object::write::{Object, StandardSection, Symbol, SymbolSection};
use ::object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};
use aot_format::cpu::Isa;

use crate::codegen::{Code, SetCode, TextRange};
use crate::error::Error;
use crate::module::Module;
use crate::set::Set;

/// Writes the object.
///
/// # Errors
///
/// [`Error::Object`] when the code does not fit an ELF file.
pub fn write(isa: Isa, set: &Set<'_>, code: &SetCode) -> Result<Vec<u8>, Error> {
    let architecture = match isa {
        Isa::X86_64 => Architecture::X86_64,
        Isa::Aarch64 => Architecture::Aarch64,
        Isa::Riscv64 => Architecture::Riscv64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &code.text, 64);
    for (member, (range, code)) in set.members().iter().zip(&code.members) {
        // Names of members keep the symbols of several apart.
        let prefix = if set.members().len() > 1 { format!("{}::", member.name) } else { String::new() };
        for (name, place) in symbols(&member.module, code) {
            object.add_symbol(Symbol {
                name: format!("{prefix}{name}").into_bytes(),
                value: range.start as u64 + u64::from(place.offset),
                size: u64::from(place.bytes),
                kind: SymbolKind::Text,
                scope: SymbolScope::Linkage,
                weak: false,
                section: SymbolSection::Section(text),
                flags: SymbolFlags::None,
            });
        }
    }
    object.write().map_err(|error| Error::Object { reason: error.to_string() })
}

/// The symbols of a module and where they stand in its code.
fn symbols(module: &Module<'_>, code: &Code) -> Vec<(String, TextRange)> {
    let functions = module.bodies.iter().zip(&code.functions).map(|(body, range)| {
        let index = body.to_validate.index;
        // The index keeps symbols apart: names in a module need not differ.
        let name = match module.function_name(index) {
            Some(name) => format!("wasm[{index}]::{}", name.replace('\0', "\\0")),
            None => format!("wasm[{index}]"),
        };
        (name, *range)
    });
    let trampolines = code.service_ranges.iter().chain(&code.trampoline_ranges);
    let functions = functions.filter(|(_, range)| range.bytes > 0);
    functions.chain(trampolines.map(|(name, range)| (name.replace(' ', "_"), *range))).collect()
}
