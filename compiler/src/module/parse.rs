//! wasm bytes → [`Module`]: every section validated, function bodies set aside for the translation.

use std::collections::HashMap;

use aot_format::abi::{VmctxCounts, VmctxLayout};
use aot_format::limits;
use aot_format::types::{ExternKind, ExternType, HeapType, RefType, TypeIndex};
use aot_format::write::{ConstExpr, ConstOp, DataSegment, ElementItems, ElementSegment, SegmentMode};
use wasmparser::{
    CustomSectionReader, DataKind, ElementKind, ExternalKind, FunctionBody, KnownCustom, Operator, Parser, Payload,
    TableInit, ValidPayload, Validator,
};

use super::{Admitted, Body, BranchHints, CustomSection, Export, Import, Module, Names, const_expr, types};
use crate::error::{BodyError, Error};
use crate::limits::max_locals;

/// Bytes of a module: places in it are 32-bit offsets.
const MAX_MODULE_BYTES: u64 = u32::MAX as u64;

/// Parses a module and validates everything but the insides of its function bodies.
///
/// # Errors
///
/// [`Error::Invalid`] for what is not WebAssembly, [`Error::Unsupported`] for what needs a proposal
/// that is not compiled, [`Error::LimitExceeded`] for more than an artifact can hold.
pub fn parse(wasm: &[u8]) -> Result<Module<'_>, Error> {
    parse_with(wasm, Admitted::default())
}

/// Like [`parse`], with some features only.
///
/// # Errors
///
/// As [`parse`]; [`Error::SwitchedOff`] or [`Error::SimdNeedsV`] for a module that uses what it may not.
pub fn parse_with(wasm: &[u8], admitted: Admitted) -> Result<Module<'_>, Error> {
    if wasm.get(..8) == Some(b"\0asm\x0d\0\x01\0") {
        return Err(Error::Unsupported { feature: "the component model", offset: 4, function: None });
    }
    if wasm.len() as u64 > MAX_MODULE_BYTES {
        let what = "the size of the module in bytes";
        return Err(Error::LimitExceeded { what, count: wasm.len() as u64, limit: MAX_MODULE_BYTES });
    }
    let validator = Validator::new_with_features(admitted.flags());
    let mut parsing = Parsing { validator, module: empty(wasm, admitted), locals: 0 };
    let mut parser = Parser::new(0);
    parser.set_features(admitted.flags());
    for payload in parser.parse_all(wasm) {
        payload
            .map_err(BodyError::from)
            .and_then(|payload| parsing.payload(payload))
            .map_err(|error| error.explain(wasm, None, admitted))?;
    }
    finish(parsing.module)
}

fn empty(wasm: &[u8], admitted: Admitted) -> Module<'_> {
    let counts = VmctxCounts::default();
    Module {
        wasm,
        admitted,
        types: Vec::new(),
        type_ids: Vec::new(),
        type_of_id: HashMap::new(),
        imports: Vec::new(),
        counts,
        layout: VmctxLayout::new(counts),
        functions: Vec::new(),
        tables: Vec::new(),
        memories: Vec::new(),
        globals: Vec::new(),
        tags: Vec::new(),
        table_inits: Vec::new(),
        global_inits: Vec::new(),
        exports: Vec::new(),
        start: None,
        elements: Vec::new(),
        data: Vec::new(),
        funcrefs: Vec::new(),
        bodies: Vec::new(),
        names: Names::default(),
        branch_hints: BranchHints::default(),
        custom_sections: Vec::new(),
    }
}

/// The module so far.
struct Parsing<'data> {
    validator: Validator,
    module: Module<'data>,
    /// What the bodies so far declare.
    locals: u64,
}

impl<'data> Parsing<'data> {
    /// Validates one section, then takes it in: what is taken in is valid.
    fn payload(&mut self, payload: Payload<'data>) -> Result<(), BodyError> {
        if let ValidPayload::Func(to_validate, body) = self.validator.payload(&payload)? {
            self.count_locals(to_validate.index, &body)?;
            self.module.bodies.push(Body { to_validate, body });
            return Ok(());
        }
        match payload {
            Payload::TypeSection(section) => self.types(section),
            Payload::ImportSection(section) => self.imports(section),
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.module.functions.push(TypeIndex(ty?));
                }
                Ok(())
            }
            Payload::TableSection(section) => self.tables(section),
            Payload::MemorySection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, ty) = item?;
                    self.module.memories.push(types::raw(offset).memory(ty));
                    self.module.counts.defined_memories += 1;
                }
                Ok(())
            }
            Payload::TagSection(section) => {
                for ty in section {
                    self.module.tags.push(TypeIndex(ty?.func_type_idx));
                    self.module.counts.defined_tags += 1;
                }
                Ok(())
            }
            Payload::GlobalSection(section) => {
                for item in section.into_iter_with_offsets() {
                    let (offset, global) = item?;
                    self.module.globals.push(types::raw(offset).global(global.ty)?);
                    self.module.global_inits.push(const_expr::convert(&global.init_expr, &self.module.types)?);
                    self.module.counts.defined_globals += 1;
                }
                Ok(())
            }
            Payload::ExportSection(section) => self.exports(section),
            Payload::StartSection { func, .. } => {
                self.module.start = Some(func);
                Ok(())
            }
            Payload::ElementSection(section) => self.elements(section),
            Payload::DataSection(section) => self.data(section),
            Payload::CustomSection(section) => {
                self.custom_section(&section);
                Ok(())
            }
            // The rest holds nothing that a module is made of, or has been refused.
            _ => Ok(()),
        }
    }

    /// Refuses functions that have more locals than could be compiled in good time.
    fn count_locals(&mut self, func_index: u32, body: &FunctionBody<'data>) -> Result<(), BodyError> {
        let ty = self.module.func_type(func_index);
        self.locals = self.locals.saturating_add((ty.params.len() + ty.results.len()) as u64);
        for declared in body.get_locals_reader()? {
            self.locals = self.locals.saturating_add(u64::from(declared?.0));
        }
        let limit = max_locals(self.module.wasm.len() as u64);
        if self.locals > limit {
            let offset = body.get_binary_reader().original_position();
            return Err(BodyError::TooLarge {
                what: "the number of parameters, results and locals of all functions",
                limit,
                offset,
            });
        }
        Ok(())
    }

    fn types(&mut self, section: wasmparser::TypeSectionReader<'data>) -> Result<(), BodyError> {
        let module = &mut self.module;
        for item in section.into_iter_with_offsets() {
            let (offset, group) = item?;
            types::raw(offset).append_group(&group, &mut module.types)?;
        }
        let Some(validated) = self.validator.types(0) else { return Ok(()) };
        for index in 0..validated.core_type_count_in_module() {
            let id = validated.core_type_at_in_module(index);
            module.type_ids.push(id);
            module.type_of_id.entry(id).or_insert(TypeIndex(index));
        }
        Ok(())
    }

    fn imports(&mut self, section: wasmparser::ImportSectionReader<'data>) -> Result<(), BodyError> {
        let module = &mut self.module;
        for item in section.into_imports_with_offsets() {
            let (offset, import) = item?;
            let ty = types::raw(offset).import(import.ty)?;
            let counts = &mut module.counts;
            match ty {
                ExternType::Func(ty) => {
                    module.functions.push(ty);
                    counts.imported_functions += 1;
                }
                ExternType::Table(ty) => {
                    module.tables.push(ty);
                    counts.imported_tables += 1;
                }
                ExternType::Memory(ty) => {
                    module.memories.push(ty);
                    counts.imported_memories += 1;
                }
                ExternType::Global(ty) => {
                    module.globals.push(ty);
                    counts.imported_globals += 1;
                }
                ExternType::Tag(ty) => {
                    module.tags.push(ty);
                    counts.imported_tags += 1;
                }
            }
            module.imports.push(Import { module: import.module, name: import.name, ty });
        }
        Ok(())
    }

    fn tables(&mut self, section: wasmparser::TableSectionReader<'data>) -> Result<(), BodyError> {
        for item in section.into_iter_with_offsets() {
            let (offset, table) = item?;
            self.module.tables.push(types::raw(offset).table(table.ty)?);
            let init = match &table.init {
                TableInit::RefNull => None,
                TableInit::Expr(expr) => match const_expr::convert(expr, &self.module.types)? {
                    expr if matches!(expr[..], [ConstOp::RefNull(_)]) => None,
                    expr => Some(expr),
                },
            };
            self.module.table_inits.push(init);
            self.module.counts.defined_tables += 1;
        }
        Ok(())
    }

    fn exports(&mut self, section: wasmparser::ExportSectionReader<'data>) -> Result<(), BodyError> {
        for item in section.into_iter_with_offsets() {
            let (offset, export) = item?;
            let kind = match export.kind {
                ExternalKind::Func => ExternKind::Func,
                ExternalKind::Table => ExternKind::Table,
                ExternalKind::Memory => ExternKind::Memory,
                ExternalKind::Global => ExternKind::Global,
                ExternalKind::Tag => ExternKind::Tag,
                ExternalKind::FuncExact => {
                    return Err(BodyError::Unsupported { feature: "custom descriptors", offset });
                }
            };
            self.module.exports.push(Export { name: export.name, kind, index: export.index });
        }
        Ok(())
    }

    fn elements(&mut self, section: wasmparser::ElementSectionReader<'data>) -> Result<(), BodyError> {
        for item in section.into_iter_with_offsets() {
            let (offset, element) = item?;
            let mode = match &element.kind {
                ElementKind::Passive => SegmentMode::Passive,
                ElementKind::Declared => SegmentMode::Dropped,
                ElementKind::Active { table_index, offset_expr } => SegmentMode::Active {
                    index: table_index.unwrap_or(0),
                    offset: const_expr::convert(offset_expr, &self.module.types)?,
                },
            };
            let (ty, items) = match element.items {
                wasmparser::ElementItems::Functions(functions) => (
                    RefType { nullable: false, heap: HeapType::Func },
                    ElementItems::Functions(functions.into_iter().collect::<Result<_, _>>()?),
                ),
                wasmparser::ElementItems::Expressions(ty, exprs) => {
                    let convert = |expr: Result<_, _>| const_expr::convert(&expr?, &self.module.types);
                    let exprs = exprs.into_iter().map(convert).collect::<Result<_, BodyError>>()?;
                    (types::raw(offset).reference(ty)?, ElementItems::Exprs(exprs))
                }
            };
            self.module.elements.push(ElementSegment { mode, ty, items });
        }
        Ok(())
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'data>) -> Result<(), BodyError> {
        for data in section {
            let data = data?;
            let mode = match data.kind {
                DataKind::Passive => SegmentMode::Passive,
                DataKind::Active { memory_index, offset_expr } => SegmentMode::Active {
                    index: memory_index,
                    offset: const_expr::convert(&offset_expr, &self.module.types)?,
                },
            };
            self.module.data.push(DataSegment { mode, bytes: data.data });
        }
        Ok(())
    }

    fn custom_section(&mut self, section: &CustomSectionReader<'data>) {
        match section.as_known() {
            KnownCustom::Name(names) => self.module.names.read(names),
            KnownCustom::BranchHints(hints) => self.module.branch_hints.read(hints),
            _ => {}
        }
        self.module.custom_sections.push(CustomSection { name: section.name(), bytes: section.data() });
    }
}

/// What can be known only when all sections have been read.
fn finish(mut module: Module<'_>) -> Result<Module<'_>, Error> {
    settle_funcrefs(&mut module, Vec::new());
    let functions = module.functions.len() as u32;
    let exported = module.exports.iter().filter(|export| export.kind == ExternKind::Func);
    module.names.read_exports(exported.map(|export| (export.index, export.name)));
    module.names.functions.retain(|(index, _)| *index < functions);
    module.branch_hints.settle();
    check_limits(&module)?;
    Ok(module)
}

/// Finds out which functions references are taken of, `others` among them, and what the vmctx has for them.
pub(super) fn settle_funcrefs(module: &mut Module<'_>, others: Vec<u32>) {
    module.funcrefs = funcrefs(module, others);
    module.counts.funcrefs = module.funcrefs.len() as u32;
    module.layout = VmctxLayout::new(module.counts);
}

/// Exported functions, the start function (the host calls it), and those that element segments and
/// constant expressions refer to.
/// Validation holds `ref.func` in bodies to just these.
fn funcrefs(module: &Module<'_>, others: Vec<u32>) -> Vec<u32> {
    let mut functions = others;
    let exported = module.exports.iter().filter(|export| export.kind == ExternKind::Func);
    functions.extend(exported.map(|export| export.index));
    functions.extend(module.start);
    let mut add_expr = |expr: &ConstExpr| {
        functions.extend(expr.iter().filter_map(|op| match op {
            ConstOp::RefFunc(index) => Some(*index),
            _ => None,
        }));
    };
    module.global_inits.iter().for_each(&mut add_expr);
    module.table_inits.iter().flatten().for_each(&mut add_expr);
    for segment in &module.elements {
        if let ElementItems::Exprs(exprs) = &segment.items {
            exprs.iter().for_each(&mut add_expr);
        }
    }
    for segment in &module.elements {
        if let ElementItems::Functions(items) = &segment.items {
            functions.extend(items);
        }
    }
    functions.sort_unstable();
    functions.dedup();
    functions
}

/// The functions that bodies take references of. A body that cannot be read says so when it is compiled.
pub(super) fn taken_by_bodies(module: &Module<'_>) -> Vec<u32> {
    let mut functions = Vec::new();
    for body in &module.bodies {
        let Ok(operators) = body.body.get_operators_reader() else { continue };
        functions.extend(operators.into_iter().map_while(Result::ok).filter_map(|operator| match operator {
            Operator::RefFunc { function_index } => Some(function_index),
            _ => None,
        }));
    }
    functions
}

/// The parser has limits of its own, mostly the same; an artifact's are the ones that must hold.
fn check_limits(module: &Module<'_>) -> Result<(), Error> {
    let counts = [
        ("the number of types", module.types.len(), limits::MAX_TYPES),
        ("the number of functions", module.functions.len(), limits::MAX_FUNCTIONS),
        ("the number of imports", module.imports.len(), limits::MAX_IMPORTS),
        ("the number of exports", module.exports.len(), limits::MAX_EXPORTS),
        ("the number of globals", module.globals.len(), limits::MAX_GLOBALS),
        ("the number of tables", module.tables.len(), limits::MAX_TABLES),
        ("the number of memories", module.memories.len(), limits::MAX_MEMORIES),
        ("the number of tags", module.tags.len(), limits::MAX_TAGS),
    ];
    let over = |what, count, limit| Err(Error::LimitExceeded { what, count, limit });
    for (what, count, limit) in counts {
        if count > limit as usize {
            return over(what, count as u64, u64::from(limit));
        }
    }
    if module.layout.size() > limits::MAX_VMCTX_BYTES {
        return over("the size of the instance record in bytes", module.layout.size(), limits::MAX_VMCTX_BYTES);
    }
    Ok(())
}
