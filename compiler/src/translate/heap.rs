//! Objects of the collected heap: making them, and their parts as memory accesses.
//!
//! A new object goes where the heap's free part begins, if it fits; everything else is the runtime's. It
//! is written in full before the next call, so that the collector never sees a half-made one (nor does it see one that an interruption left). What a
//! managed value refers to moves at any call: an address into an object is computed where it is used and
//! never kept.
//!
//! A reference that may be null is not compared with null before an access near the object's start: the
//! access itself faults, and the artifact's trap table says what that means.

use aot_format::abi::{Array, Builtin, Object, Offset, StoreContext, TrapCode, Vmctx, storage_bytes};
use aot_format::types::{FieldType, StorageType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};

use super::function::FuncTranslator;
use super::regions::{self, Region, Storage};
use super::signature::{MANAGED, POINTER, clif_type};
use super::trap;
use super::vector::VECTOR;
use super::vmctx::{Place, offset32};

/// Accesses through null fault below this address, on every system.
const NULL_PAGE: u32 = 4096;
/// Objects from this size on are always made by the runtime.
const MAX_INLINE_BYTES: u64 = 1 << 16;

/// How a packed integer becomes an i32.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extension {
    /// There is nothing to extend.
    None,
    /// With its sign.
    Signed,
    /// With zeros.
    Unsigned,
}

/// Which trap a reference that is null ends in; none for one that cannot be.
pub type NullTrap = Option<TrapCode>;

impl FuncTranslator<'_, '_> {
    /// A new object of so many bytes, with its head and zeros, which the runtime makes.
    pub(super) fn new_zeroed_object(&mut self, descriptor: Value, bytes: u64) -> Value {
        let size = self.i64_const(bytes);
        self.call_allocating(Builtin::ObjectNew, &[descriptor, size], &[TrapCode::HeapExhausted])
    }

    /// A new object of so many bytes, with its head; everything else in it is for the caller to write
    /// before the next call.
    pub(super) fn new_object(&mut self, descriptor: Value, bytes: u64) -> Value {
        if bytes > MAX_INLINE_BYTES {
            return self.new_zeroed_object(descriptor, bytes);
        }
        let size = self.i64_const(bytes);
        let store = self.load_constant(self.own(Vmctx::STORE), POINTER);
        let store = Place { base: store, offset: 0 };
        let bounds = regions::trusted(self.builder.func, Region::HeapBounds);
        let object = self.load_at(store.field(StoreContext::HEAP_TOP), POINTER, bounds);
        let end = self.load_at(store.field(StoreContext::HEAP_END), POINTER, bounds);
        let next = self.builder.ins().iadd(object, size);
        let full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, next, end);
        let (fast, slow) = (self.builder.create_block(), self.builder.create_block());
        let made = self.create_block_with(&[MANAGED]);
        self.builder.set_cold_block(slow);
        self.builder.ins().brif(full, slow, &[], fast, &[]);

        self.continue_in(slow);
        let collected = self.call_allocating(Builtin::ObjectNew, &[descriptor, size], &[TrapCode::HeapExhausted]);
        self.builder.ins().jump(made, &[collected.into()]);

        self.continue_in(fast);
        self.builder.ins().store(bounds, next, store.base, offset32(StoreContext::HEAP_TOP));
        let head = regions::object(self.builder.func, Region::Descriptors);
        self.builder.ins().store(head, descriptor, object, offset32(Object::DESCRIPTOR));
        self.builder.ins().jump(made, &[object.into()]);

        self.continue_in(made);
        self.builder.block_params(made)[0]
    }

    /// The descriptor of an object that is not null.
    pub(super) fn descriptor_of(&mut self, object: Value) -> Value {
        let flags = regions::object(self.builder.func, Region::Descriptors);
        self.builder.ins().load(POINTER, flags, object, offset32(Object::DESCRIPTOR))
    }

    /// The trap of a null operand, `depth` operands below the top: none where its type excludes null.
    pub(super) fn null_trap(&self, depth: usize, code: TrapCode) -> NullTrap {
        match self.operand_types[depth] {
            Some(wasmparser::ValType::Ref(ty)) if !ty.is_nullable() => None,
            _ => Some(code),
        }
    }

    /// Traps if a reference is null, unless its type excludes that.
    pub(super) fn check_null(&mut self, object: Value, null: NullTrap) {
        if let Some(code) = null {
            self.trap_if_zero(object, code);
        }
    }

    /// Flags of an access at an offset in an object that may be null.
    fn part_flags(&mut self, object: Value, offset: Offset, region: Region, null: NullTrap) -> MemFlagsData {
        match null {
            Some(code) if offset < NULL_PAGE - 16 => {
                regions::nullable_object(self.builder.func, region, trap::to_clif(code))
            }
            null => {
                self.check_null(object, null);
                regions::object(self.builder.func, region)
            }
        }
    }

    /// Reads what stands at an offset and pushes it.
    fn push_part(
        &mut self,
        base: Value,
        offset: Offset,
        storage: StorageType,
        extension: Extension,
        flags: MemFlagsData,
    ) {
        let offset = offset32(offset);
        let ins = self.builder.ins();
        let (value, managed) = match (storage, extension) {
            (StorageType::I8, Extension::Signed) => (ins.sload8(types::I32, flags, base, offset), false),
            (StorageType::I8, _) => (ins.uload8(types::I32, flags, base, offset), false),
            (StorageType::I16, Extension::Signed) => (ins.sload16(types::I32, flags, base, offset), false),
            (StorageType::I16, _) => (ins.uload16(types::I32, flags, base, offset), false),
            (StorageType::Val(ty), _) => (ins.load(clif_type(ty), flags, base, offset), self.module.is_managed(ty)),
        };
        self.locate_access(flags, value);
        if managed {
            self.note_kind(value, MANAGED);
        }
        self.push(value);
    }

    /// Writes what stands at an offset.
    pub(super) fn store_part(
        &mut self,
        value: Value,
        base: Value,
        offset: Offset,
        storage: StorageType,
        flags: MemFlagsData,
    ) {
        let ins = self.builder.ins();
        let offset = offset32(offset);
        let store = match storage {
            StorageType::I8 => ins.istore8(flags, value, base, offset),
            StorageType::I16 => ins.istore16(flags, value, base, offset),
            StorageType::Val(_) => ins.store(flags, value, base, offset),
        };
        self.finish_store(flags, store);
    }

    /// Reads a field and pushes it.
    pub(super) fn push_field(
        &mut self,
        object: Value,
        offset: Offset,
        storage: StorageType,
        extension: Extension,
        null: NullTrap,
    ) {
        let flags = self.part_flags(object, offset, Region::Fields(Storage::of(storage)), null);
        self.push_part(object, offset, storage, extension, flags);
    }

    /// Writes a field.
    pub(super) fn store_field(
        &mut self,
        value: Value,
        object: Value,
        offset: Offset,
        storage: StorageType,
        null: NullTrap,
    ) {
        let flags = self.part_flags(object, offset, Region::Fields(Storage::of(storage)), null);
        self.store_part(value, object, offset, storage, flags);
    }

    /// The length of an array.
    pub(super) fn array_length(&mut self, array: Value, null: NullTrap) -> Value {
        let flags = self.part_flags(array, Array::LENGTH, Region::ArrayLengths, null);
        let length = self.builder.ins().load(types::I32, flags, array, offset32(Array::LENGTH));
        self.locate_access(flags, length);
        length
    }

    /// Writes the length of a new array.
    pub(super) fn store_array_length(&mut self, array: Value, length: u32) {
        let flags = regions::object(self.builder.func, Region::ArrayLengths);
        let length = self.index_const(length);
        self.builder.ins().store(flags, length, array, offset32(Array::LENGTH));
    }

    /// Base address and flags of an element at an index that is checked; its offset from that base is
    /// [`Array::elements`]. An index out of bounds makes the base null, by a select that the processor
    /// cannot predict, and the access traps; without the Spectre mitigation, a branch does.
    fn element_base(
        &mut self,
        array: Value,
        index: Value,
        element: FieldType,
        null: NullTrap,
    ) -> (Value, MemFlagsData) {
        let bytes = storage_bytes(element.storage);
        let length = self.array_length(array, null);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, length);
        if !self.settings.spectre_heap {
            self.trap_if(outside, TrapCode::ArrayOutOfBounds);
        }
        let index = self.builder.ins().uextend(types::I64, index);
        let offset = self.builder.ins().ishl_imm_u(index, i64::from(bytes.ilog2()));
        let base = self.builder.ins().iadd(array, offset);
        let region = Region::Elements(Storage::of(element.storage));
        if !self.settings.spectre_heap {
            return (base, regions::object(self.builder.func, region));
        }
        let nothing = self.i64_const(0);
        let base = self.builder.ins().select_spectre_guard(outside, nothing, base);
        let code = trap::to_clif(TrapCode::ArrayOutOfBounds);
        (base, regions::nullable_object(self.builder.func, region, code))
    }

    /// Reads an element and pushes it.
    pub(super) fn push_element(
        &mut self,
        array: Value,
        index: Value,
        element: FieldType,
        extension: Extension,
        null: NullTrap,
    ) {
        let (base, flags) = self.element_base(array, index, element, null);
        let offset = Array::elements(storage_bytes(element.storage));
        self.push_part(base, offset, element.storage, extension, flags);
    }

    /// Writes an element.
    pub(super) fn store_element(
        &mut self,
        value: Value,
        array: Value,
        index: Value,
        element: FieldType,
        null: NullTrap,
    ) {
        let (base, flags) = self.element_base(array, index, element, null);
        let offset = Array::elements(storage_bytes(element.storage));
        self.store_part(value, base, offset, element.storage, flags);
    }

    /// The zero, or null, of what a field or element holds.
    pub(super) fn default_of(&mut self, storage: StorageType) -> Value {
        let ty = match storage {
            StorageType::I8 | StorageType::I16 => types::I32,
            StorageType::Val(ty) => clif_type(ty),
        };
        self.zero(ty)
    }

    /// The zero of a CLIF type.
    pub(super) fn zero(&mut self, ty: Type) -> Value {
        match ty {
            types::F32 => self.builder.ins().f32const(0.0),
            types::F64 => self.builder.ins().f64const(0.0),
            VECTOR => self.vector_zero(VECTOR),
            _ => self.builder.ins().iconst(ty, 0),
        }
    }
}
