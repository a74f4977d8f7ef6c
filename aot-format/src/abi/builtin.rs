//! The services of the runtime by their numbers. How they are called is in [`super`]; the functions
//! themselves are the runtime's.

#[cfg(doc)]
use super::{FIRST_OBJECT_ADDRESS, Object, TrapCode};
use super::{Offset, POINTER_SIZE};

macro_rules! builtins {
    ($($(#[$doc:meta])* $name:ident = $index:literal : $signature:literal,)*) => {
        /// Services of the runtime that compiled code reaches through `Vmctx::BUILTINS`. All have
        /// the C convention and take the caller's vmctx first; `i` is a 32-bit and `l` a 64-bit
        /// argument, the letter after `:` the result (`t`: a 32-bit [`TrapCode`], 0 for none; `o`: the
        /// address of an [`Object`], or a [`TrapCode`] below [`FIRST_OBJECT_ADDRESS`]).
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
            pub(super) const SHAPE: &'static [(&'static str, u32)] = &[$((concat!(stringify!($name), $signature), $index),)*];
        }
    };
}

builtins! {
    /// `(memory, delta_pages)`: previous length in pages, or -1.
    MemoryGrow = 0: "il:l",
    /// `(to, from, len, shared)`: the addresses of two ranges that were found to be in bounds; they may overlap. `shared`
    /// is 1 if other threads may access one of them. [`TrapCode::MemoryOutOfBounds`] only to end an interrupted call.
    MemoryCopy = 1: "llli:t",
    /// `(to, value, len, shared)`, likewise; the value is the low byte.
    MemoryFill = 2: "lili:t",
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
    /// `(descriptor, bytes)`: a new object of this size whose fields, all zero, are still to be
    /// written; or [`TrapCode::HeapExhausted`].
    ObjectNew = 11: "ll:o",
    /// `(exception)`: unwinds to its handler and does not return.
    Throw = 12: "l:",
    /// `(descriptor, length)`: a new array whose elements are zero; or [`TrapCode::HeapExhausted`].
    ArrayNew = 13: "li:o",
    /// `(descriptor, segment, offset, length)`: a new array of what stands at a byte offset of a data
    /// segment; or [`TrapCode::HeapExhausted`], [`TrapCode::MemoryOutOfBounds`].
    ArrayNewData = 14: "liii:o",
    /// `(descriptor, segment, offset, length)`: a new array of elements of an element segment; or
    /// [`TrapCode::HeapExhausted`], [`TrapCode::TableOutOfBounds`].
    ArrayNewElem = 15: "liii:o",
    /// `(dst_array, dst, src_array, src, len)`, neither array null.
    ArrayCopy = 16: "lilii:t",
    /// `(array, dst, low, high, len)`: an element's bits, in 64-bit halves; the array is not null.
    ArrayFill = 17: "lilli:t",
    /// `(array, segment, dst, src, len)`, the array not null.
    ArrayInitData = 18: "liiii:t",
    /// `(array, segment, dst, src, len)`, the array not null.
    ArrayInitElem = 19: "liiii:t",
    /// `(memory, address, expected, timeout_ns)`: 0 woken, 1 not the expected value, 2 timed out, or -1
    /// to trap. The memory is shared and the address aligned; a negative timeout is none.
    MemoryWait32 = 20: "ilil:l",
    /// The same with an expected i64.
    MemoryWait64 = 21: "illl:l",
    /// `(memory, address, count)`: threads woken, or -1 to trap. The address is aligned.
    MemoryNotify = 22: "ili:l",
}

impl Builtin {
    /// Offset of its address in the array at `Vmctx::BUILTINS`.
    pub const fn offset(self) -> Offset {
        self as u32 * POINTER_SIZE
    }

    /// Whether it may collect or unwind, and so must know where compiled code stands: such builtins
    /// are called through service trampolines.
    pub const fn walks_the_stack(self) -> bool {
        use Builtin::*;
        matches!(self, ObjectNew | Throw | ArrayNew | ArrayNewData | ArrayNewElem)
    }
}
