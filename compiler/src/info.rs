//! A module as text: what it imports, defines and exports. What `wamrc --emit=wasm-info` prints.

use std::fmt::{self, Write as _};

use aot_format::types::{CompositeType, ExternKind, ExternType, TypeDef};

use crate::module::{ElementItems, Module, SegmentMode};

/// Describes a module.
pub fn describe(module: &Module<'_>) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = write_module(&mut text, module);
    text
}

fn write_module(out: &mut String, module: &Module<'_>) -> fmt::Result {
    writeln!(out, "module {}: {} bytes", module.names.module.unwrap_or("(unnamed)"), module.wasm.len())?;
    write_interface(out, module)?;
    write_definitions(out, module)?;
    write_segments(out, module)?;
    if let Some(start) = module.start {
        writeln!(out, "start: function {start}")?;
    }
    writeln!(out, "functions: {} own, {} referenced", module.bodies.len(), module.funcrefs.len())?;
    for body in &module.bodies {
        let index = body.to_validate.index;
        let range = body.body.range();
        write!(out, "  {index}: {} at {:#x}, {} bytes", module.func_type(index), range.start, range.end - range.start)?;
        match module.function_name(index) {
            Some(name) => writeln!(out, " {name}")?,
            None => writeln!(out)?,
        }
    }
    for section in &module.custom_sections {
        writeln!(out, "custom section {:?}: {} bytes", section.name, section.bytes.len())?;
    }
    Ok(())
}

fn write_interface(out: &mut String, module: &Module<'_>) -> fmt::Result {
    writeln!(out, "types: {}", module.types.len())?;
    for (index, ty) in module.types.iter().enumerate() {
        writeln!(out, "  {index}: {}", Definition(ty))?;
    }
    writeln!(out, "imports: {}", module.imports.len())?;
    for import in &module.imports {
        writeln!(out, "  {}.{}: {}", import.module, import.name, External(module, &import.ty))?;
    }
    writeln!(out, "exports: {}", module.exports.len())?;
    for export in &module.exports {
        write!(out, "  {}: {} {}", export.name, export.kind, export.index)?;
        match export.kind {
            ExternKind::Func => writeln!(out, " {}", module.func_type(export.index))?,
            _ => writeln!(out)?,
        }
    }
    Ok(())
}

fn write_definitions(out: &mut String, module: &Module<'_>) -> fmt::Result {
    let counts = &module.counts;
    for (index, ty) in module.memories.iter().enumerate().skip(counts.imported_memories as usize) {
        writeln!(out, "memory {index}: {ty}")?;
    }
    for (index, ty) in module.tables.iter().enumerate().skip(counts.imported_tables as usize) {
        writeln!(out, "table {index}: {ty}")?;
    }
    for (index, ty) in module.globals.iter().enumerate().skip(counts.imported_globals as usize) {
        writeln!(out, "global {index}: {ty}")?;
    }
    for (index, ty) in module.tags.iter().enumerate().skip(counts.imported_tags as usize) {
        writeln!(out, "tag {index}: type {}", ty.0)?;
    }
    Ok(())
}

fn write_segments(out: &mut String, module: &Module<'_>) -> fmt::Result {
    for (index, segment) in module.elements.iter().enumerate() {
        let len = match &segment.items {
            ElementItems::Functions(items) => items.len(),
            ElementItems::Exprs(items) => items.len(),
        };
        writeln!(out, "element segment {index}: {len} of {}, {}", segment.ty, Mode("table", &segment.mode))?;
    }
    for (index, segment) in module.data.iter().enumerate() {
        writeln!(out, "data segment {index}: {} bytes, {}", segment.bytes.len(), Mode("memory", &segment.mode))?;
    }
    Ok(())
}

struct Definition<'a>(&'a TypeDef);

impl fmt::Display for Definition<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.composite {
            CompositeType::Func(func) => func.fmt(f)?,
            CompositeType::Struct(_) => f.write_str("(struct)")?,
            CompositeType::Array(_) => f.write_str("(array)")?,
        }
        if !self.0.is_final {
            f.write_str(", open")?;
        }
        if let Some(supertype) = self.0.supertype {
            write!(f, ", subtype of {}", supertype.0)?;
        }
        if self.0.group_len > 1 {
            write!(f, ", in the group of {}", self.0.group_start.0)?;
        }
        Ok(())
    }
}

/// The type of an import or definition of a module.
pub(crate) struct External<'a, 'data>(pub(crate) &'a Module<'data>, pub(crate) &'a ExternType);

impl fmt::Display for External<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            ExternType::Func(ty) => self.0.func_type_at(*ty).fmt(f),
            ExternType::Global(ty) => ty.fmt(f),
            ExternType::Table(ty) => ty.fmt(f),
            ExternType::Memory(ty) => ty.fmt(f),
            ExternType::Tag(ty) => write!(f, "(tag {})", self.0.func_type_at(*ty)),
        }
    }
}

struct Mode<'a>(&'static str, &'a SegmentMode);

impl fmt::Display for Mode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            SegmentMode::Active { index, offset } => write!(f, "active in {} {index} at {offset:?}", self.0),
            SegmentMode::Passive => f.write_str("passive"),
            SegmentMode::Dropped => f.write_str("declared"),
        }
    }
}
