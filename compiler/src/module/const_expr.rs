//! Constant expressions: wasm operators → the artifact's postfix operators.

use aot_format::limits;
use aot_format::types::{CompositeType, RefType, TypeDef, TypeIndex};
use aot_format::write::{ConstExpr, ConstOp};
use wasmparser::Operator;

use super::types;
use crate::error::BodyError;

/// Converts an expression of a module with these types that has been validated.
pub fn convert(expr: &wasmparser::ConstExpr<'_>, types: &[TypeDef]) -> Result<ConstExpr, BodyError> {
    let mut ops = ConstExpr::new();
    let mut depth = 0usize;
    let mut reader = expr.get_operators_reader();
    while !reader.eof() {
        let (op, offset) = reader.read_with_offset()?;
        let Some(op) = operator(&op, offset)? else { continue };
        depth = match op {
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => depth.saturating_sub(1),
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => depth.saturating_sub(1),
            ConstOp::RefI31 | ConstOp::AnyConvertExtern | ConstOp::ExternConvertAny => depth,
            ConstOp::StructNew(ty) => (depth + 1).saturating_sub(field_count(types, ty)),
            ConstOp::ArrayNew(_) => depth.saturating_sub(1),
            ConstOp::ArrayNewDefault(_) => depth,
            ConstOp::ArrayNewFixed(_, length) => (depth + 1).saturating_sub(length as usize),
            _ => depth + 1,
        };
        ops.push(op);
        let over = |what, limit| Err(BodyError::TooLarge { what, limit, offset });
        if ops.len() > limits::MAX_CONST_OPS as usize {
            return over("the number of operators of a constant expression", u64::from(limits::MAX_CONST_OPS));
        }
        if depth > limits::MAX_CONST_STACK {
            return over("the stack of a constant expression", limits::MAX_CONST_STACK as u64);
        }
    }
    Ok(ops)
}

/// The value of an index or offset that is a constant.
pub fn index_of(op: &ConstOp) -> Option<u64> {
    match op {
        ConstOp::I32Const(value) => Some(u64::from(*value as u32)),
        ConstOp::I64Const(value) => Some(*value as u64),
        _ => None,
    }
}

fn field_count(types: &[TypeDef], ty: TypeIndex) -> usize {
    match types.get(ty.0 as usize).map(|ty| &ty.composite) {
        Some(CompositeType::Struct(fields)) => fields.len(),
        _ => 0,
    }
}

/// One operator; the final `end` is none.
fn operator(op: &Operator<'_>, offset: u64) -> Result<Option<ConstOp>, BodyError> {
    Ok(Some(match op {
        Operator::End => return Ok(None),
        Operator::I32Const { value } => ConstOp::I32Const(*value),
        Operator::I64Const { value } => ConstOp::I64Const(*value),
        Operator::F32Const { value } => ConstOp::F32Const(value.bits()),
        Operator::F64Const { value } => ConstOp::F64Const(value.bits()),
        Operator::V128Const { value } => ConstOp::V128Const(value.i128() as u128),
        Operator::GlobalGet { global_index } => ConstOp::GlobalGet(*global_index),
        Operator::RefFunc { function_index } => ConstOp::RefFunc(*function_index),
        Operator::RefNull { hty } => ConstOp::RefNull(RefType { nullable: true, heap: types::raw(offset).heap(*hty)? }),
        Operator::I32Add => ConstOp::I32Add,
        Operator::I32Sub => ConstOp::I32Sub,
        Operator::I32Mul => ConstOp::I32Mul,
        Operator::I64Add => ConstOp::I64Add,
        Operator::I64Sub => ConstOp::I64Sub,
        Operator::I64Mul => ConstOp::I64Mul,
        Operator::RefI31 => ConstOp::RefI31,
        Operator::StructNew { struct_type_index } => ConstOp::StructNew(TypeIndex(*struct_type_index)),
        Operator::StructNewDefault { struct_type_index } => ConstOp::StructNewDefault(TypeIndex(*struct_type_index)),
        Operator::ArrayNew { array_type_index } => ConstOp::ArrayNew(TypeIndex(*array_type_index)),
        Operator::ArrayNewDefault { array_type_index } => ConstOp::ArrayNewDefault(TypeIndex(*array_type_index)),
        Operator::ArrayNewFixed { array_type_index, array_size } => {
            ConstOp::ArrayNewFixed(TypeIndex(*array_type_index), *array_size)
        }
        Operator::AnyConvertExtern => ConstOp::AnyConvertExtern,
        Operator::ExternConvertAny => ConstOp::ExternConvertAny,
        _ => return Err(BodyError::Internal { what: "a constant operator that validation should refuse", offset }),
    }))
}
