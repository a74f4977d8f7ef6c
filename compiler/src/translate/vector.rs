//! Vectors on the operand stack: one CLIF type for all of them, and the way to the lanes of each
//! operator and back.
//!
//! What stands on the operand stack, in locals, parameters, results and globals is [`VECTOR`]. An
//! operator asks for lanes of its own type and gives back what it made; between two operators with
//! the same lanes, the two casts cancel out here and the dead one is never compiled. Lane 0 is at
//! the lowest address, on every target.

use cranelift_codegen::ir::{Endianness, InstructionData, MemFlagsData, Opcode, Type, Value, ValueDef, types};
use cranelift_codegen::ir::{InstBuilder, immediates::Uimm8};

use super::function::FuncTranslator;

/// CLIF type of every v128 that is not inside an operator. Of bytes, so that a load or store of it
/// needs no more than a byte's alignment on any target.
pub const VECTOR: Type = types::I8X16;

impl FuncTranslator<'_, '_> {
    /// A vector as lanes of a type.
    fn as_lanes(&mut self, value: Value, lanes: Type) -> Value {
        let value = self.before_cast(value);
        if self.builder.func.dfg.value_type(value) == lanes {
            return value;
        }
        let flags = MemFlagsData::new().with_endianness(Endianness::Little);
        self.builder.ins().bitcast(lanes, flags, value)
    }

    /// What a vector was cast from, if it was. Vectors are only ever cast by [`Self::as_lanes`].
    fn before_cast(&self, value: Value) -> Value {
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return value };
        match dfg.insts[inst] {
            InstructionData::LoadNoOffset { opcode: Opcode::Bitcast, arg, .. } if dfg.value_type(arg).is_vector() => {
                arg
            }
            _ => value,
        }
    }

    /// Pops a vector as lanes of a type.
    pub(super) fn pop_lanes(&mut self, lanes: Type) -> Value {
        let value = self.pop();
        self.as_lanes(value, lanes)
    }

    /// Pops two vectors; the first of the pair was below the second.
    pub(super) fn pop2_lanes(&mut self, lanes: Type) -> (Value, Value) {
        let second = self.pop_lanes(lanes);
        (self.pop_lanes(lanes), second)
    }

    /// Pops three vectors, in the order they were pushed.
    pub(super) fn pop3_lanes(&mut self, lanes: Type) -> (Value, Value, Value) {
        let third = self.pop_lanes(lanes);
        let (first, second) = self.pop2_lanes(lanes);
        (first, second, third)
    }

    /// Pushes a vector of any lanes.
    pub(super) fn push_lanes(&mut self, value: Value) {
        let value = self.as_lanes(value, VECTOR);
        self.push(value);
    }

    /// Lanes of a type as lanes of another of the same width, bit for bit.
    pub(super) fn recast(&mut self, value: Value, lanes: Type) -> Value {
        self.as_lanes(value, lanes)
    }

    /// A constant vector with these bytes, the one at the lowest address first.
    pub(super) fn vector_const(&mut self, bytes: [u8; 16]) -> Value {
        let constant = self.builder.func.dfg.constants.insert(bytes.as_slice().into());
        self.builder.ins().vconst(VECTOR, constant)
    }

    /// The vector of zeros.
    pub(super) fn vector_zero(&mut self, lanes: Type) -> Value {
        let constant = self.builder.func.dfg.constants.insert([0; 16].as_slice().into());
        self.builder.ins().vconst(lanes, constant)
    }

    /// One lane of a vector of lanes.
    pub(super) fn lane(&mut self, lanes: Value, lane: u8) -> Value {
        self.builder.ins().extractlane(lanes, lane as Uimm8)
    }
}

/// Operators of one vector that are one instruction on lanes of a type.
macro_rules! unary {
    ($($visit:ident => $inst:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let operand = self.pop_lanes(types::$lanes);
            let result = self.builder.ins().$inst(operand);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

/// Operators of two vectors that are one instruction on lanes of a type.
macro_rules! binary {
    ($($visit:ident => $inst:ident($lanes:ident);)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.pop2_lanes(types::$lanes);
            let result = self.builder.ins().$inst(lhs, rhs);
            self.push_lanes(result);
            Ok(())
        }
    )* };
}

pub(super) use {binary, unary};
