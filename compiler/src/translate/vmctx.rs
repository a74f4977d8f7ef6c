//! Loads through the vmctx: where an instance's things stand, as CLIF values.

use aot_format::abi::{FunctionImport, Offset, POINTER_SIZE, StoreContext, Vmctx};
use aot_format::types::{ExternKind, TypeIndex};
use cranelift_codegen::ir::{
    Function, GlobalValue, GlobalValueData, InstBuilder, MemFlagsData, Type, Value, immediates::Offset32, types,
};

use super::function::FuncTranslator;
use super::regions;
use super::signature::POINTER;
use crate::set::Definition;

/// Where a structure of the runtime is: `base` plus `offset` bytes.
#[derive(Clone, Copy)]
pub struct Place {
    /// Address to start from.
    pub base: Value,
    /// Bytes to add.
    pub offset: Offset,
}

impl Place {
    /// The place some bytes further.
    pub fn field(self, offset: Offset) -> Place {
        Place { offset: self.offset + offset, ..self }
    }
}

/// An offset as CLIF wants it. The size of every vmctx was checked against
/// [`aot_format::limits::MAX_VMCTX_BYTES`], which fits 31 bits.
pub fn offset32(offset: Offset) -> Offset32 {
    Offset32::new(offset as i32)
}

/// The value a prologue compares the stack pointer with, from a vmctx.
pub fn stack_limit(func: &mut Function) -> GlobalValue {
    stack_limit_at(func, Vmctx::STORE)
}

/// The same, from any first parameter that points to the store context at `store`.
pub fn stack_limit_at(func: &mut Function, store: Offset) -> GlobalValue {
    let vmctx = func.create_global_value(GlobalValueData::VMContext);
    let constant = func.dfg.mem_flags.insert_unchecked(regions::constant());
    let store = func.create_global_value(GlobalValueData::Load {
        base: vmctx,
        offset: offset32(store),
        global_type: POINTER,
        flags: constant,
    });
    func.create_global_value(GlobalValueData::Load {
        base: store,
        offset: offset32(StoreContext::STACK_LIMIT),
        global_type: POINTER,
        flags: constant,
    })
}

impl FuncTranslator<'_, '_> {
    /// A place in the own vmctx.
    pub(super) fn own(&self, offset: Offset) -> Place {
        Place { base: self.vmctx, offset }
    }

    /// What an item of an index space is, unless that will be known only where the set is run.
    pub(super) fn definition(&self, kind: ExternKind, index: u32) -> Option<Definition> {
        self.set.definition(self.member, kind, index)
    }

    /// The vmctx of a member of the set.
    pub(super) fn vmctx_of(&mut self, member: usize) -> Value {
        match self.set.distance(self.member, member) {
            0 => self.vmctx,
            distance => self.builder.ins().iadd_imm_s(self.vmctx, distance),
        }
    }

    /// A place in the vmctx of a member of the set.
    pub(super) fn place_of(&mut self, member: usize, offset: Offset) -> Place {
        Place { base: self.vmctx_of(member), offset }
    }

    /// The place a pointer in the own vmctx points to. Linking sets such pointers for good.
    pub(super) fn imported(&mut self, offset: Offset) -> Place {
        let base = self.load_constant(self.own(offset), POINTER);
        Place { base, offset: 0 }
    }

    pub(super) fn load_at(&mut self, place: Place, ty: Type, flags: MemFlagsData) -> Value {
        self.builder.ins().load(ty, flags, place.base, offset32(place.offset))
    }

    /// Loads what never changes while code of the instance runs.
    pub(super) fn load_constant(&mut self, place: Place, ty: Type) -> Value {
        self.load_at(place, ty, regions::constant())
    }

    /// The address of a place.
    pub(super) fn address(&mut self, place: Place) -> Value {
        match place.offset {
            0 => place.base,
            offset => self.builder.ins().iadd_imm_u(place.base, i64::from(offset)),
        }
    }

    /// Canonical id of one of the module's types, as i32.
    pub(super) fn type_id(&mut self, type_index: u32) -> Value {
        let ids = self.load_constant(self.own(Vmctx::TYPE_IDS), POINTER);
        // One million types of four bytes: far from the end of 31 bits.
        self.load_constant(Place { base: ids, offset: type_index * 4 }, types::I32)
    }

    /// Address of the descriptor of one of the module's structure or array types.
    pub(super) fn descriptor(&mut self, type_index: TypeIndex) -> Value {
        let descriptors = self.load_constant(self.own(Vmctx::DESCRIPTORS), POINTER);
        self.load_constant(Place { base: descriptors, offset: type_index.0 * POINTER_SIZE }, POINTER)
    }

    /// Code address and vmctx of an imported function.
    pub(super) fn function_import(&mut self, func_index: u32) -> (Value, Value) {
        let import = self.own(self.module.layout.imported_function(func_index));
        let code = self.load_constant(import.field(FunctionImport::CODE), POINTER);
        let vmctx = self.load_constant(import.field(FunctionImport::VMCTX), POINTER);
        (code, vmctx)
    }
}

const _: () = assert!(POINTER_SIZE == 8);
const _: () = assert!(aot_format::limits::MAX_VMCTX_BYTES <= i32::MAX as u64);
const _: () = assert!(aot_format::limits::MAX_TYPES as u64 * POINTER_SIZE as u64 <= i32::MAX as u64);
