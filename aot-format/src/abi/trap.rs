//! Why code traps, by number. Where it may trap is in the artifact's trap table.

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
            pub(super) const SHAPE: &'static [(&'static str, u32)] = &[$((stringify!($name), $code),)*];
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
    /// An object does not fit on the store's heap, even after a collection.
    HeapExhausted = 14, "garbage-collected heap exhausted";
    /// A field of null.
    NullStructure = 15, "null structure reference";
    /// An element or the length of null.
    NullArray = 16, "null array reference";
    /// The integer in null.
    NullI31 = 17, "null i31 reference";
    /// An array access past the array's length.
    ArrayOutOfBounds = 18, "out of bounds array access";
    /// A cast to a type that the reference is not of.
    CastFailure = 19, "cast failure";
    /// An atomic access at an address that is not a multiple of its width.
    UnalignedAtomic = 20, "unaligned atomic";
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory = 21, "expected shared memory";
    /// The store was interrupted from outside. Raised by the runtime only.
    Interrupted = 22, "interrupted";
}
