//! An artifact as text for people; what `wamrc --emit=aot-dump` prints. Deterministic, and of a
//! length in proportion to the file, whatever the file says.

use core::fmt::{self, Write};

use alloc::string::String;

use crate::layout::*;
use crate::read::{Artifact, SegmentMode};
use crate::types::*;
use crate::write::{ConstOp, InlinedFrame};

/// Types with no more parameters and results than this are written out where they are used.
const SHORT_TYPE_ITEMS: u64 = 8;
/// Bytes of a function's name that are shown; nobody has verified how many there are.
const FUNCTION_NAME_BYTES: usize = 200;
/// Handlers of a call that are shown: calls can share them, so there is no other bound.
const SHOWN_SLOTS: usize = 64;
const SHOWN_HANDLERS: usize = 16;
/// The same for frames of inlined code.
const SHOWN_FRAMES: usize = 16;

/// The whole artifact but for the bytes of text, data and images.
pub fn dump<B: AsRef<[u8]>>(artifact: &Artifact<B>) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = header(artifact, &mut out);
    let _ = interface(artifact, &mut out);
    let _ = definitions(artifact, &mut out);
    let _ = segments(artifact, &mut out);
    let _ = code(artifact, &mut out);
    out
}

fn header<B: AsRef<[u8]>>(artifact: &Artifact<B>, out: &mut String) -> fmt::Result {
    let module = artifact.module();
    let isa = artifact.isa();
    writeln!(out, "artifact of {:?}, {} bytes, format {FORMAT_VERSION}", module.name, artifact.bytes().len())?;
    writeln!(out, "  producer       {}", module.producer.escape_debug())?;
    writeln!(out, "  options        {}", module.options.escape_debug())?;
    writeln!(out, "  target         {}", isa.name())?;
    write!(out, "  cpu features  ")?;
    for name in isa.names_of(artifact.cpu_features()) {
        write!(out, " {}", name.unwrap_or("unknown"))?;
    }
    write!(out, "\n  source sha256  ")?;
    artifact.source_digest().iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    write!(out, "\n  digest         ")?;
    artifact.digest().iter().try_for_each(|byte| write!(out, "{byte:02x}"))?;
    let memories = if module.guarded_memories { "guard pages" } else { "explicit checks" };
    writeln!(out, "\n  bounds checks  {memories}")?;
    writeln!(out, "  vmctx          {} bytes", artifact.layout().size())?;
    writeln!(out, "sections")?;
    for kind in SectionKind::ALL {
        let range = artifact.section_range(*kind);
        if !range.is_empty() {
            let entries = range.len() / kind.entry_bytes();
            writeln!(
                out,
                "  {:<20} {:>#10x} {:>10} bytes {:>8} entries",
                kind.label(),
                range.start,
                range.len(),
                entries
            )?;
        }
    }
    Ok(())
}

/// A type, with short function types written out.
fn extern_type<B: AsRef<[u8]>>(artifact: &Artifact<B>, ty: &ExternType, out: &mut String) -> fmt::Result {
    match ty {
        ExternType::Func(index) => func_type(artifact, *index, out),
        ExternType::Tag(index) => {
            write!(out, "(tag ")?;
            func_type(artifact, *index, out)?;
            write!(out, ")")
        }
        ExternType::Global(global) => write!(out, "{global}"),
        ExternType::Table(table) => write!(out, "{table}"),
        ExternType::Memory(memory) => write!(out, "{memory}"),
    }
}

fn func_type<B: AsRef<[u8]>>(artifact: &Artifact<B>, index: TypeIndex, out: &mut String) -> fmt::Result {
    let record = artifact.view().table::<TypeRecord>(SectionKind::Types).get(index.0 as usize);
    let short = |ty: &TypeRecord| u64::from(ty.first.len) + u64::from(ty.second.len) <= SHORT_TYPE_ITEMS;
    match record.filter(short).and_then(|_| artifact.func_type(index)) {
        Some(func) => write!(out, "{func}"),
        None => write!(out, "(func (type {}))", index.0),
    }
}

fn interface<B: AsRef<[u8]>>(artifact: &Artifact<B>, out: &mut String) -> fmt::Result {
    writeln!(out, "types")?;
    for index in 0..artifact.type_count() {
        let Some(def) = artifact.type_def(TypeIndex(index)) else { continue };
        write!(out, "  {index}: {}", def.composite)?;
        if !def.is_final || def.supertype.is_some() {
            let supertype = def.supertype.map(|ty| ty.0);
            write!(out, " final={} super={supertype:?}", def.is_final)?;
        }
        if def.group_len > 1 {
            write!(out, " group={}+{}", def.group_start.0, def.group_len)?;
        }
        writeln!(out)?;
    }
    writeln!(out, "imports")?;
    for import in artifact.imports() {
        write!(out, "  {:?}.{:?} ", import.module, import.name)?;
        extern_type(artifact, &import.ty, out)?;
        writeln!(out)?;
    }
    writeln!(out, "exports")?;
    for export in artifact.exports() {
        writeln!(out, "  {:?} {} {}", export.name, export.kind, export.index)?;
    }
    if let Some(start) = artifact.module().start {
        writeln!(out, "start function {start}")?;
    }
    Ok(())
}

fn const_expr<B: AsRef<[u8]>>(artifact: &Artifact<B>, index: u32, out: &mut String) -> fmt::Result {
    for op in artifact.const_expr(index) {
        match op {
            ConstOp::I32Const(value) => write!(out, " i32.const {value}")?,
            ConstOp::I64Const(value) => write!(out, " i64.const {value}")?,
            ConstOp::F32Const(bits) => match f32::from_bits(bits) {
                value if value.is_nan() => write!(out, " f32.const nan({bits:#010x})")?,
                value => write!(out, " f32.const {value:?}")?,
            },
            ConstOp::F64Const(bits) => match f64::from_bits(bits) {
                value if value.is_nan() => write!(out, " f64.const nan({bits:#018x})")?,
                value => write!(out, " f64.const {value:?}")?,
            },
            ConstOp::V128Const(value) => write!(out, " v128.const {value:#034x}")?,
            ConstOp::GlobalGet(global) => write!(out, " global.get {global}")?,
            ConstOp::RefFunc(function) => write!(out, " ref.func {function}")?,
            ConstOp::RefNull(ty) => write!(out, " ref.null {}", ty.heap)?,
            ConstOp::I32Add => write!(out, " i32.add")?,
            ConstOp::I32Sub => write!(out, " i32.sub")?,
            ConstOp::I32Mul => write!(out, " i32.mul")?,
            ConstOp::I64Add => write!(out, " i64.add")?,
            ConstOp::I64Sub => write!(out, " i64.sub")?,
            ConstOp::I64Mul => write!(out, " i64.mul")?,
            ConstOp::RefI31 => write!(out, " ref.i31")?,
            ConstOp::StructNew(ty) => write!(out, " struct.new {}", ty.0)?,
            ConstOp::StructNewDefault(ty) => write!(out, " struct.new_default {}", ty.0)?,
            ConstOp::ArrayNew(ty) => write!(out, " array.new {}", ty.0)?,
            ConstOp::ArrayNewDefault(ty) => write!(out, " array.new_default {}", ty.0)?,
            ConstOp::ArrayNewFixed(ty, length) => write!(out, " array.new_fixed {} {length}", ty.0)?,
            ConstOp::AnyConvertExtern => write!(out, " any.convert_extern")?,
            ConstOp::ExternConvertAny => write!(out, " extern.convert_any")?,
        }
    }
    Ok(())
}

fn definitions<B: AsRef<[u8]>>(artifact: &Artifact<B>, out: &mut String) -> fmt::Result {
    let counts = artifact.counts();
    writeln!(out, "definitions")?;
    for (index, (table, init)) in artifact.tables().enumerate() {
        write!(out, "  table {}: {table}", counts.imported_tables + index as u32)?;
        if let Some(init) = init {
            write!(out, " =")?;
            const_expr(artifact, init, out)?;
        }
        writeln!(out)?;
    }
    for (index, memory) in artifact.memories().enumerate() {
        writeln!(out, "  memory {}: {memory}", counts.imported_memories + index as u32)?;
    }
    for (index, (global, init)) in artifact.globals().enumerate() {
        write!(out, "  global {}: {global} =", counts.imported_globals + index as u32)?;
        const_expr(artifact, init, out)?;
        writeln!(out)?;
    }
    for (index, tag) in artifact.tags().enumerate() {
        write!(out, "  tag {}: ", counts.imported_tags + index as u32)?;
        extern_type(artifact, &ExternType::Tag(tag), out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn segment_mode<B: AsRef<[u8]>>(artifact: &Artifact<B>, mode: SegmentMode, out: &mut String) -> fmt::Result {
    match mode {
        SegmentMode::Active { index, offset } => {
            write!(out, "active in {index} at")?;
            const_expr(artifact, offset, out)
        }
        SegmentMode::Passive => write!(out, "passive"),
        SegmentMode::Dropped => write!(out, "dropped"),
    }
}

fn segments<B: AsRef<[u8]>>(artifact: &Artifact<B>, out: &mut String) -> fmt::Result {
    writeln!(out, "segments")?;
    for (index, segment) in artifact.elements().enumerate() {
        write!(out, "  elem {index}: {} items of {}, ", segment.items.len(), segment.ty)?;
        segment_mode(artifact, segment.mode, out)?;
        writeln!(out)?;
    }
    for (index, segment) in artifact.data().enumerate() {
        write!(out, "  data {index}: {} bytes, ", segment.bytes.len())?;
        segment_mode(artifact, segment.mode, out)?;
        writeln!(out)?;
    }
    for image in artifact.images() {
        let (start, bytes) = (image.memory_offset, image.file_range.len());
        writeln!(out, "  image of own memory {}: {bytes} bytes at {start:#x}", image.memory)?;
    }
    Ok(())
}

fn code<B: AsRef<[u8]>>(artifact: &Artifact<B>, out: &mut String) -> fmt::Result {
    writeln!(out, "functions")?;
    let imported = artifact.counts().imported_functions;
    for (index, function) in artifact.functions().iter().enumerate() {
        let index = imported + index as u32;
        let (start, bytes) = (function.text_offset, function.text_bytes);
        write!(out, "  {index}: type {} text {start:#x} +{bytes:#x}", function.ty)?;
        if let Some(name) = artifact.function_name_bytes(index) {
            let shown = name.get(..FUNCTION_NAME_BYTES).unwrap_or(name);
            write!(out, " {:?}{}", String::from_utf8_lossy(shown), if shown.len() < name.len() { "..." } else { "" })?;
        }
        writeln!(out)?;
    }
    writeln!(out, "trampolines")?;
    for record in artifact.trampolines().iter() {
        let place = |offset: u32| (offset != NONE).then_some(offset);
        writeln!(out, "  type {}: entry {:x?} host {:x?}", record.ty, place(record.entry), place(record.host))?;
    }
    for (text_offset, frames) in artifact.inlined() {
        write!(out, "inlined at {text_offset:#x}:")?;
        for InlinedFrame { member, function, wasm_offset } in frames.take(SHOWN_FRAMES) {
            write!(out, " {member}.{function} @ {wasm_offset:#x}")?;
        }
        writeln!(out)?;
    }
    for site in artifact.call_sites() {
        let (frame, vmctx) = (site.frame_bytes, site.vmctx_offset);
        write!(out, "call returning to {:#x}: frame {frame}, vmctx at {vmctx}, handlers", site.return_offset)?;
        for handler in site.handlers().take(SHOWN_HANDLERS) {
            match handler.tag {
                Some(tag) => write!(out, " catch {tag} {:#x}", handler.landing_pad)?,
                None => write!(out, " catch_all {:#x}", handler.landing_pad)?,
            }
        }
        writeln!(out)?;
    }
    for map in artifact.stack_maps() {
        write!(out, "call returning to {:#x}: frame {}, references at", map.return_offset, map.frame_bytes)?;
        map.slots().take(SHOWN_SLOTS).try_for_each(|slot| write!(out, " {slot}"))?;
        writeln!(out)?;
    }
    for (name, bytes) in artifact.custom_sections() {
        writeln!(out, "custom section {name:?}: {} bytes", bytes.len())?;
    }
    Ok(())
}
