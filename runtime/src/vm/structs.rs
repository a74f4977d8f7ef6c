//! The structures of [`aot_format::abi`] as `#[repr(C)]` types. Every field is asserted to stand
//! where compiled code expects it, at compile time: a mismatch is not a test that fails but a
//! runtime that does not build.
//!
//! Not here: the layout of a whole vmctx, which depends on the module
//! ([`aot_format::abi::VmctxLayout`]), and who allocates and frees these structures.
//!
//! # Safety contract
//!
//! The structures are plain data, and what the pointers in them point to is the affair of whoever fills
//! them. The function types are those of compiled code and of thunks: who calls one keeps the conventions
//! that [`aot_format::abi`] states.

use core::ffi::c_void;
use core::mem::{align_of, offset_of, size_of};
use core::sync::atomic::{AtomicU64, Ordering};

use aot_format::abi;
use aot_format::types::FuncType;

use super::builtins::VMBuiltins;
use super::objects::VMTypeDescriptor;
use crate::sys::enter::LookupFunctions;

#[cfg(not(all(target_endian = "little", target_pointer_width = "64")))]
compile_error!("artifacts are for little-endian 64-bit machines; this runtime cannot run any here");

/// Values on their way between host and wasm: see [`Passing`]. Functions that are on this way and are not inlined take them
/// one by one, for an array is passed through memory.
pub type RegisterValues = [u64; abi::REGISTER_VALUES as usize];

/// How the values of a function type go between host and wasm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Passing {
    /// In [`RegisterValues`]: a number as its bits, the upper half of a narrower one says nothing; a result comes back so.
    Registers,
    /// In slots, whose address is the first of the registers.
    Slots,
}

impl Passing {
    /// That of a type.
    pub fn of(ty: &FuncType) -> Passing {
        match abi::in_registers(ty) {
            true => Passing::Registers,
            false => Passing::Slots,
        }
    }
}

/// Registers with the address of slots.
#[inline]
pub(crate) fn address_of(slots: *mut ValRaw) -> RegisterValues {
    let mut registers = RegisterValues::default();
    registers[0] = slots.expose_provenance() as u64;
    registers
}

/// The slots whose address came in a register.
#[inline]
pub(crate) fn slots_at(address: u64) -> *mut ValRaw {
    core::ptr::with_exposed_provenance_mut(address as usize)
}

/// What a host-call trampoline calls.
pub(crate) type HostCall = unsafe extern "C" fn(*mut VMHostContext, u64, u64, u64, u64, u64) -> HostReturn;

/// Both in registers, in each of the C conventions.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct HostReturn {
    /// The result, if it goes in a register.
    pub(crate) value: u64,
    /// Null when the function returned; its store, to unwind.
    pub(crate) unwinds: *mut VMStoreContext,
}

/// Unwinds to where wasm of the store was entered last.
pub(crate) type Raise = unsafe extern "C" fn(*mut VMStoreContext) -> !;

/// Asserts that a structure has the size, and its fields the offsets, that compiled code was made for; or that
/// more of the runtime's own begins behind that.
macro_rules! assert_layout {
    ($ty:ident as $abi:ident { $($field:ident: $offset:ident,)* }) => {
        assert_layout!(size_of::<$ty>(), $ty as $abi { $($field: $offset,)* });
    };
    ($ty:ident as $abi:ident { $($field:ident: $offset:ident,)* } then $more:ident) => {
        assert_layout!(offset_of!($ty, $more), $ty as $abi { $($field: $offset,)* });
    };
    ($size:expr, $ty:ident as $abi:ident { $($field:ident: $offset:ident,)* }) => {
        const _: () = assert!($size == abi::$abi::SIZE as usize);
        $(const _: () = assert!(offset_of!($ty, $field) == abi::$abi::$offset as usize);)*
    };
}

pub(super) use assert_layout;

/// Per-store state that compiled code reads and writes, and behind that what entering and leaving wasm needs beside; one
/// thread runs in a store at a time.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMStoreContext {
    /// Lowest stack address that a prologue may reach.
    pub(crate) stack_limit: usize,
    /// Frame pointer of the trampoline that last called the host.
    pub(crate) exit_fp: usize,
    /// Called by host-call trampolines to unwind.
    pub(crate) raise: Raise,
    /// Reserved for fuel.
    pub(crate) fuel: u64,
    /// Address of the next object of the collected heap.
    pub(crate) heap_top: usize,
    /// Up to where objects go without asking the runtime.
    pub(crate) heap_end: usize,
    /// The host's stack pointer where wasm was last entered; zero while no wasm of this store runs.
    pub(crate) entry_sp: usize,
    /// Where the host goes on when that is unwound.
    pub(crate) entry_pc: usize,
    /// Whom the signal handler asks.
    pub(crate) lookup: &'static LookupFunctions,
}

assert_layout!(VMStoreContext as StoreContext {
    stack_limit: STACK_LIMIT,
    exit_fp: EXIT_FP,
    raise: RAISE,
    fuel: FUEL,
    heap_top: HEAP_TOP,
    heap_end: HEAP_END,
} then entry_sp);

impl VMStoreContext {
    /// The context of a store in which nothing runs yet.
    pub(crate) const fn new(raise: Raise, lookup: &'static LookupFunctions) -> VMStoreContext {
        VMStoreContext {
            stack_limit: 0,
            exit_fp: 0,
            raise,
            fuel: 0,
            heap_top: 0,
            heap_end: 0,
            entry_sp: 0,
            entry_pc: 0,
            lookup,
        }
    }
}

/// What a host-call trampoline gets instead of a vmctx: one per host function and importer.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMHostContext {
    /// The host function.
    pub(crate) call: HostCall,
    /// The store it is called in.
    pub(crate) store: *mut VMStoreContext,
    /// The importing instance; null where the host itself made the reference.
    pub(crate) caller: *mut Vmctx,
    /// The runtime's own data.
    pub(crate) data: *mut c_void,
}

assert_layout!(VMHostContext as HostContext { call: CALL, store: STORE, caller: CALLER, data: DATA, });

/// The trampoline record of one imported function, patched at link time.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct VMFunctionImport {
    /// Native entry of the callee, or a host-call trampoline.
    pub(crate) code: *const u8,
    /// The callee's [`Vmctx`], or a [`VMHostContext`].
    pub(crate) vmctx: *mut c_void,
}

assert_layout!(VMFunctionImport as FunctionImport { code: CODE, vmctx: VMCTX, });

/// What a function reference points to.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct VMFuncRef {
    /// Native entry, or a host-call trampoline.
    pub(crate) code: *const u8,
    /// The callee's [`Vmctx`], or a [`VMHostContext`].
    pub(crate) vmctx: *mut c_void,
    /// Entry trampoline for calls from the host; null for host functions.
    pub(crate) entry: *const u8,
    /// Canonical id of the function's type in its engine.
    pub(crate) type_id: u32,
    /// Its funcref slot in the vmctx it is of.
    pub(crate) slot: u32,
}

assert_layout!(VMFuncRef as FuncRef { code: CODE, vmctx: VMCTX, entry: ENTRY, type_id: TYPE_ID, slot: SLOT, });

/// A linear memory.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct VMMemory {
    /// Address of byte 0.
    pub(crate) base: *mut u8,
    /// Current length in bytes.
    pub(crate) length: u64,
}

assert_layout!(VMMemory as Memory { base: BASE, length: LENGTH, });

/// A shared memory. Compiled code does not know the difference: it loads the length of any memory that can be
/// shared atomically.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMSharedMemory {
    /// Address of byte 0, always the same.
    pub(crate) base: *mut u8,
    /// Current length in bytes.
    pub(crate) length: AtomicU64,
}

assert_layout!(VMSharedMemory as Memory { base: BASE, length: LENGTH, });

impl VMMemory {
    /// The definition as it is now, shared or not.
    ///
    /// # Safety
    ///
    /// `definition` is live.
    pub(crate) unsafe fn load(definition: *mut VMMemory) -> VMMemory {
        // SAFETY: both kinds have this layout; the base of one that is shared does not change.
        let shared = unsafe { &*definition.cast::<VMSharedMemory>() };
        VMMemory { base: shared.base, length: shared.length.load(Ordering::SeqCst) }
    }
}

/// A table of references.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct VMTable {
    /// Address of element 0. An element is a reference; zero is null.
    pub(crate) elements: *mut u64,
    /// Current length in elements.
    pub(crate) length: u64,
}

assert_layout!(VMTable as Table { elements: ELEMENTS, length: LENGTH, });

/// A tag; its address is its identity.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(16))]
pub(crate) struct VMTag {
    /// Canonical type id.
    pub(crate) type_id: u32,
    /// That of its exceptions.
    pub(crate) descriptor: *const VMTypeDescriptor,
}

assert_layout!(VMTag as Tag { type_id: TYPE_ID, descriptor: DESCRIPTOR, });

/// An exception; its arguments follow, in slots of 16 bytes that are aligned as an object is.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct VMException {
    /// That of the exceptions of its tag.
    pub(crate) descriptor: *const VMTypeDescriptor,
    /// Its tag.
    pub(crate) tag: *const VMTag,
}

assert_layout!(VMException as Exception { descriptor: DESCRIPTOR, tag: TAG, });

/// The fixed part of every vmctx. What [`abi::VmctxLayout`] places follows it in memory.
#[derive(Debug)]
#[repr(C, align(16))]
pub(crate) struct Vmctx {
    /// The store the instance lives in.
    pub(crate) store: *mut VMStoreContext,
    /// Addresses of the built-in functions.
    pub(crate) builtins: *const VMBuiltins,
    /// Canonical type id of each type of the module.
    pub(crate) type_ids: *const u32,
    /// The runtime's instance.
    pub(crate) instance: *mut c_void,
    /// Descriptor of each type of the module; null for functions.
    pub(crate) descriptors: *const *const VMTypeDescriptor,
}

assert_layout!(Vmctx as Vmctx {
    store: STORE,
    builtins: BUILTINS,
    type_ids: TYPE_IDS,
    instance: INSTANCE,
    descriptors: DESCRIPTORS,
});

/// A parameter or result slot of an entry or host call, and the storage of a global. All 16 bytes
/// are always initialised, so every accessor is safe; which of them means something is for the
/// type of the value to say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C, align(16))]
pub struct ValRaw {
    low: u64,
    high: u64,
}

const _: () = assert!(size_of::<ValRaw>() == abi::VALUE_SIZE as usize);
const _: () = assert!(align_of::<ValRaw>() == abi::VALUE_SIZE as usize);
const _: () = assert!(size_of::<ValRaw>() == abi::GLOBAL_SIZE as usize);

impl ValRaw {
    /// The value, for a register.
    #[inline]
    pub const fn register(self) -> u64 {
        self.low
    }

    /// All bytes zero: the zero of every number type and the null of every reference type.
    pub const ZERO: ValRaw = ValRaw { low: 0, high: 0 };

    /// A value that came in a register.
    #[inline]
    pub const fn from_register(bits: u64) -> ValRaw {
        ValRaw { low: bits, high: 0 }
    }

    /// An i32.
    pub const fn from_i32(value: i32) -> ValRaw {
        ValRaw::from_register(value as u32 as u64)
    }

    /// An i64.
    pub const fn from_i64(value: i64) -> ValRaw {
        ValRaw::from_register(value as u64)
    }

    /// An f32, as its bits.
    pub const fn from_f32_bits(bits: u32) -> ValRaw {
        ValRaw::from_register(bits as u64)
    }

    /// An f64, as its bits.
    pub const fn from_f64_bits(bits: u64) -> ValRaw {
        ValRaw::from_register(bits)
    }

    /// A v128; lane 0 is in the lowest bits.
    pub const fn from_v128(value: u128) -> ValRaw {
        ValRaw { low: value as u64, high: (value >> 64) as u64 }
    }

    /// A reference, as it stands in tables and globals; zero is null.
    pub(crate) const fn from_ref(reference: u64) -> ValRaw {
        ValRaw::from_register(reference)
    }

    /// A function reference; null is null. The address is exposed, since compiled code turns it
    /// into a pointer again.
    pub(crate) fn from_funcref(funcref: *mut VMFuncRef) -> ValRaw {
        ValRaw::from_register(funcref.expose_provenance() as u64)
    }

    /// As an i32.
    pub const fn i32(self) -> i32 {
        self.low as i32
    }

    /// As an i64.
    pub const fn i64(self) -> i64 {
        self.low as i64
    }

    /// As the bits of an f32.
    pub const fn f32_bits(self) -> u32 {
        self.low as u32
    }

    /// As the bits of an f64.
    pub const fn f64_bits(self) -> u64 {
        self.low
    }

    /// As a v128.
    pub const fn v128(self) -> u128 {
        self.low as u128 | (self.high as u128) << 64
    }

    /// As a reference; zero is null.
    pub(crate) const fn reference(self) -> u64 {
        self.low
    }

    /// As a function reference.
    pub(crate) fn funcref(self) -> *mut VMFuncRef {
        core::ptr::with_exposed_provenance_mut(self.low as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_and_leave_no_stray_bits() {
        assert_eq!(ValRaw::from_i32(-1).i64(), 0xffff_ffff);
        assert_eq!(ValRaw::from_i32(i32::MIN).i32(), i32::MIN);
        assert_eq!(ValRaw::from_i64(i64::MIN).i64(), i64::MIN);
        assert_eq!(ValRaw::from_f32_bits(0x7fa0_0001).f32_bits(), 0x7fa0_0001);
        assert_eq!(ValRaw::from_f64_bits(0x7ff4_0000_0000_0001).f64_bits(), 0x7ff4_0000_0000_0001);
        let vector = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
        assert_eq!(ValRaw::from_v128(vector).v128(), vector);
        assert_eq!(ValRaw::from_v128(vector).i32(), 0x0302_0100);
        assert_eq!(ValRaw::from_ref(0), ValRaw::ZERO);
        let mut funcref = VMFuncRef {
            code: core::ptr::null(),
            vmctx: core::ptr::null_mut(),
            entry: core::ptr::null(),
            type_id: 7,
            slot: 0,
        };
        assert_eq!(ValRaw::from_funcref(&raw mut funcref).funcref(), &raw mut funcref);
    }

    #[test]
    fn a_slot_has_the_byte_order_of_the_machine_code() {
        let bytes: [u8; 16] = core::array::from_fn(|i| i as u8);
        let slot = ValRaw::from_v128(u128::from_le_bytes(bytes));
        assert_eq!(slot.v128().to_ne_bytes(), bytes);
        assert_eq!((&raw const slot).addr() % 16, 0);
    }
}
