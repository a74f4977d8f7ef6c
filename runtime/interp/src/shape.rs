//! A module's imports and exports by name, and which exports are imports that are passed on: what linking looks at.
//! Types are the engine's affair.

use aot_format::types::ExternKind;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

/// Names of a module.
#[derive(Clone, Debug, Default)]
pub struct Shape {
    /// Its own name; may be empty.
    pub name: String,
    /// Imports, in their order.
    pub imports: Vec<Import>,
    /// Exports, in their order.
    pub exports: Vec<Export>,
}

/// An import.
#[derive(Clone, Debug)]
pub struct Import {
    /// The module it is from.
    pub module: String,
    /// The export wanted.
    pub field: String,
    /// What kind of thing.
    pub kind: ExternKind,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What kind of thing.
    pub kind: ExternKind,
    /// Number of the import that it is, if it is one.
    pub import: Option<usize>,
}

impl Shape {
    /// That of a module. What comes after something that cannot be parsed is left out: the engine has refused it.
    pub fn of(wasm: &[u8]) -> Shape {
        let mut shape = Shape::default();
        for payload in Parser::new(0).parse_all(wasm).map_while(Result::ok) {
            match payload {
                Payload::ImportSection(section) => {
                    for import in section.into_imports().map_while(Result::ok) {
                        let (module, field) = (import.module.to_owned(), import.name.to_owned());
                        shape.imports.push(Import { module, field, kind: kind(&import.ty) });
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section.into_iter().map_while(Result::ok) {
                        let kind = external_kind(export.kind);
                        let import = shape.import_number(kind, export.index);
                        shape.exports.push(Export { name: export.name.to_owned(), kind, import });
                    }
                }
                Payload::CustomSection(section) if section.name() == "name" => {
                    if let wasmparser::KnownCustom::Name(names) = section.as_known() {
                        for name in names.into_iter().map_while(Result::ok) {
                            if let wasmparser::Name::Module { name, .. } = name {
                                name.clone_into(&mut shape.name);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        shape
    }

    /// The export of a name.
    pub fn export(&self, name: &str) -> Option<&Export> {
        self.exports.iter().find(|export| export.name == name)
    }

    /// Which import stands at an index of an index space, if an import does.
    fn import_number(&self, kind: ExternKind, index: u32) -> Option<usize> {
        let mut of_kind = self.imports.iter().enumerate().filter(|(_, import)| import.kind == kind);
        of_kind.nth(index as usize).map(|(number, _)| number)
    }
}

fn kind(ty: &TypeRef) -> ExternKind {
    match ty {
        TypeRef::Func(_) | TypeRef::FuncExact(_) => ExternKind::Func,
        TypeRef::Table(_) => ExternKind::Table,
        TypeRef::Memory(_) => ExternKind::Memory,
        TypeRef::Global(_) => ExternKind::Global,
        TypeRef::Tag(_) => ExternKind::Tag,
    }
}

fn external_kind(kind: ExternalKind) -> ExternKind {
    match kind {
        ExternalKind::Func | ExternalKind::FuncExact => ExternKind::Func,
        ExternalKind::Table => ExternKind::Table,
        ExternalKind::Memory => ExternKind::Memory,
        ExternalKind::Global => ExternKind::Global,
        ExternalKind::Tag => ExternKind::Tag,
    }
}
