//! Loads and stores of vectors, whole, widened, repeated, or one lane. Bounds are
//! [`super::memory_access`]'s business; every access here is one CLIF load or store.

use cranelift_codegen::ir::{InstBuilder, types};
use wasmparser::MemArg;

use super::function::FuncTranslator;
use super::memory_access::Access;
use super::vector::VECTOR;
use crate::error::BodyError;

/// Loads of half a vector, each lane widened.
macro_rules! widening_loads {
    ($($visit:ident => $inst:ident;)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<(), BodyError> {
            if let Some(Access { flags, address, offset }) = self.access(memarg, 8)? {
                let vector = self.builder.ins().$inst(flags, address, offset);
                self.locate_access(flags, vector);
                self.push_lanes(vector);
            }
            Ok(())
        }
    )* };
}

/// Loads of a scalar of which a vector is made.
macro_rules! scalar_loads {
    ($($visit:ident => $make:ident($scalar:ident to $lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg) -> Result<(), BodyError> {
            if let Some(Access { flags, address, offset }) = self.access(memarg, types::$scalar.bytes() as u8)? {
                let scalar = self.builder.ins().load(types::$scalar, flags, address, offset);
                self.locate_access(flags, scalar);
                let vector = self.builder.ins().$make(types::$lanes, scalar);
                self.push_lanes(vector);
            }
            Ok(())
        }
    )* };
}

/// Loads of a scalar that replaces a lane.
macro_rules! lane_loads {
    ($($visit:ident($scalar:ident in $lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg, lane: u8) -> Result<(), BodyError> {
            let vector = self.pop_lanes(types::$lanes);
            if let Some(Access { flags, address, offset }) = self.access(memarg, types::$scalar.bytes() as u8)? {
                let scalar = self.builder.ins().load(types::$scalar, flags, address, offset);
                self.locate_access(flags, scalar);
                let vector = self.builder.ins().insertlane(vector, scalar, lane);
                self.push_lanes(vector);
            }
            Ok(())
        }
    )* };
}

/// Stores of one lane.
macro_rules! lane_stores {
    ($($visit:ident($scalar:ident in $lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self, memarg: MemArg, lane: u8) -> Result<(), BodyError> {
            let vector = self.pop_lanes(types::$lanes);
            if let Some(Access { flags, address, offset }) = self.access(memarg, types::$scalar.bytes() as u8)? {
                let scalar = self.lane(vector, lane);
                let store = self.builder.ins().store(flags, scalar, address, offset);
                self.finish_store(flags, store);
            }
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_v128_load(&mut self, memarg: MemArg) -> Result<(), BodyError> {
        if let Some(Access { flags, address, offset }) = self.access(memarg, 16)? {
            let vector = self.builder.ins().load(VECTOR, flags, address, offset);
            self.finish_load(flags, vector);
        }
        Ok(())
    }

    pub(super) fn visit_v128_store(&mut self, memarg: MemArg) -> Result<(), BodyError> {
        let vector = self.pop();
        if let Some(Access { flags, address, offset }) = self.access(memarg, 16)? {
            let store = self.builder.ins().store(flags, vector, address, offset);
            self.finish_store(flags, store);
        }
        Ok(())
    }

    widening_loads! {
        visit_v128_load8x8_s => sload8x8;
        visit_v128_load8x8_u => uload8x8;
        visit_v128_load16x4_s => sload16x4;
        visit_v128_load16x4_u => uload16x4;
        visit_v128_load32x2_s => sload32x2;
        visit_v128_load32x2_u => uload32x2;
    }

    scalar_loads! {
        visit_v128_load8_splat => splat(I8 to I8X16);
        visit_v128_load16_splat => splat(I16 to I16X8);
        visit_v128_load32_splat => splat(I32 to I32X4);
        visit_v128_load64_splat => splat(I64 to I64X2);
        visit_v128_load32_zero => scalar_to_vector(I32 to I32X4);
        visit_v128_load64_zero => scalar_to_vector(I64 to I64X2);
    }

    lane_loads! {
        visit_v128_load8_lane(I8 in I8X16);
        visit_v128_load16_lane(I16 in I16X8);
        visit_v128_load32_lane(I32 in I32X4);
        visit_v128_load64_lane(I64 in I64X2);
    }

    lane_stores! {
        visit_v128_store8_lane(I8 in I8X16);
        visit_v128_store16_lane(I16 in I16X8);
        visit_v128_store32_lane(I32 in I32X4);
        visit_v128_store64_lane(I64 in I64X2);
    }
}
