//! What Cranelift may assume about each kind of memory access: alias regions and flags.
//!
//! Accesses in different regions never touch the same byte, so that a store to linear memory leaves
//! known values of globals and tables alone. The rule behind the partition: what a set
//! defines cannot be among what it imports (imports exist first), but two imports of a kind can be
//! the same thing. Region ids are those of a whole set of modules, so that functions of one can be inlined into
//! those of another.

use aot_format::types::{StorageType, ValType};
use cranelift_codegen::ir::{AliasRegion, AliasRegionData, AliasRegionSet, Function, MemFlagsData, TrapCode};

use crate::set::Definition;

/// Own memories, tables and globals past this many share one region per kind: Cranelift numbers the
/// distinct flag sets of a function in 16 bits.
const MAX_OWN_REGIONS: u32 = 1_000;

/// Kinds of memory that cannot overlap.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Region {
    /// Bases and lengths of memories.
    MemoryDefinitions,
    /// Element addresses and lengths of tables.
    TableDefinitions,
    /// Elements of all tables.
    TableElements,
    /// Contents of the imported memories.
    ImportedMemories,
    /// Storage of the imported globals.
    ImportedGlobals,
    /// Where the collected heap's free part begins and ends.
    HeapBounds,
    /// Descriptors in the heads of objects.
    Descriptors,
    /// Lengths of arrays.
    ArrayLengths,
    /// Fields of structures that hold the same.
    Fields(Storage),
    /// Elements of arrays that hold the same.
    Elements(Storage),
    /// Arguments of exceptions.
    ExceptionValues,
    /// A place in the frame for a managed reference.
    StackSlot(u32),
    /// Locals that live in the frame.
    FrameLocals,
    /// Contents of one memory that the set defines.
    Memory(Definition),
    /// Storage of one global that the set defines.
    Global(Definition),
}

/// What a field or element holds: two with different answers are never the same bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Storage(u32);

impl Storage {
    /// That of a type.
    pub fn of(ty: StorageType) -> Storage {
        Storage(match ty {
            StorageType::I8 => 0,
            StorageType::I16 => 1,
            StorageType::Val(ValType::I32) => 2,
            StorageType::Val(ValType::I64) => 3,
            StorageType::Val(ValType::F32) => 4,
            StorageType::Val(ValType::F64) => 5,
            StorageType::Val(ValType::V128) => 6,
            StorageType::Val(ValType::Ref(_)) => 7,
        })
    }
}

impl Region {
    fn id(self) -> u32 {
        let own = |kind: u32, index: u32| kind << 16 | index.min(MAX_OWN_REGIONS);
        let of_member = |kind: u32, Definition { member, index }| own(kind, index) | (member as u32) << 18;
        match self {
            Region::MemoryDefinitions => 1,
            Region::TableDefinitions => 2,
            Region::TableElements => 3,
            Region::ImportedMemories => 4,
            Region::ImportedGlobals => 5,
            Region::HeapBounds => 6,
            Region::Descriptors => 7,
            Region::ArrayLengths => 8,
            Region::ExceptionValues => 9,
            Region::FrameLocals => 10,
            Region::Fields(storage) => 16 + storage.0,
            Region::Elements(storage) => 32 + storage.0,
            Region::Memory(definition) => of_member(1, definition),
            Region::Global(definition) => of_member(2, definition),
            Region::StackSlot(slot) => own(3, slot),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Region::MemoryDefinitions => "memory definitions",
            Region::TableDefinitions => "table definitions",
            Region::TableElements => "table elements",
            Region::ImportedMemories => "imported memories",
            Region::ImportedGlobals => "imported globals",
            Region::HeapBounds => "bounds of the heap",
            Region::Descriptors => "descriptors of objects",
            Region::ArrayLengths => "lengths of arrays",
            Region::ExceptionValues => "arguments of exceptions",
            Region::Fields(_) => "fields",
            Region::Elements(_) => "elements",
            Region::FrameLocals => "locals in the frame",
            Region::StackSlot(_) => "reference in the frame",
            Region::Memory(_) => "own memory",
            Region::Global(_) => "own global",
        }
    }

    fn declare(self, func: &mut Function) -> AliasRegion {
        self.declare_in(&mut func.dfg.alias_regions)
    }

    /// Adds it to the regions of a function.
    pub fn declare_in(self, regions: &mut AliasRegionSet) -> AliasRegion {
        regions.insert(AliasRegionData { user_id: self.id(), description: self.description().into() })
    }
}

/// Flags of a load of something that never changes while the instance lives, at an address that is
/// always valid: the load can be shared and hoisted out of loops.
pub fn constant() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// Flags of a load of something that never changes, at an address that is valid where it stands.
pub fn trusted_readonly() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly()
}

/// Flags of an access to a mutable structure of the runtime: aligned, never traps.
pub fn trusted(func: &mut Function, region: Region) -> MemFlagsData {
    MemFlagsData::trusted().with_alias_region(Some(region.declare(func)))
}

/// Flags of an access to an object of the collected heap, at an address that is valid. It need not be
/// aligned to more than an object is.
pub fn object(func: &mut Function, region: Region) -> MemFlagsData {
    MemFlagsData::new().with_notrap().with_alias_region(Some(region.declare(func)))
}

/// Flags of an access to an object that traps with this code when the reference, or an address that a
/// check replaced, is null.
pub fn nullable_object(func: &mut Function, region: Region, code: TrapCode) -> MemFlagsData {
    MemFlagsData::new().with_trap_code(Some(code)).with_alias_region(Some(region.declare(func)))
}

/// Flags of an aligned access that traps with this code when the address is null.
pub fn nullable(func: &mut Function, region: Region, code: TrapCode) -> MemFlagsData {
    trusted(func, region).with_trap_code(Some(code))
}

/// Flags of an access to linear memory, unaligned; `None` for one that is known to be in bounds.
pub fn heap(func: &mut Function, region: Region, code: Option<TrapCode>) -> MemFlagsData {
    MemFlagsData::new().with_trap_code(code).with_alias_region(Some(region.declare(func)))
}

#[cfg(test)]
mod tests {
    use aot_format::limits::MAX_MEMBERS;
    use aot_format::types::RefType;

    use super::*;

    #[test]
    fn ids_are_distinct_until_shared() {
        let definition = |member: u32, index| Definition { member: member as usize, index };
        let regions = [
            Region::MemoryDefinitions,
            Region::TableDefinitions,
            Region::TableElements,
            Region::ImportedMemories,
            Region::ImportedGlobals,
            Region::Memory(definition(0, 0)),
            Region::Memory(definition(0, MAX_OWN_REGIONS)),
            Region::Memory(definition(1, 0)),
            Region::Memory(definition(MAX_MEMBERS, MAX_OWN_REGIONS)),
            Region::Global(definition(0, 0)),
            Region::Global(definition(0, MAX_OWN_REGIONS)),
            Region::Global(definition(1, 0)),
            Region::Global(definition(MAX_MEMBERS, MAX_OWN_REGIONS)),
            Region::HeapBounds,
            Region::Descriptors,
            Region::ArrayLengths,
            Region::ExceptionValues,
            Region::FrameLocals,
            Region::Fields(Storage::of(StorageType::I8)),
            Region::Fields(Storage::of(StorageType::Val(ValType::Ref(RefType::ANYREF)))),
            Region::Elements(Storage::of(StorageType::I8)),
            Region::Elements(Storage::of(StorageType::Val(ValType::Ref(RefType::ANYREF)))),
            Region::StackSlot(0),
            Region::StackSlot(MAX_OWN_REGIONS),
        ];
        for (i, a) in regions.iter().enumerate() {
            for b in &regions[i + 1..] {
                assert_ne!(a.id(), b.id(), "{a:?} {b:?}");
            }
        }
        assert_eq!(Region::Global(definition(3, MAX_OWN_REGIONS)).id(), Region::Global(definition(3, u32::MAX)).id());
    }
}
