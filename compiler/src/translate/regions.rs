//! What Cranelift may assume about each kind of memory access: alias regions and flags.
//!
//! Accesses in different regions never touch the same byte, so that a store to linear memory leaves
//! known values of globals and tables alone. The rule behind the partition: what an instance
//! defines cannot be among what it imports (imports exist first), but two imports of a kind can be
//! the same thing. Region ids are unique within one instance's functions; whoever inlines functions
//! of one module into another must renumber them by owner first.

use cranelift_codegen::ir::{AliasRegion, AliasRegionData, Function, MemFlagsData, TrapCode};

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
    /// Contents of one memory the module defines.
    Memory(u32),
    /// Storage of one global the module defines.
    Global(u32),
}

impl Region {
    fn id(self) -> u32 {
        let own = |kind: u32, index: u32| kind << 16 | index.min(MAX_OWN_REGIONS);
        match self {
            Region::MemoryDefinitions => 1,
            Region::TableDefinitions => 2,
            Region::TableElements => 3,
            Region::ImportedMemories => 4,
            Region::ImportedGlobals => 5,
            Region::Memory(index) => own(1, index),
            Region::Global(index) => own(2, index),
        }
    }

    fn description(self) -> &'static str {
        match self {
            Region::MemoryDefinitions => "memory definitions",
            Region::TableDefinitions => "table definitions",
            Region::TableElements => "table elements",
            Region::ImportedMemories => "imported memories",
            Region::ImportedGlobals => "imported globals",
            Region::Memory(_) => "own memory",
            Region::Global(_) => "own global",
        }
    }

    fn declare(self, func: &mut Function) -> AliasRegion {
        let description = self.description().into();
        func.dfg.alias_regions.insert(AliasRegionData { user_id: self.id(), description })
    }
}

/// Flags of a load of something that never changes while the instance lives, at an address that is
/// always valid: the load can be shared and hoisted out of loops.
pub fn constant() -> MemFlagsData {
    MemFlagsData::trusted().with_readonly().with_can_move()
}

/// Flags of an access to a mutable structure of the runtime: aligned, never traps.
pub fn trusted(func: &mut Function, region: Region) -> MemFlagsData {
    MemFlagsData::trusted().with_alias_region(Some(region.declare(func)))
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
    use super::*;

    #[test]
    fn ids_are_distinct_until_shared() {
        let regions = [
            Region::MemoryDefinitions,
            Region::TableDefinitions,
            Region::TableElements,
            Region::ImportedMemories,
            Region::ImportedGlobals,
            Region::Memory(0),
            Region::Memory(MAX_OWN_REGIONS),
            Region::Global(0),
            Region::Global(MAX_OWN_REGIONS),
        ];
        for (i, a) in regions.iter().enumerate() {
            for b in &regions[i + 1..] {
                assert_ne!(a.id(), b.id(), "{a:?} {b:?}");
            }
        }
        assert_eq!(Region::Global(MAX_OWN_REGIONS).id(), Region::Global(u32::MAX).id());
    }
}
