//! The contract between compiled code and the runtime: every structure both touch, every service
//! compiled code calls, every way it can trap. The compiler takes offsets from here, the runtime
//! asserts that its `#[repr(C)]` structures have them, and [`ABI_HASH`] refuses a file that was
//! made against another contract.
//!
//! The conventions that have no offset:
//!
//! * A compiled wasm function has Cranelift's `tail` convention and takes its own instance's vmctx
//!   as the one hidden leading argument; references and addresses are 64-bit integers.
//! * The callee's vmctx always comes with its code address ([`FunctionImport`], [`FuncRef`]), so a
//!   callee always runs on its own instance.
//! * Between host and wasm, values go **in registers** where the type allows ([`in_registers`]): each as 64
//!   bits of an integer, those of a narrower one in the lower half, and the upper half says nothing. The values
//!   of other types go **in slots**: an array of [`VALUE_SIZE`] bytes each, results in the places of parameters,
//!   and its address takes the place of the first value.
//! * An **entry trampoline** (host → wasm) has the `tail` convention, `fn(funcref, v0, v1, v2, v3, v4) -> v`,
//!   whatever its function's type, and calls the function with the vmctx that [`FuncRef`] has. The runtime
//!   calls it with zero in the frame pointer, at which walks over frames end, and counts on no register when
//!   wasm was unwound: it goes on at its own landing pad, behind that call.
//! * A **host-call trampoline** (wasm → host) has the wasm convention, with a [`HostContext`] in
//!   place of a vmctx. It records its own frame pointer in `exit_fp` and passes its arguments to `HostContext::call`
//!   (C convention, `fn(host_context, v0, v1, v2, v3, v4) -> (v, store)`). Where
//!   the second result is no null pointer, it calls `StoreContext::raise` with that (C convention,
//!   `fn(store) -> !`), which unwinds to where the host entered wasm, or to a handler of the exception that
//!   the host function failed with.
//! * Builtins that look at the stack ([`Builtin::walks_the_stack`]) are called through a **service
//!   trampoline** of the module (wasm convention, the builtin's parameters), which records its
//!   frame as a host-call trampoline does.
//! * A landing pad is entered with the address of the [`Exception`] in the first payload register
//!   (rax, x0, a0) and the stack pointer as it was at the call.
//! * A reference is 64 bits; null is zero. A function reference is the address of a [`FuncRef`]. All
//!   others are *managed*: what their lowest bits say ([`REFERENCE_TAG_MASK`]) is an integer of 31
//!   bits, a reference to something of the host's, or the address of an [`Object`] on the store's
//!   collected heap. Conversion between `any` and `extern` changes no bit.
//! * The collector moves objects. Whatever managed reference compiled code uses after a call, it
//!   keeps across the call in its frame, at a place that the artifact's stack maps name for the
//!   address the call returns to. An object is complete before the next call.
//! * Frame pointers are kept by all compiled code: the frame pointer points at the caller's saved
//!   frame pointer, and the return address stands one word above it.
//! * In a linked set, the vmctxs of the members stand in one block, at distances that [`set_places`] says:
//!   code of one member reaches what another defines, and calls its functions, from its own vmctx.
//! * An imported memory, table, global or tag is one pointer in the importer's vmctx, to the
//!   definition in its owner. A shared memory belongs to no instance: where the [`Memory`] of an own one
//!   would stand, there is such a pointer too.

use alloc::vec::Vec;

use crate::types::{FieldType, FuncType, MemoryType, StorageType, ValType};

mod builtin;
mod trap;

pub use builtin::Builtin;
pub use trap::TrapCode;

/// Offset in bytes into a structure of the runtime.
pub type Offset = u32;

/// Size in bytes of a pointer: the runtime is 64-bit only.
pub const POINTER_SIZE: u32 = 8;
/// Size and alignment in bytes of a parameter or result slot of an entry or host call.
pub const VALUE_SIZE: u32 = 16;
/// Values that an entry or host call can take in registers: beside them, x86-64's C convention and the `tail`
/// convention of aarch64 have room for one pointer.
pub const REGISTER_VALUES: u32 = 5;

/// Whether the values of a type go between host and wasm in registers, and not in slots.
pub fn in_registers(ty: &FuncType) -> bool {
    fit_registers(ty.params.len(), ty.results.len(), ty.params.iter().chain(&ty.results).any(|ty| *ty == ValType::V128))
}

/// The same of so many parameters and results, of which one is a vector or not.
pub const fn fit_registers(params: usize, results: usize, has_vector: bool) -> bool {
    params <= REGISTER_VALUES as usize && results <= 1 && !has_vector
}

/// The bits of a managed reference that say what it is; an [`Object`]'s address has none of them set.
pub const REFERENCE_TAG_MASK: u64 = 0b11;
/// Set in an integer reference: `(value << 1 | I31_TAG)` in the low 32 bits, zeros above.
pub const I31_TAG: u64 = 0b01;
/// The tag of a reference to something of the host's, whose number is in the bits above.
pub const HOST_TAG: u64 = 0b10;
/// Number of the lowest of those bits.
pub const HOST_SHIFT: u32 = 2;

/// Objects begin at multiples of this many bytes.
pub const OBJECT_ALIGN: u32 = 8;
/// Ancestors that every [`TypeDescriptor`] has room for, so that a cast to a type of a lesser depth
/// need not look at the depth.
pub const MIN_DISPLAY: u32 = 8;
/// What [`Builtin`]s that make objects return is a [`TrapCode`] below this, an address otherwise.
pub const FIRST_OBJECT_ADDRESS: u32 = 256;

/// Bytes of address space a guarded 32-bit memory reserves for data: all that 32 bits can address.
pub const GUARDED_RESERVATION_BYTES: u64 = 1 << 32;
/// Bytes of inaccessible address space behind a memory that has a [`Guard`]. A static offset plus
/// access width up to this cannot reach past it from an index that is not past the memory's own end.
pub const GUARD_BYTES: u64 = 1 << 26;

/// What stands behind a memory, by its type alone, which import matching makes the same for all who
/// share it. Code of a module with `MODULE_GUARDED_MEMORIES` relies on it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Guard {
    /// Nothing: the length need not end where a page of the host does.
    None,
    /// [`GUARD_BYTES`] behind the last byte, wherever that is now.
    Fence,
    /// Address space for [`GUARDED_RESERVATION_BYTES`], inaccessible behind the last byte, and then
    /// [`GUARD_BYTES`]. Such a memory never moves.
    Reservation,
}

impl Guard {
    /// That of memories of a type.
    pub const fn of(ty: &MemoryType) -> Guard {
        match (ty.page_size_log2, ty.index64) {
            (16, false) => Guard::Reservation,
            (16, true) => Guard::Fence,
            _ => Guard::None,
        }
    }
}

macro_rules! structure {
    ($(#[$doc:meta])* $name:ident, size $size:literal { $($(#[$fdoc:meta])* $field:ident at $offset:literal,)* }) => {
        $(#[$doc])*
        pub struct $name;
        impl $name {
            $($(#[$fdoc])* pub const $field: Offset = $offset;)*
            /// Size in bytes.
            pub const SIZE: u32 = $size;
            /// Its name and size, then the names and offsets of its fields.
            pub const SHAPE: &'static [(&'static str, u32)] = &[
                (stringify!($name), $size), $((stringify!($field), $offset),)*
            ];
        }
    };
}

structure! {
    /// Per-store state that compiled code reads and writes; one thread runs in a store at a time. More of the runtime's
    /// own follows.
    StoreContext, size 48 {
        /// Lowest stack address a prologue may reach before it traps with [`TrapCode::StackOverflow`].
        STACK_LIMIT at 0,
        /// Frame pointer of the host-call or service trampoline that last left wasm.
        EXIT_FP at 8,
        /// `fn(store) -> !`: unwinds to where the host entered wasm, or to a handler.
        RAISE at 16,
        /// Reserved for fuel.
        FUEL at 24,
        /// Where the next object of the collected heap goes.
        HEAP_TOP at 32,
        /// Up to where objects go without asking the runtime.
        HEAP_END at 40,
    }
}

structure! {
    /// What a host-call trampoline gets instead of a vmctx: one per host function and importer.
    HostContext, size 32 {
        /// `fn(host_context, v0, v1, v2, v3, v4) -> (v, store)`: no store when it returned, its own to unwind.
        CALL at 0,
        /// The [`StoreContext`].
        STORE at 8,
        /// The importing instance's vmctx; null where the host itself made the reference.
        CALLER at 16,
        /// The runtime's own data.
        DATA at 24,
    }
}

structure! {
    /// The trampoline record of one imported function, patched at link time.
    FunctionImport, size 16 {
        /// Native entry of the callee, or a host-call trampoline.
        CODE at 0,
        /// The callee's vmctx, or a [`HostContext`].
        VMCTX at 8,
    }
}

structure! {
    /// What a function reference points to. Null is the null pointer.
    FuncRef, size 32 {
        /// Native entry, or a host-call trampoline.
        CODE at 0,
        /// The callee's vmctx, or a [`HostContext`].
        VMCTX at 8,
        /// Entry trampoline for calls from the host; null for host functions.
        ENTRY at 16,
        /// Canonical type id (u32) of the function's type in its engine.
        TYPE_ID at 24,
        /// Which funcref slot (u32) of the vmctx it is; copies in other vmctxs say the same. Compiled
        /// code does not look at it.
        SLOT at 28,
    }
}

structure! {
    /// A linear memory. The base of a guarded memory never changes, and that of a shared one neither. Of a
    /// shared memory the length grows while others read it: it is loaded atomically, each time.
    Memory, size 16 {
        /// Address of byte 0.
        BASE at 0,
        /// Current length in bytes (u64).
        LENGTH at 8,
    }
}

structure! {
    /// A table of references, eight bytes each.
    Table, size 16 {
        /// Address of element 0; changes when the table grows.
        ELEMENTS at 0,
        /// Current length in elements (u64).
        LENGTH at 8,
    }
}

structure! {
    /// A tag; its address is its identity.
    Tag, size 16 {
        /// Canonical type id (u32).
        TYPE_ID at 0,
        /// The [`TypeDescriptor`] of its exceptions.
        DESCRIPTOR at 8,
    }
}

structure! {
    /// The head of everything on the collected heap.
    Object, size 8 {
        /// Its [`TypeDescriptor`].
        DESCRIPTOR at 0,
    }
}

structure! {
    /// An array; its elements follow from [`Array::elements`] on.
    Array, size 12 {
        /// Its [`TypeDescriptor`].
        DESCRIPTOR at 0,
        /// Number of elements (u32).
        LENGTH at 8,
    }
}

impl Array {
    /// Offset of element 0, for elements of so many bytes.
    pub const fn elements(element_bytes: u32) -> Offset {
        // The alignment of an object is all that elements can have.
        let align = if element_bytes < OBJECT_ALIGN { element_bytes } else { OBJECT_ALIGN };
        Array::SIZE.next_multiple_of(align)
    }

    /// Size in bytes of an array of so many elements. Cannot overflow: a length is 32 bits.
    pub const fn bytes(element_bytes: u32, length: u32) -> u64 {
        (Array::elements(element_bytes) as u64 + element_bytes as u64 * length as u64)
            .next_multiple_of(OBJECT_ALIGN as u64)
    }
}

structure! {
    /// What the objects of one type have in common: one per canonical type and engine. Behind it
    /// stand pointers to the descriptors of its supertypes, outermost first, and to itself, at
    /// [`TypeDescriptor::ancestor`]; null where there are less than [`MIN_DISPLAY`].
    TypeDescriptor, size 16 {
        /// The [`ObjectKind`] (u32).
        KIND at 0,
        /// Number of supertypes (u32).
        DEPTH at 4,
        /// The runtime's own data.
        DATA at 8,
    }
}

impl TypeDescriptor {
    /// The pointer to the supertype at `depth`, or at the type's own depth to the descriptor itself.
    pub const fn ancestor(depth: u32) -> Offset {
        TypeDescriptor::SIZE + depth * POINTER_SIZE
    }
}

/// What an object is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum ObjectKind {
    /// A structure.
    Struct = 1,
    /// An array.
    Array = 2,
    /// An exception.
    Exception = 3,
}

/// Bytes of a field or element.
pub const fn storage_bytes(storage: StorageType) -> u32 {
    match storage {
        StorageType::I8 => 1,
        StorageType::I16 => 2,
        StorageType::Val(ValType::I32 | ValType::F32) => 4,
        StorageType::Val(ValType::I64 | ValType::F64 | ValType::Ref(_)) => 8,
        StorageType::Val(ValType::V128) => 16,
    }
}

/// Where the fields of a structure stand. Fields of a supertype come first, and stand where they
/// stand in the supertype.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StructLayout {
    /// Offset of each field in bytes from the start of the object.
    pub offsets: Vec<Offset>,
    /// Size of the object in bytes.
    pub bytes: u32,
}

impl StructLayout {
    /// The layout of structures with these fields. At most [`crate::limits::MAX_STRUCT_FIELDS`] of
    /// sixteen bytes: nothing overflows.
    pub fn new(fields: &[FieldType]) -> StructLayout {
        let mut next = Object::SIZE;
        let mut place = |field: &FieldType| {
            let bytes = storage_bytes(field.storage);
            let offset = next.next_multiple_of(bytes.min(OBJECT_ALIGN));
            next = offset + bytes;
            offset
        };
        let offsets = fields.iter().map(&mut place).collect();
        StructLayout { offsets, bytes: next.next_multiple_of(OBJECT_ALIGN) }
    }
}

structure! {
    /// An exception; its arguments follow, one slot of [`VALUE_SIZE`] bytes each.
    Exception, size 16 {
        /// The [`TypeDescriptor`].
        DESCRIPTOR at 0,
        /// The [`Tag`].
        TAG at 8,
    }
}

impl Exception {
    /// Offset of argument `index`.
    pub const fn value(index: u32) -> Offset {
        Exception::SIZE + index * VALUE_SIZE
    }

    /// Size in bytes of an exception with so many arguments.
    pub const fn bytes(arguments: u32) -> u32 {
        Exception::value(arguments)
    }
}

structure! {
    /// The fixed part of every vmctx, before what [`VmctxLayout`] places.
    Vmctx, size 48 {
        /// The [`StoreContext`].
        STORE at 0,
        /// Array of [`Builtin`] addresses.
        BUILTINS at 8,
        /// Array of u32: canonical type id of each type of the module.
        TYPE_IDS at 16,
        /// The runtime's instance; compiled code does not look at it.
        INSTANCE at 24,
        /// Array of pointers: the [`TypeDescriptor`] of each type of the module; null for functions.
        DESCRIPTORS at 32,
    }
}

/// Alignment in bytes of the vmctxs of a linked set, which stand in one block: see [`set_places`].
pub const VMCTX_ALIGN: u64 = 64;

/// Where the vmctx of each member of a linked set stands in the set's block, for vmctxs of these sizes, and the size
/// of the block. Code of one member relies on how far the others are.
pub fn set_places(sizes: impl IntoIterator<Item = u64>) -> (Vec<u64>, u64) {
    let mut next = 0u64;
    let mut places = Vec::new();
    for size in sizes {
        places.push(next);
        next = next.saturating_add(size).next_multiple_of(VMCTX_ALIGN);
    }
    (places, next)
}

/// Size in bytes of the storage of a global, aligned to as much.
pub const GLOBAL_SIZE: u32 = 16;

/// How many of each thing a module has; enough to lay out its vmctx.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmctxCounts {
    /// Imported functions.
    pub imported_functions: u32,
    /// Imported tables.
    pub imported_tables: u32,
    /// Imported memories.
    pub imported_memories: u32,
    /// Imported globals.
    pub imported_globals: u32,
    /// Imported tags.
    pub imported_tags: u32,
    /// Tables the module defines.
    pub defined_tables: u32,
    /// Memories the module defines.
    pub defined_memories: u32,
    /// Globals the module defines.
    pub defined_globals: u32,
    /// Tags the module defines.
    pub defined_tags: u32,
    /// Functions of which references can be taken (exported, in element segments, `ref.func`).
    pub funcrefs: u32,
}

/// Where everything of one module stands in its vmctx. Offsets are in bytes, and all 16-aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VmctxLayout {
    /// The counts this was computed from.
    pub counts: VmctxCounts,
    imported_functions: u64,
    imported_tables: u64,
    imported_memories: u64,
    imported_globals: u64,
    imported_tags: u64,
    memories: u64,
    tables: u64,
    globals: u64,
    tags: u64,
    funcrefs: u64,
    size: u64,
}

impl VmctxLayout {
    /// Lays out a vmctx. What small offsets reach (memories, tables, globals) stands before what
    /// can be long.
    pub fn new(counts: VmctxCounts) -> VmctxLayout {
        let mut next = u64::from(Vmctx::SIZE);
        let mut place = |count: u32, size: u32| {
            let start = next;
            next = (start + u64::from(count) * u64::from(size)).next_multiple_of(16);
            start
        };
        let memories = place(counts.defined_memories, Memory::SIZE);
        let imported_memories = place(counts.imported_memories, POINTER_SIZE);
        let tables = place(counts.defined_tables, Table::SIZE);
        let imported_tables = place(counts.imported_tables, POINTER_SIZE);
        let globals = place(counts.defined_globals, GLOBAL_SIZE);
        let imported_globals = place(counts.imported_globals, POINTER_SIZE);
        let imported_functions = place(counts.imported_functions, FunctionImport::SIZE);
        let tags = place(counts.defined_tags, Tag::SIZE);
        let imported_tags = place(counts.imported_tags, POINTER_SIZE);
        let funcrefs = place(counts.funcrefs, FuncRef::SIZE);
        VmctxLayout {
            counts,
            imported_functions,
            imported_tables,
            imported_memories,
            imported_globals,
            imported_tags,
            memories,
            tables,
            globals,
            tags,
            funcrefs,
            size: next,
        }
    }

    /// Whole size in bytes. Within [`crate::limits::MAX_VMCTX_BYTES`] for a verified artifact.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The [`FunctionImport`] of imported function `index`.
    pub fn imported_function(&self, index: u32) -> Offset {
        at(self.imported_functions, index, FunctionImport::SIZE)
    }

    /// The pointer to the [`Table`] of imported table `index`.
    pub fn imported_table(&self, index: u32) -> Offset {
        at(self.imported_tables, index, POINTER_SIZE)
    }

    /// The pointer to the [`Memory`] of imported memory `index`.
    pub fn imported_memory(&self, index: u32) -> Offset {
        at(self.imported_memories, index, POINTER_SIZE)
    }

    /// The pointer to the storage of imported global `index`.
    pub fn imported_global(&self, index: u32) -> Offset {
        at(self.imported_globals, index, POINTER_SIZE)
    }

    /// The pointer to the [`Tag`] of imported tag `index`.
    pub fn imported_tag(&self, index: u32) -> Offset {
        at(self.imported_tags, index, POINTER_SIZE)
    }

    /// The [`Memory`] of the module's own memory `index`, counted without imports; if it is shared, the
    /// pointer to it.
    pub fn memory(&self, index: u32) -> Offset {
        at(self.memories, index, Memory::SIZE)
    }

    /// The [`Table`] of the module's own table `index`, counted without imports.
    pub fn table(&self, index: u32) -> Offset {
        at(self.tables, index, Table::SIZE)
    }

    /// The storage of the module's own global `index`, counted without imports.
    pub fn global(&self, index: u32) -> Offset {
        at(self.globals, index, GLOBAL_SIZE)
    }

    /// The [`Tag`] of the module's own tag `index`, counted without imports.
    pub fn tag(&self, index: u32) -> Offset {
        at(self.tags, index, Tag::SIZE)
    }

    /// The [`FuncRef`] in slot `slot` (a position in the artifact's list of referenced functions).
    pub fn funcref(&self, slot: u32) -> Offset {
        at(self.funcrefs, slot, FuncRef::SIZE)
    }
}

/// Saturates rather than wraps: the verifier refuses a layout whose size is over the limit, which
/// is far below `u32::MAX`, before anyone uses an offset of it.
fn at(start: u64, index: u32, size: u32) -> Offset {
    u32::try_from(start + u64::from(index) * u64::from(size)).unwrap_or(u32::MAX)
}

const fn fnv(mut hash: u64, shape: &[(&str, u32)]) -> u64 {
    let mut i = 0;
    while i < shape.len() {
        let name = shape[i].0.as_bytes();
        let mut j = 0;
        while j < name.len() {
            hash = (hash ^ name[j] as u64).wrapping_mul(0x0000_0100_0000_01b3);
            j += 1;
        }
        hash = (hash ^ shape[i].1 as u64).wrapping_mul(0x0000_0100_0000_01b3);
        i += 1;
    }
    hash
}

/// The shape of every structure: its name and size, then the names and offsets of its fields.
pub const STRUCTURES: &[&[(&str, u32)]] = &[
    StoreContext::SHAPE,
    HostContext::SHAPE,
    FunctionImport::SHAPE,
    FuncRef::SHAPE,
    Memory::SHAPE,
    Table::SHAPE,
    Tag::SHAPE,
    Object::SHAPE,
    Array::SHAPE,
    TypeDescriptor::SHAPE,
    Exception::SHAPE,
    Vmctx::SHAPE,
];

/// The numbers that code is compiled against. Those of address space are in units of 64 KiB.
const CONSTANTS: &[(&str, u32)] = &[
    ("POINTER_SIZE", POINTER_SIZE),
    ("VALUE_SIZE", VALUE_SIZE),
    ("GLOBAL_SIZE", GLOBAL_SIZE),
    ("REFERENCE_TAG_MASK", REFERENCE_TAG_MASK as u32),
    ("I31_TAG", I31_TAG as u32),
    ("HOST_TAG", HOST_TAG as u32),
    ("HOST_SHIFT", HOST_SHIFT),
    ("OBJECT_ALIGN", OBJECT_ALIGN),
    ("MIN_DISPLAY", MIN_DISPLAY),
    ("FIRST_OBJECT_ADDRESS", FIRST_OBJECT_ADDRESS),
    ("VMCTX_ALIGN", VMCTX_ALIGN as u32),
    ("REGISTER_VALUES", REGISTER_VALUES),
    ("GUARDED_RESERVATION_BYTES", (GUARDED_RESERVATION_BYTES >> 16) as u32),
    ("GUARD_BYTES", (GUARD_BYTES >> 16) as u32),
];

/// FNV-1a over names and numbers of everything above, and a revision for what has no number
/// (conventions, the order in [`VmctxLayout::new`], the layout of structures and arrays, which memories
/// have which [`Guard`]).
pub const ABI_HASH: u64 = {
    let mut hash = fnv(0xcbf2_9ce4_8422_2325, &[("revision", 3)]);
    let mut i = 0;
    while i < STRUCTURES.len() {
        hash = fnv(hash, STRUCTURES[i]);
        i += 1;
    }
    hash = fnv(hash, CONSTANTS);
    hash = fnv(hash, Builtin::SHAPE);
    fnv(hash, TrapCode::SHAPE)
};
