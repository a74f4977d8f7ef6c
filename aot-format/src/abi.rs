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
//! * An **entry trampoline** (host → wasm) has the C convention
//!   `fn(callee_vmctx, callee_code, values, store) -> u32`: it reads parameters from and writes
//!   results to `values`, an array of [`VALUE_SIZE`]-byte slots, and returns [`ENTRY_RETURNED`] or
//!   [`ENTRY_UNWOUND`]. Before the call it stores its frame pointer, stack pointer and the address
//!   of its landing pad in [`StoreContext`]; whoever unwinds sets the three registers to those.
//! * A **host-call trampoline** (wasm → host) has the wasm convention, with a [`HostContext`] in
//!   place of a vmctx. It records the wasm caller's frame in `exit_fp`/`exit_pc`, passes its
//!   arguments in `values` to `HostContext::call` (C convention, `fn(host_context, values) -> u32`)
//!   and, when that does not return zero, calls `StoreContext::raise` (C convention,
//!   `fn(store) -> !`), which unwinds to the entry trampoline, or to a handler of the exception that
//!   the host function failed with.
//! * An exception is thrown through the module's **throw trampoline** (wasm convention,
//!   `fn(vmctx, exception)`), which records its caller's frame as a host-call trampoline does and
//!   calls [`Builtin::Throw`]. A landing pad is entered with the address of the [`Exception`] in the
//!   first payload register (rax, x0, a0) and the stack pointer as it was at the call. It reads what
//!   it needs before it does anything else: an exception caught without a reference is gone then.
//! * A reference to an exception is the address of the [`Exception`]; null is zero.
//! * Frame pointers are kept by all compiled code: the frame pointer points at the caller's saved
//!   frame pointer, and the return address stands one word above it.
//! * An imported memory, table, global or tag is one pointer in the importer's vmctx, to the
//!   definition in its owner. A shared memory belongs to no instance: where the [`Memory`] of an own one
//!   would stand, there is such a pointer too.

/// Offset in bytes into a structure of the runtime.
pub type Offset = u32;

/// Size in bytes of a pointer: the runtime is 64-bit only.
pub const POINTER_SIZE: u32 = 8;
/// Size and alignment in bytes of a parameter or result slot of an entry or host call.
pub const VALUE_SIZE: u32 = 16;
/// Entry trampolines return this when the callee returned.
pub const ENTRY_RETURNED: u32 = 0;
/// Entry trampolines return this when the callee was unwound; the runtime knows why.
pub const ENTRY_UNWOUND: u32 = 1;

/// Bytes of address space a guarded 32-bit memory reserves for data: all that 32 bits can address.
pub const GUARDED_RESERVATION_BYTES: u64 = 1 << 32;
/// Bytes of inaccessible address space behind the reservation of every guarded memory. A static
/// offset plus access width up to this needs no explicit check.
pub const GUARD_BYTES: u64 = 1 << 26;

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
    /// Per-store state that compiled code reads and writes; one thread runs in a store at a time.
    StoreContext, size 64 {
        /// Lowest stack address a prologue may reach before it traps with [`TrapCode::StackOverflow`].
        STACK_LIMIT at 0,
        /// Frame pointer of the innermost entry trampoline.
        ENTRY_FP at 8,
        /// Stack pointer of the innermost entry trampoline at its call.
        ENTRY_SP at 16,
        /// Address of the landing pad of the innermost entry trampoline.
        ENTRY_PC at 24,
        /// Frame pointer of the wasm function that last called the host.
        EXIT_FP at 32,
        /// Return address in the wasm function that last called the host.
        EXIT_PC at 40,
        /// `fn(store) -> !`: unwinds to the innermost entry trampoline, or to a handler.
        RAISE at 48,
        /// Reserved for fuel.
        FUEL at 56,
    }
}

structure! {
    /// What a host-call trampoline gets instead of a vmctx: one per host function and importer.
    HostContext, size 32 {
        /// `fn(host_context, values) -> u32`: zero when it returned, anything else to unwind.
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
    /// A table of references. Elements are eight bytes: a [`FuncRef`] pointer, or a host reference.
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
    }
}

structure! {
    /// An exception; its arguments follow, one slot of [`VALUE_SIZE`] bytes each.
    Exception, size 16 {
        /// The [`Tag`].
        TAG at 0,
        /// The runtime's own data.
        STATE at 8,
    }
}

impl Exception {
    /// Offset of argument `index`.
    pub const fn value(index: u32) -> Offset {
        Exception::SIZE + index * VALUE_SIZE
    }
}

structure! {
    /// The fixed part of every vmctx, before what [`VmctxLayout`] places.
    Vmctx, size 32 {
        /// The [`StoreContext`].
        STORE at 0,
        /// Array of [`Builtin`] addresses.
        BUILTINS at 8,
        /// Array of u32: canonical type id of each type of the module.
        TYPE_IDS at 16,
        /// The runtime's instance; compiled code does not look at it.
        INSTANCE at 24,
    }
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

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident = $index:literal : $signature:literal,)*) => {
        /// Services of the runtime that compiled code reaches through `Vmctx::BUILTINS`. All have
        /// the C convention and take the caller's vmctx first; `i` is a 32-bit and `l` a 64-bit
        /// argument, the letter after `:` the result (`t`: a 32-bit [`TrapCode`], 0 for none).
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u32)]
        pub enum Builtin { $($(#[$doc])* $name = $index,)* }
        impl Builtin {
            /// All of them, in order.
            pub const ALL: &'static [Builtin] = &[$(Builtin::$name,)*];
            /// Argument and result letters.
            pub const fn signature(self) -> &'static str {
                match self { $(Builtin::$name => $signature,)* }
            }
            const SHAPE: &'static [(&'static str, u32)] = &[$((concat!(stringify!($name), $signature), $index),)*];
        }
    };
}

builtins! {
    /// `(memory, delta_pages)`: previous length in pages, or -1.
    MemoryGrow = 0: "il:l",
    /// `(dst_memory, src_memory, dst, src, len)`.
    MemoryCopy = 1: "iilll:t",
    /// `(memory, dst, value, len)`.
    MemoryFill = 2: "ilil:t",
    /// `(memory, segment, dst, src, len)`.
    MemoryInit = 3: "iilll:t",
    /// `(segment)`.
    DataDrop = 4: "i:",
    /// `(table, delta, init)`: previous length, or -1.
    TableGrow = 5: "ill:l",
    /// `(table, dst, value, len)`.
    TableFill = 6: "illl:t",
    /// `(dst_table, src_table, dst, src, len)`.
    TableCopy = 7: "iilll:t",
    /// `(table, segment, dst, src, len)`.
    TableInit = 8: "iilll:t",
    /// `(segment)`.
    ElemDrop = 9: "i:",
    /// `(actual_type_id, expected_type_id)`: 1 if the first is a subtype of the second, else 0.
    IsSubtype = 10: "ii:i",
    /// `(tag, arguments)`: a new exception whose arguments (so many) are still to be written.
    ExceptionNew = 11: "ii:l",
    /// `(exception)`: unwinds to its handler and does not return. Called by throw trampolines only.
    Throw = 12: "l:",
    /// `(memory, address, expected, timeout_ns)`: 0 woken, 1 not the expected value, 2 timed out, or -1
    /// to trap. The memory is shared and the address aligned; a negative timeout is none.
    MemoryWait32 = 13: "ilil:l",
    /// The same with an expected i64.
    MemoryWait64 = 14: "illl:l",
    /// `(memory, address, count)`: threads woken, or -1 to trap. The address is aligned.
    MemoryNotify = 15: "ili:l",
}

impl Builtin {
    /// Offset of its address in the array at `Vmctx::BUILTINS`.
    pub const fn offset(self) -> Offset {
        self as u32 * POINTER_SIZE
    }
}

macro_rules! trap_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $message:literal;)*) => {
        /// Why compiled code trapped. The codes stand in artifacts and in builtins' results.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum TrapCode { $($(#[$doc])* $name = $code,)* }
        impl TrapCode {
            /// All of them.
            pub const ALL: &'static [TrapCode] = &[$(TrapCode::$name,)*];
            /// The code with this number, if there is one.
            pub const fn from_code(code: u8) -> Option<TrapCode> {
                match code { $($code => Some(TrapCode::$name),)* _ => None }
            }
            /// The message in the specification's words.
            pub const fn message(self) -> &'static str {
                match self { $(TrapCode::$name => $message,)* }
            }
            const SHAPE: &'static [(&'static str, u32)] = &[$((stringify!($name), $code),)*];
        }
    };
}

trap_codes! {
    /// `unreachable` was executed.
    Unreachable = 1, "unreachable";
    /// A memory access past the memory's length.
    MemoryOutOfBounds = 2, "out of bounds memory access";
    /// A table access past the table's length.
    TableOutOfBounds = 3, "out of bounds table access";
    /// An indirect call past the table's length.
    UndefinedElement = 4, "undefined element";
    /// An indirect call of a null element.
    UninitializedElement = 5, "uninitialized element";
    /// An indirect call of a function of another type.
    IndirectCallTypeMismatch = 6, "indirect call type mismatch";
    /// Signed division overflow.
    IntegerOverflow = 7, "integer overflow";
    /// Division by zero.
    IntegerDivideByZero = 8, "integer divide by zero";
    /// Conversion of NaN to an integer.
    InvalidConversionToInteger = 9, "invalid conversion to integer";
    /// The stack limit was reached.
    StackOverflow = 10, "call stack exhausted";
    /// A null reference was used where a value is needed.
    NullReference = 11, "null reference";
    /// A call through a null function reference.
    NullFunctionReference = 12, "null function reference";
    /// `throw_ref` of null.
    NullExceptionReference = 13, "null exception reference";
    /// There are references to more exceptions than the store may hold. Raised by the runtime only.
    TooManyExceptions = 14, "too many exceptions";
    /// An atomic access at an address that is not a multiple of its width.
    UnalignedAtomic = 15, "unaligned atomic";
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory = 16, "expected shared memory";
    /// The store was interrupted from outside. Raised by the runtime only.
    Interrupted = 17, "interrupted";
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
    Exception::SHAPE,
    Vmctx::SHAPE,
];

/// The numbers that code is compiled against. Those of address space are in units of 64 KiB.
const CONSTANTS: &[(&str, u32)] = &[
    ("POINTER_SIZE", POINTER_SIZE),
    ("VALUE_SIZE", VALUE_SIZE),
    ("GLOBAL_SIZE", GLOBAL_SIZE),
    ("ENTRY_RETURNED", ENTRY_RETURNED),
    ("ENTRY_UNWOUND", ENTRY_UNWOUND),
    ("GUARDED_RESERVATION_BYTES", (GUARDED_RESERVATION_BYTES >> 16) as u32),
    ("GUARD_BYTES", (GUARD_BYTES >> 16) as u32),
];

/// FNV-1a over names and numbers of everything above, and a revision for what has no number
/// (conventions, the order in [`VmctxLayout::new`]).
pub const ABI_HASH: u64 = {
    let mut hash = fnv(0xcbf2_9ce4_8422_2325, &[("revision", 2)]);
    let mut i = 0;
    while i < STRUCTURES.len() {
        hash = fnv(hash, STRUCTURES[i]);
        i += 1;
    }
    hash = fnv(hash, CONSTANTS);
    hash = fnv(hash, Builtin::SHAPE);
    fnv(hash, TrapCode::SHAPE)
};
