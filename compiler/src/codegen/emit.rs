//! A module and its code → what stands in the artifact. The last step that knows of both; bytes are
//! `aot-format`'s.

use aot_format::write::{Contents, Export, Function, Import};
use sha2::{Digest, Sha256};

use super::Code;
use super::image;
use crate::error::Error;
use crate::module::Module;
use crate::options::Options;
use crate::target::Target;

/// The compiler and its version, as artifacts record it.
pub fn producer() -> String {
    format!("wamrc {} (cranelift {})", env!("CARGO_PKG_VERSION"), cranelift_codegen::VERSION)
}

/// SHA-256 of the wasm, as artifacts record it.
pub fn source_digest(wasm: &[u8]) -> [u8; 32] {
    Sha256::digest(wasm).into()
}

/// Puts the contents of an artifact together.
///
/// # Errors
///
/// Those of [`Options::recorded`].
pub fn contents<'data>(
    options: &Options,
    target: Target,
    module: &Module<'data>,
    code: Code,
) -> Result<Contents<'data>, Error> {
    let page_bytes = 1u64 << target.isa.page_size_log2();
    let initial = image::initial(module, page_bytes);
    let counts = &module.counts;
    let own = |imported: u32| imported as usize;
    let functions = module.functions.iter().skip(own(counts.imported_functions)).zip(&code.functions);
    let tables = module.tables.iter().skip(own(counts.imported_tables)).copied();
    let globals = module.globals.iter().skip(own(counts.imported_globals)).copied();
    let kept = module.custom_sections.iter().filter(|section| options.keeps_custom_section(section.name));
    Ok(Contents {
        isa: target.isa,
        cpu_features: target.features,
        source_digest: source_digest(module.wasm),
        name: module.names.module.unwrap_or_default().to_owned(),
        producer: producer(),
        options: options.clone().target(target).recorded()?,
        guarded_memories: !options.has_explicit_bounds_checks(),
        types: module.types.clone(),
        imports: module.imports.iter().map(own_import).collect(),
        exports: module.exports.iter().map(own_export).collect(),
        tables: tables.zip(module.table_inits.iter().cloned()).collect(),
        memories: module.memories.iter().skip(own(counts.imported_memories)).copied().collect(),
        globals: globals.zip(module.global_inits.iter().cloned()).collect(),
        tags: module.tags.iter().skip(own(counts.imported_tags)).copied().collect(),
        start: module.start,
        elements: module.elements.clone(),
        data: initial.segments,
        images: initial.images,
        functions: functions
            .map(|(ty, range)| Function { ty: *ty, text_offset: range.offset, text_bytes: range.bytes })
            .collect(),
        funcrefs: module.funcrefs.clone(),
        trampolines: code.trampolines,
        traps: code.traps,
        call_sites: code.call_sites,
        stack_maps: code.stack_maps,
        addresses: code.addresses,
        inlined: code.inlined,
        function_names: function_names(module),
        custom_sections: kept.map(|section| (section.name.to_owned(), section.bytes.to_vec())).collect(),
        text: code.text,
    })
}

fn own_import(import: &crate::module::Import<'_>) -> Import {
    Import { module: import.module.to_owned(), name: import.name.to_owned(), ty: import.ty }
}

fn own_export(export: &crate::module::Export<'_>) -> Export {
    Export { name: export.name.to_owned(), kind: export.kind, index: export.index }
}

/// Names from the name section. Runtimes find those of exported functions in the exports.
fn function_names(module: &Module<'_>) -> Vec<(u32, String)> {
    module.names.functions.iter().map(|(index, name)| (*index, (*name).to_owned())).collect()
}
