//! Types and operators → the fields of their records. The verifier uses these too: a record that they
//! would not have written is refused.

use super::ConstOp;
use crate::layout::*;
use crate::types::*;

/// The fields of a type.
pub(crate) fn extern_type_fields(ty: &ExternType) -> ExternTypeFields {
    let mut fields = ExternTypeFields { kind: ty.kind() as u32, ty: 0, flags: 0, page_size_log2: 0, min: 0, max: 0 };
    let flag = |condition: bool, bit: u32| if condition { bit } else { 0 };
    match *ty {
        ExternType::Func(index) | ExternType::Tag(index) => fields.ty = index.0,
        ExternType::Global(global) => {
            fields.ty = global.content.code();
            fields.flags = flag(global.mutable, EXTERN_MUTABLE);
        }
        ExternType::Table(table) => {
            fields.ty = ValType::Ref(table.element).code();
            fields.flags = flag(table.index64, EXTERN_INDEX64) | flag(table.max.is_some(), EXTERN_HAS_MAX);
            (fields.min, fields.max) = (table.min, table.max.unwrap_or(0));
        }
        ExternType::Memory(memory) => {
            fields.flags = flag(memory.index64, EXTERN_INDEX64)
                | flag(memory.shared, EXTERN_SHARED)
                | flag(memory.max.is_some(), EXTERN_HAS_MAX);
            fields.page_size_log2 = u32::from(memory.page_size_log2);
            (fields.min, fields.max) = (memory.min, memory.max.unwrap_or(0));
        }
    }
    fields
}

/// The record of an operator.
pub(crate) fn const_op_record(op: ConstOp) -> ConstOpRecord {
    use ConstOpcode as C;
    let (op, arg, lo, hi) = match op {
        ConstOp::I32Const(value) => (C::I32Const, 0, u64::from(value as u32), 0),
        ConstOp::I64Const(value) => (C::I64Const, 0, value as u64, 0),
        ConstOp::F32Const(bits) => (C::F32Const, 0, u64::from(bits), 0),
        ConstOp::F64Const(bits) => (C::F64Const, 0, bits, 0),
        ConstOp::V128Const(value) => (C::V128Const, 0, value as u64, (value >> 64) as u64),
        ConstOp::GlobalGet(index) => (C::GlobalGet, index, 0, 0),
        ConstOp::RefFunc(index) => (C::RefFunc, index, 0, 0),
        ConstOp::RefNull(ty) => (C::RefNull, ValType::Ref(ty).code(), 0, 0),
        ConstOp::I32Add => (C::I32Add, 0, 0, 0),
        ConstOp::I32Sub => (C::I32Sub, 0, 0, 0),
        ConstOp::I32Mul => (C::I32Mul, 0, 0, 0),
        ConstOp::I64Add => (C::I64Add, 0, 0, 0),
        ConstOp::I64Sub => (C::I64Sub, 0, 0, 0),
        ConstOp::I64Mul => (C::I64Mul, 0, 0, 0),
        ConstOp::RefI31 => (C::RefI31, 0, 0, 0),
        ConstOp::StructNew(ty) => (C::StructNew, ty.0, 0, 0),
        ConstOp::StructNewDefault(ty) => (C::StructNewDefault, ty.0, 0, 0),
        ConstOp::ArrayNew(ty) => (C::ArrayNew, ty.0, 0, 0),
        ConstOp::ArrayNewDefault(ty) => (C::ArrayNewDefault, ty.0, 0, 0),
        ConstOp::ArrayNewFixed(ty, length) => (C::ArrayNewFixed, ty.0, u64::from(length), 0),
        ConstOp::AnyConvertExtern => (C::AnyConvertExtern, 0, 0, 0),
        ConstOp::ExternConvertAny => (C::ExternConvertAny, 0, 0, 0),
    };
    ConstOpRecord { op: op as u32, arg, lo, hi }
}
