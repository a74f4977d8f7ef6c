//! Modules: artifacts whose code the embedder trusts, mapped executable, their types canonical.
//!
//! # Safety contract
//!
//! [`Module::new`] is the one place where bytes become code, and is `unsafe` for that reason. Everything
//! behind it relies on the promise made there.

use std::collections::BinaryHeap;
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock, Weak};

use aot_format::abi::{VmctxLayout, set_places};
use aot_format::cpu::Isa;
use aot_format::layout::{NONE, SEGMENT_ACTIVE, SEGMENT_PASSIVE, SectionKind};
use aot_format::limits::MAX_VMCTX_BYTES;
use aot_format::types::{ExternKind, ExternType, FuncType, GlobalType, TypeIndex};

use crate::artifact::{Artifact, MappedBytes, MemberParts, SetParts};
use crate::engine::Engine;
use crate::error::{Error, LoadError};
use crate::sys::cpu::feature_names;
use crate::sys::mapping::ArtifactMapping;
use crate::types::CanonicalId;
use crate::types::matching::canonical_extern;
use crate::types::registry::canonical_val;
use crate::vm::objects::{Holds, VMTypeDescriptor};

/// Compiled code that can be instantiated. Cheap to clone; freed with its last user.
#[derive(Clone)]
pub struct Module {
    inner: Arc<ModuleInner>,
}

struct ModuleInner {
    engine: Engine,
    artifact: aot_format::Artifact<MappedBytes>,
    origin: String,
    type_ids: Box<[CanonicalId]>,
    /// Of each type; null for functions. They live as long as the engine.
    descriptors: Descriptors,
    imports: Box<[ImportType]>,
    /// For each kind, the numbers of its imports in order of their index space.
    import_numbers: [Box<[u32]>; 5],
    /// Text offset of a host-call trampoline for each canonical type that has one.
    host_trampolines: Box<[(CanonicalId, u32)]>,
    /// With canonical ids.
    own_globals: Box<[GlobalType]>,
    /// Which of them hold managed references.
    managed_globals: Box<[u32]>,
    /// Which memories of the index space are indexed by i64, and which are shared.
    memories: Box<[(bool, bool)]>,
    /// Which tables of the index space are indexed by i64.
    tables_64: Box<[bool]>,
    /// The memory that is exported under the name that host functions look for.
    main_memory: OnceLock<Option<u32>>,
    /// For each type, its trampolines; [`NONE`] for none.
    trampolines: Box<[Trampolines]>,
    /// For each function, its funcref slot; [`NONE`] for none.
    funcref_slots: Box<[u32]>,
    /// Data segments that are copied at instantiation.
    active_data: Box<[u32]>,
    has_passive_data: bool,
    /// What is known of the linked set it belongs to.
    member: Option<MemberOf>,
}

/// A module's place in its linked set.
struct MemberOf {
    /// Its number.
    index: u32,
    set: Arc<SetInfo>,
    /// Of the main module, the other members. They know it by the set.
    others: Box<[Module]>,
}

/// What the members of a linked set have in common.
pub(crate) struct SetInfo {
    /// The name of each, by which the others import from it; the main module's is the last.
    names: Box<[String]>,
    /// Where the vmctx of each stands in the set's block, in bytes.
    places: Vec<u64>,
    /// Size of that block in bytes.
    block_bytes: u64,
    /// All of them, once they are made.
    modules: OnceLock<Box<[Weak<ModuleInner>]>>,
}

impl SetInfo {
    /// The number of the member of this name.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The name of a member.
    pub(crate) fn name(&self, index: usize) -> &str {
        self.names.get(index).map_or("", String::as_str)
    }

    /// Where the vmctx of a member stands in the set's block, in bytes.
    pub(crate) fn place(&self, index: usize) -> u64 {
        self.places.get(index).copied().unwrap_or(u64::MAX)
    }

    /// Size of the set's block of vmctxs in bytes.
    pub(crate) fn block_bytes(&self) -> u64 {
        self.block_bytes
    }

    /// A member, if any instance of the set is alive.
    pub(crate) fn module(&self, index: u32) -> Option<Module> {
        let inner = self.modules.get()?.get(index as usize)?.upgrade()?;
        Some(Module { inner })
    }
}

/// Addresses of type descriptors.
struct Descriptors(Box<[*const VMTypeDescriptor]>);

// SAFETY: descriptors never change once they are made, whatever thread looks at them.
unsafe impl Send for Descriptors {}
// SAFETY: as above.
unsafe impl Sync for Descriptors {}

/// Text offsets of the trampolines of a type.
#[derive(Clone, Copy)]
struct Trampolines {
    entry: u32,
    host: u32,
}

/// An import of a module; concrete types in it are canonical.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportType {
    /// The module it is imported from.
    pub module: String,
    /// The name of the export there.
    pub name: String,
    /// What is wanted.
    pub ty: ExternType,
}

/// An export of a module; concrete types in it are canonical.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExportType {
    /// Its name.
    pub name: String,
    /// What it is.
    pub ty: ExternType,
}

/// An own function, ready to be referred to.
pub(crate) struct FunctionEntry {
    pub(crate) code: *const u8,
    pub(crate) entry_trampoline: *const u8,
    pub(crate) type_id: CanonicalId,
}

impl Module {
    /// Makes the code of an artifact callable.
    ///
    /// # Safety
    ///
    /// The artifact's code is run natively and is not checked: the caller vouches that it was made
    /// by this toolchain's compiler and has not been altered since. The digest does not prove that;
    /// it finds accidents, never attackers.
    ///
    /// # Errors
    ///
    /// [`LoadError::WrongIsa`] and [`LoadError::MissingCpuFeatures`] if this machine cannot run the
    /// code; nothing has been made executable then. [`LoadError::Text`] if the system refuses.
    pub unsafe fn new(engine: &Engine, artifact: Artifact) -> Result<Module, LoadError> {
        let Artifact { inner: mut artifact, origin, set } = artifact;
        check_machine(engine, &artifact, &origin)?;
        if let Some(set) = set {
            return Module::of_set(engine, artifact, origin, *set);
        }
        let text = artifact.section_range(SectionKind::Text);
        let mapped = artifact.get_mut().0.make_text_executable(text);
        mapped.map_err(|error| LoadError::Text { origin: origin.clone(), reason: error.to_string() })?;
        if artifact.images().next().is_none() {
            artifact.get_mut().0.close_file();
        }
        Ok(Module::of_artifact(engine, artifact, origin, None))
    }

    /// The main module of a linked set, which has the others.
    fn of_set(
        engine: &Engine,
        main: aot_format::Artifact<MappedBytes>,
        origin: String,
        parts: SetParts,
    ) -> Result<Module, LoadError> {
        let SetParts { mut whole, text, main_text, main_name, mut members } = parts;
        let mapped = whole.make_text_executable(text);
        mapped.map_err(|error| LoadError::Text { origin: origin.clone(), reason: error.to_string() })?;
        members.push(MemberParts { name: main_name, artifact: main, text: main_text });
        let (places, block_bytes) = set_places(members.iter().map(|member| member.artifact.layout().size()));
        if block_bytes > MAX_VMCTX_BYTES {
            let error = aot_format::FormatError::LimitExceeded {
                what: "bytes of the vmctxs of a linked set",
                count: block_bytes,
                limit: MAX_VMCTX_BYTES,
            };
            return Err(LoadError::Format { origin, error });
        }
        let set = Arc::new(SetInfo {
            names: members.iter().map(|member| member.name.clone()).collect(),
            places,
            block_bytes,
            modules: OnceLock::new(),
        });
        let last = members.len() - 1;
        let mut others = Vec::with_capacity(last);
        for (index, MemberParts { name, mut artifact, text }) in members.into_iter().enumerate() {
            artifact.get_mut().0.share_text(&whole, text);
            let others_of = if index == last { std::mem::take(&mut others).into() } else { Box::default() };
            let member = MemberOf { index: index as u32, set: set.clone(), others: others_of };
            let origin = if index == last { origin.clone() } else { format!("{origin}, member {name:?}") };
            others.push(Module::of_artifact(engine, artifact, origin, Some(member)));
        }
        let main = others.pop().ok_or_else(|| LoadError::Text { origin, reason: "the set is empty".into() })?;
        let all = main.others().iter().chain([&main]).map(|module| Arc::downgrade(&module.inner)).collect();
        // It is set here only.
        let _ = set.modules.set(all);
        Ok(main)
    }

    fn of_artifact(
        engine: &Engine,
        artifact: aot_format::Artifact<MappedBytes>,
        origin: String,
        member: Option<MemberOf>,
    ) -> Module {
        let counts = *artifact.counts();
        let type_ids = engine.types().intern(&artifact);
        let import = |import: aot_format::read::Import<'_>| ImportType {
            module: import.module.to_string(),
            name: import.name.to_string(),
            ty: canonical_extern(import.ty, &type_ids),
        };
        let imports = exactly(artifact.import_count(), artifact.imports().map(import));
        let own_global =
            |(ty, _): (GlobalType, u32)| GlobalType { content: canonical_val(ty.content, &type_ids), ..ty };
        let own_globals = exactly(counts.defined_globals, artifact.globals().map(own_global));
        let managed = |(_, ty): &(u32, &GlobalType)| engine.types().holds(ty.content) == Holds::Managed;
        let managed_globals = (0..).zip(&own_globals).filter(managed).map(|(index, _)| index).collect();
        let imported_memories = imports.iter().filter_map(|import| match import.ty {
            ExternType::Memory(memory) => Some(memory),
            _ => None,
        });
        let memories = imported_memories.chain(artifact.memories()).map(|memory| (memory.index64, memory.shared));
        let memories = exactly(counts.imported_memories + counts.defined_memories, memories);
        let imported_tables = imports.iter().filter_map(|import| match import.ty {
            ExternType::Table(table) => Some(table.index64),
            _ => None,
        });
        let tables_64 = imported_tables.chain(artifact.tables().map(|(table, _)| table.index64));
        let tables_64 = exactly(counts.imported_tables + counts.defined_tables, tables_64);
        let trampolines = trampolines(&artifact);
        let active_data = data_segments(&artifact, SEGMENT_ACTIVE).collect();
        let has_passive_data = data_segments(&artifact, SEGMENT_PASSIVE).next().is_some();
        let inner = ModuleInner {
            engine: engine.clone(),
            host_trampolines: host_trampolines(&trampolines, &type_ids),
            import_numbers: std::array::from_fn(|kind| import_numbers(&imports, kind as u32)),
            trampolines,
            funcref_slots: funcref_slots(&artifact),
            main_memory: OnceLock::new(),
            active_data,
            has_passive_data,
            descriptors: Descriptors(engine.types().descriptors(&type_ids)),
            type_ids: type_ids.into(),
            artifact,
            origin,
            imports,
            own_globals,
            managed_globals,
            memories,
            tables_64,
            member,
        };
        Module { inner: Arc::new(inner) }
    }

    /// Names of the modules that came with this one: the other members, if it is the main module of a linked set.
    /// They are instantiated with it, under these names.
    pub fn members(&self) -> impl Iterator<Item = &str> {
        self.set().into_iter().flat_map(|(set, _)| (0..self.others().len()).map(|index| set.name(index)))
    }

    /// A module that came with this one, by its name.
    pub fn member(&self, name: &str) -> Option<&Module> {
        self.others().get(self.set()?.0.find(name)?)
    }

    /// What is to be found for it to be instantiated: its imports, and of a linked set those of all members that are not
    /// of the set.
    pub fn wanted_imports(&self) -> impl Iterator<Item = &ImportType> {
        let set = self.set().filter(|_| !self.others().is_empty()).map(|(set, _)| set);
        let all = self.imports().iter().chain(self.others().iter().flat_map(Module::imports));
        all.filter(move |import| set.is_none_or(|set| set.find(&import.module).is_none()))
    }

    /// The linked set it belongs to, and its number there.
    pub(crate) fn set(&self) -> Option<(&Arc<SetInfo>, usize)> {
        self.inner.member.as_ref().map(|member| (&member.set, member.index as usize))
    }

    /// The other members, if it is the main module of a linked set.
    pub(crate) fn others(&self) -> &[Module] {
        self.inner.member.as_ref().map_or(&[], |member| &member.others)
    }

    /// The module's own name, from its name section; may be empty.
    pub fn name(&self) -> &str {
        self.inner.artifact.name()
    }

    /// The file it came from, or what kind of buffer.
    pub fn origin(&self) -> &str {
        &self.inner.origin
    }

    /// The engine it was made for.
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// SHA-256 of the wasm it was compiled from.
    pub fn source_digest(&self) -> [u8; 32] {
        self.inner.artifact.source_digest()
    }

    /// What it imports, in order.
    pub fn imports(&self) -> &[ImportType] {
        &self.inner.imports
    }

    /// What it exports, in order.
    pub fn exports(&self) -> Vec<ExportType> {
        let exports = self.inner.artifact.exports();
        let typed = |export: aot_format::read::Export<'_>| {
            let ty = self.item_type(export.kind, export.index)?;
            Some(ExportType { name: export.name.to_string(), ty })
        };
        exports.into_iter().filter_map(typed).collect()
    }

    /// The type of the export of this name.
    pub fn export_type(&self, name: &str) -> Option<ExternType> {
        let export = self.inner.artifact.export(name)?;
        self.item_type(export.kind, export.index)
    }

    /// The function type with this (canonical) index.
    pub fn func_type(&self, ty: TypeIndex) -> Option<FuncType> {
        self.engine().types().func_type(ty.0)
    }

    /// Custom sections that the compiler was asked to keep.
    pub fn custom_sections(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.inner.artifact.custom_sections()
    }

    /// Refuses a module of another engine: its canonical types mean nothing in `engine`.
    pub(crate) fn check_engine(&self, engine: &Engine) -> Result<(), Error> {
        match self.engine().same(engine) {
            true => Ok(()),
            false => Err(Error::OtherEngine { module: self.name().to_string(), origin: self.origin().to_string() }),
        }
    }

    /// Whether two handles are of one module.
    pub fn same(&self, other: &Module) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn artifact(&self) -> &aot_format::Artifact<MappedBytes> {
        &self.inner.artifact
    }

    pub(crate) fn mapping(&self) -> &ArtifactMapping {
        &self.inner.artifact.get_ref().0
    }

    pub(crate) fn layout(&self) -> &VmctxLayout {
        self.inner.artifact.layout()
    }

    /// Canonical ids of the module's types.
    pub(crate) fn type_ids(&self) -> &[CanonicalId] {
        &self.inner.type_ids
    }

    /// The descriptor of each of the module's types; null for functions.
    pub(crate) fn descriptors(&self) -> &[*const VMTypeDescriptor] {
        &self.inner.descriptors.0
    }

    pub(crate) fn own_globals(&self) -> &[GlobalType] {
        &self.inner.own_globals
    }

    /// Which own globals hold managed references.
    pub(crate) fn managed_globals(&self) -> &[u32] {
        &self.inner.managed_globals
    }

    /// The memory exported as "memory".
    pub(crate) fn main_memory(&self) -> Option<u32> {
        let find = || self.artifact().export("memory").filter(|export| export.kind == ExternKind::Memory);
        *self.inner.main_memory.get_or_init(|| find().map(|export| export.index))
    }

    pub(crate) fn memory_is_64(&self, index: u32) -> bool {
        self.inner.memories.get(index as usize).is_some_and(|memory| memory.0)
    }

    /// Whether a memory is shared: an import is what its type says, or it would not be linked.
    pub(crate) fn memory_is_shared(&self, index: u32) -> bool {
        self.inner.memories.get(index as usize).is_none_or(|memory| memory.1)
    }

    pub(crate) fn table_is_64(&self, index: u32) -> bool {
        self.inner.tables_64.get(index as usize).copied().unwrap_or(false)
    }

    /// Addresses of the text.
    pub(crate) fn text(&self) -> Range<usize> {
        self.mapping().text_range()
    }

    fn code_at(&self, text_offset: u32) -> *const u8 {
        self.mapping().text_base().wrapping_add(text_offset as usize)
    }

    fn type_id(&self, ty: u32) -> CanonicalId {
        self.type_ids().get(ty as usize).copied().unwrap_or(CanonicalId::MAX)
    }

    /// Own function `index`, counted without imports.
    pub(crate) fn function(&self, index: u32) -> Option<FunctionEntry> {
        let record = self.artifact().functions().get(index as usize)?;
        let trampolines = self.inner.trampolines.get(record.ty as usize)?;
        Some(FunctionEntry {
            code: self.code_at(record.text_offset),
            entry_trampoline: match trampolines.entry {
                NONE => std::ptr::null(),
                offset => self.code_at(offset),
            },
            type_id: self.type_id(record.ty),
        })
    }

    /// The funcref slot of function `index`, if references to it can be taken.
    pub(crate) fn funcref_slot(&self, index: u32) -> Option<u32> {
        self.inner.funcref_slots.get(index as usize).copied().filter(|slot| *slot != NONE)
    }

    /// Data segments that are copied at instantiation.
    pub(crate) fn active_data(&self) -> &[u32] {
        &self.inner.active_data
    }

    /// Whether there are data segments for `memory.init`.
    pub(crate) fn has_passive_data(&self) -> bool {
        self.inner.has_passive_data
    }

    /// The number of the import that is item `index` of an index space; none for own items.
    pub(crate) fn import_number(&self, kind: ExternKind, index: u32) -> Option<usize> {
        self.inner.import_numbers[kind as usize].get(index as usize).map(|number| *number as usize)
    }

    /// The host-call trampoline for imported function `index`.
    pub(crate) fn import_trampoline(&self, index: u32) -> Option<*const u8> {
        let import = self.imports().get(self.import_number(ExternKind::Func, index)?)?;
        let ExternType::Func(id) = import.ty else { return None };
        self.host_trampoline_for(id.0)
    }

    /// A host-call trampoline for functions of a canonical type.
    pub(crate) fn host_trampoline_for(&self, id: CanonicalId) -> Option<*const u8> {
        let trampolines = &self.inner.host_trampolines;
        let first = trampolines.partition_point(|(of, _)| *of < id);
        let (of, offset) = trampolines.get(first)?;
        (*of == id).then(|| self.code_at(*offset))
    }

    /// The type, with canonical ids, of item `index` of the index space of `kind`. For an import,
    /// that is the type asked for, not that of what will be found.
    pub(crate) fn item_type(&self, kind: ExternKind, index: u32) -> Option<ExternType> {
        if let Some(number) = self.import_number(kind, index) {
            return self.imports().get(number).map(|import| import.ty);
        }
        self.own_type(kind, index.checked_sub(self.imported(kind))?)
    }

    /// How many imports there are of a kind.
    pub(crate) fn imported(&self, kind: ExternKind) -> u32 {
        let counts = self.layout().counts;
        match kind {
            ExternKind::Func => counts.imported_functions,
            ExternKind::Table => counts.imported_tables,
            ExternKind::Memory => counts.imported_memories,
            ExternKind::Global => counts.imported_globals,
            ExternKind::Tag => counts.imported_tags,
        }
    }

    /// The type, with canonical ids, of own item `index`.
    pub(crate) fn own_type(&self, kind: ExternKind, index: u32) -> Option<ExternType> {
        let artifact = self.artifact();
        let nth = index as usize;
        let ty = match kind {
            ExternKind::Func => ExternType::Func(TypeIndex(artifact.functions().get(nth)?.ty)),
            ExternKind::Table => ExternType::Table(artifact.tables().nth(nth)?.0),
            ExternKind::Memory => ExternType::Memory(artifact.memories().nth(nth)?),
            ExternKind::Global => return Some(ExternType::Global(*self.own_globals().get(nth)?)),
            ExternKind::Tag => ExternType::Tag(artifact.tags().nth(nth)?),
        };
        Some(canonical_extern(ty, self.type_ids()))
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("origin", &self.origin()).field("name", &self.name()).finish_non_exhaustive()
    }
}

fn trampolines(artifact: &aot_format::Artifact<MappedBytes>) -> Box<[Trampolines]> {
    let mut table = vec![Trampolines { entry: NONE, host: NONE }; artifact.type_count() as usize];
    for record in artifact.trampolines().iter() {
        if let Some(place) = table.get_mut(record.ty as usize) {
            *place = Trampolines { entry: record.entry, host: record.host };
        }
    }
    table.into()
}

/// Sorted by type. Of types that are one, any trampoline will do.
fn host_trampolines(trampolines: &[Trampolines], type_ids: &[CanonicalId]) -> Box<[(CanonicalId, u32)]> {
    let typed = type_ids.iter().zip(trampolines).filter(|(_, trampolines)| trampolines.host != NONE);
    let mut sorted = BinaryHeap::with_capacity(trampolines.len());
    sorted.extend(typed.map(|(id, trampolines)| (*id, trampolines.host)));
    sorted.into_sorted_vec().into()
}

/// What there are about `count` of, without room for more than that.
fn exactly<T>(count: u32, items: impl Iterator<Item = T>) -> Box<[T]> {
    let mut all = Vec::with_capacity(count as usize);
    all.extend(items);
    all.into()
}

fn import_numbers(imports: &[ImportType], kind: u32) -> Box<[u32]> {
    let numbered = imports.iter().enumerate().filter(|(_, import)| import.ty.kind() as u32 == kind);
    numbered.map(|(number, _)| number as u32).collect()
}

fn funcref_slots(artifact: &aot_format::Artifact<MappedBytes>) -> Box<[u32]> {
    // Functions past the last referable one need no place.
    let funcrefs = artifact.funcrefs();
    let len = funcrefs.len().checked_sub(1).and_then(|last| funcrefs.get(last)).map_or(0, |last| last as usize + 1);
    let mut slots = vec![NONE; len];
    for (slot, function) in funcrefs.iter().enumerate() {
        slots[function as usize] = slot as u32;
    }
    slots.into()
}

/// Indices of the data segments of a mode.
fn data_segments(artifact: &aot_format::Artifact<MappedBytes>, mode: u32) -> impl Iterator<Item = u32> + '_ {
    artifact.data_modes().enumerate().filter(move |(_, found)| *found == mode).map(|(index, _)| index as u32)
}

/// Whether this machine can run the code.
fn check_machine(engine: &Engine, artifact: &aot_format::Artifact<MappedBytes>, origin: &str) -> Result<(), LoadError> {
    let isa = artifact.isa();
    if Isa::HOST != Some(isa) {
        return Err(LoadError::WrongIsa {
            origin: origin.to_string(),
            artifact: isa.name(),
            host: Isa::HOST.map_or(std::env::consts::ARCH, Isa::name),
        });
    }
    let missing = artifact.cpu_features() & !engine.cpu_features();
    if missing != 0 {
        let missing = feature_names(isa, missing);
        return Err(LoadError::MissingCpuFeatures { origin: origin.to_string(), missing });
    }
    Ok(())
}
