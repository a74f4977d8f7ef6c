//! A module's text as an ELF object with symbols, for `objdump`, `perf` and the like. What an object
//! cannot say (instances, tables, traps) is left out: nothing is meant to link it.

use ::object::write::{Object, StandardSection, Symbol, SymbolSection};
use ::object::{Architecture, BinaryFormat, Endianness, SymbolFlags, SymbolKind, SymbolScope};
use aot_format::cpu::Isa;

use crate::codegen::{Code, TextRange};
use crate::error::Error;
use crate::module::Module;

/// Writes the object.
///
/// # Errors
///
/// [`Error::Object`] when the code does not fit an ELF file.
pub fn write(isa: Isa, module: &Module<'_>, code: &Code) -> Result<Vec<u8>, Error> {
    let architecture = match isa {
        Isa::X86_64 => Architecture::X86_64,
        Isa::Aarch64 => Architecture::Aarch64,
        Isa::Riscv64 => Architecture::Riscv64,
    };
    let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
    let text = object.section_id(StandardSection::Text);
    object.append_section_data(text, &code.text, 64);
    let mut symbol = |name: String, range: &TextRange| {
        object.add_symbol(Symbol {
            name: name.into_bytes(),
            value: u64::from(range.offset),
            size: u64::from(range.bytes),
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::None,
        });
    };
    for (body, range) in module.bodies.iter().zip(&code.functions) {
        let index = body.to_validate.index;
        // The index keeps symbols apart: names in a module need not differ.
        let name = match module.function_name(index) {
            Some(name) => format!("wasm[{index}]::{}", name.replace('\0', "\\0")),
            None => format!("wasm[{index}]"),
        };
        symbol(name, range);
    }
    for (name, range) in &code.service_ranges {
        symbol(name.replace(' ', "_"), range);
    }
    for (name, range) in &code.trampoline_ranges {
        symbol(name.replace(' ', "_"), range);
    }
    object.write().map_err(|error| Error::Object { reason: error.to_string() })
}
