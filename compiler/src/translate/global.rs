//! `global.get` and `global.set`.
//!
//! A mutable global is a load or store each time, and Cranelift's alias analysis forwards between
//! them; an immutable one never changes once code runs, and one that the set defines with a literal as its
//! initialiser is that literal.

use aot_format::types::{ExternKind, ValType};
use aot_format::write::ConstOp;
use cranelift_codegen::ir::immediates::{Ieee32, Ieee64};
use cranelift_codegen::ir::{InstBuilder, Value, types};

use super::function::FuncTranslator;
use super::regions::{self, Region};
use super::signature::{POINTER, ValueKind, clif_type};
use super::vmctx::{Place, offset32};
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    /// Storage of a global.
    fn global(&mut self, index: u32) -> (Place, Region) {
        match self.definition(ExternKind::Global, index) {
            Some(definition) => {
                let offset = self.set.module(definition.member).layout.global(definition.index);
                (self.place_of(definition.member, offset), Region::Global(definition))
            }
            None => (self.imported(self.module.layout.imported_global(index)), Region::ImportedGlobals),
        }
    }

    /// The value of an immutable global that is known here.
    fn global_literal(&mut self, index: u32) -> Option<Value> {
        let (member, op) = self.set.literal(self.member, index)?;
        Some(match op {
            ConstOp::I32Const(value) => self.builder.ins().iconst(types::I32, i64::from(value as u32)),
            ConstOp::I64Const(value) => self.builder.ins().iconst(types::I64, value),
            ConstOp::F32Const(bits) => self.builder.ins().f32const(Ieee32::with_bits(bits)),
            ConstOp::F64Const(bits) => self.builder.ins().f64const(Ieee64::with_bits(bits)),
            ConstOp::V128Const(value) => self.vector_const(value.to_le_bytes()),
            ConstOp::RefNull(_) => self.builder.ins().iconst(POINTER, 0),
            ConstOp::RefFunc(func_index) => {
                let module = self.set.module(member);
                let offset = module.layout.funcref(module.funcref_slot(func_index)?);
                let place = self.place_of(member, offset);
                self.address(place)
            }
            _ => return None,
        })
    }

    fn global_type(&self, index: u32) -> (ValType, bool) {
        let ty = &self.module.globals[index as usize];
        (ty.content, ty.mutable)
    }

    pub(super) fn visit_global_get(&mut self, global_index: u32) -> Result<(), BodyError> {
        let (content, mutable) = self.global_type(global_index);
        let ty = clif_type(content);
        let literal = if mutable { None } else { self.global_literal(global_index) };
        let value = match literal {
            Some(literal) => literal,
            None => {
                let (place, region) = self.global(global_index);
                // The collector moves what a managed reference refers to, so that even an immutable global
                // has another value after a call.
                let constant = !mutable && !self.module.is_managed(content);
                let flags = if constant { regions::constant() } else { regions::trusted(self.builder.func, region) };
                let value = self.load_at(place, ty, flags);
                self.note_kind(value, ValueKind::of(content, self.module));
                value
            }
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_global_set(&mut self, global_index: u32) -> Result<(), BodyError> {
        let value = self.pop();
        let (place, region) = self.global(global_index);
        let flags = regions::trusted(self.builder.func, region);
        self.builder.ins().store(flags, value, place.base, offset32(place.offset));
        Ok(())
    }
}
