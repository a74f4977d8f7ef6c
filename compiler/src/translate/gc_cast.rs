//! `ref.test`, `ref.cast` and `br_on_cast`.
//!
//! A cast is a few comparisons, each left out where the operand's type makes it needless: is it null, do
//! its tag bits say that it is an object, is its descriptor the wanted one. A type that can have subtypes
//! is found among the ancestors in the object's descriptor, at the wanted type's own depth; so a cast
//! costs two loads and a compare, however deep the hierarchy, and calls nothing. Only function types are
//! compared by the runtime, when their ids differ.

use aot_format::abi::{
    Builtin, FuncRef, HOST_TAG, I31_TAG, MIN_DISPLAY, ObjectKind, REFERENCE_TAG_MASK, TrapCode, TypeDescriptor,
};
use aot_format::types::{HeapType, RefType, TypeIndex, ValType};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};

use super::call::funcref_flags;
use super::function::FuncTranslator;
use super::regions;
use super::signature::POINTER;
use super::vmctx::{Place, offset32};
use crate::error::BodyError;

/// Where a test goes on.
#[derive(Clone, Copy)]
struct Outcome {
    yes: Block,
    no: Block,
}

impl FuncTranslator<'_, '_> {
    /// The type of the operand on top, as far as validation knows it.
    fn operand_type(&self) -> Option<RefType> {
        match self.module.convert_type(self.operand_types[0]?, self.offset) {
            Ok(ValType::Ref(ty)) => Some(ty),
            _ => None,
        }
    }

    /// Goes to `yes` if a condition holds, and on in a new block if not.
    fn yes_if(&mut self, condition: Value, to: Outcome) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, to.yes, &[], next, &[]);
        self.continue_in(next);
    }

    /// Goes to `no` if a condition holds, and on in a new block if not.
    fn no_if(&mut self, condition: Value, to: Outcome) {
        let next = self.builder.create_block();
        self.builder.ins().brif(condition, to.no, &[], next, &[]);
        self.continue_in(next);
    }

    fn decide(&mut self, condition: Value, to: Outcome) {
        self.builder.ins().brif(condition, to.yes, &[], to.no, &[]);
    }

    /// Ends the current block: a value of type `from` goes to one of two blocks, by whether it is of
    /// type `target`.
    fn test(&mut self, value: Value, from: Option<RefType>, target: RefType, to: Outcome) {
        if from.is_none_or(|from| from.nullable) {
            let null = self.builder.ins().icmp_imm_u(IntCC::Equal, value, 0);
            if target.nullable { self.yes_if(null, to) } else { self.no_if(null, to) }
        }
        match target.heap {
            HeapType::Any | HeapType::Extern | HeapType::Func | HeapType::Exn => {
                self.builder.ins().jump(to.yes, &[]);
            }
            HeapType::None | HeapType::NoExtern | HeapType::NoFunc | HeapType::NoExn => {
                self.builder.ins().jump(to.no, &[]);
            }
            HeapType::I31 => {
                let tag = self.builder.ins().band_imm_u(value, I31_TAG as i64);
                self.decide(tag, to);
            }
            HeapType::Eq => {
                let tag = self.builder.ins().band_imm_u(value, REFERENCE_TAG_MASK as i64);
                let internal = self.builder.ins().icmp_imm_u(IntCC::NotEqual, tag, HOST_TAG as i64);
                self.decide(internal, to);
            }
            HeapType::Struct => self.test_kind(value, from, ObjectKind::Struct, to),
            HeapType::Array => self.test_kind(value, from, ObjectKind::Array, to),
            HeapType::Concrete(ty) if self.module.types[ty.0 as usize].as_func().is_some() => {
                self.test_function(value, ty, to);
            }
            HeapType::Concrete(ty) => self.test_descriptor(value, from, ty, to),
        }
    }

    /// Goes to `no` if a value that is not null is no object.
    fn test_object(&mut self, value: Value, from: Option<RefType>, to: Outcome) {
        if !from.is_some_and(|from| matches!(from.heap, HeapType::Struct | HeapType::Array | HeapType::Concrete(_))) {
            let tag = self.builder.ins().band_imm_u(value, REFERENCE_TAG_MASK as i64);
            self.no_if(tag, to);
        }
    }

    fn test_kind(&mut self, value: Value, from: Option<RefType>, kind: ObjectKind, to: Outcome) {
        self.test_object(value, from, to);
        let descriptor = self.descriptor_of(value);
        let place = Place { base: descriptor, offset: TypeDescriptor::KIND };
        // Descriptors never change, but this address is one only here.
        let actual = self.load_at(place, types::I32, regions::trusted_readonly());
        let same = self.builder.ins().icmp_imm_u(IntCC::Equal, actual, i64::from(kind as u32));
        self.decide(same, to);
    }

    fn test_descriptor(&mut self, value: Value, from: Option<RefType>, ty: TypeIndex, to: Outcome) {
        self.test_object(value, from, to);
        let descriptor = self.descriptor_of(value);
        let wanted = self.descriptor(ty);
        if self.module.types[ty.0 as usize].is_final {
            let same = self.builder.ins().icmp(IntCC::Equal, descriptor, wanted);
            return self.decide(same, to);
        }
        let depth = self.module.subtype_depth(ty);
        let flags = regions::trusted_readonly();
        if depth >= MIN_DISPLAY {
            let place = Place { base: descriptor, offset: TypeDescriptor::DEPTH };
            let actual = self.load_at(place, types::I32, flags);
            let shallow = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, actual, i64::from(depth));
            self.no_if(shallow, to);
        }
        let ancestor = self.builder.ins().load(POINTER, flags, descriptor, offset32(TypeDescriptor::ancestor(depth)));
        let same = self.builder.ins().icmp(IntCC::Equal, ancestor, wanted);
        self.decide(same, to);
    }

    fn test_function(&mut self, value: Value, ty: TypeIndex, to: Outcome) {
        let actual = self.load_at(Place { base: value, offset: FuncRef::TYPE_ID }, types::I32, funcref_flags());
        let wanted = self.type_id(ty.0);
        let same = self.builder.ins().icmp(IntCC::Equal, actual, wanted);
        if self.module.types[ty.0 as usize].is_final {
            return self.decide(same, to);
        }
        self.yes_if(same, to);
        match self.call_builtin(Builtin::IsSubtype, &[actual, wanted]) {
            Some(is_subtype) => self.decide(is_subtype, to),
            None => unreachable!("this builtin has a result"),
        }
    }

    fn target(&self, heap: wasmparser::HeapType, nullable: bool) -> Result<RefType, BodyError> {
        Ok(RefType { nullable, heap: self.module.convert_heap_type(heap, self.offset)? })
    }

    fn ref_test(&mut self, heap: wasmparser::HeapType, nullable: bool) -> Result<(), BodyError> {
        let target = self.target(heap, nullable)?;
        let from = self.operand_type();
        let value = self.pop();
        let to = Outcome { yes: self.builder.create_block(), no: self.builder.create_block() };
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I32);
        self.test(value, from, target, to);
        for (block, truth) in [(to.yes, 1), (to.no, 0)] {
            self.continue_in(block);
            let truth = self.builder.ins().iconst(types::I32, truth);
            self.builder.ins().jump(done, &[truth.into()]);
        }
        self.continue_in(done);
        self.push(result);
        Ok(())
    }

    pub(super) fn visit_ref_test_non_null(&mut self, hty: wasmparser::HeapType) -> Result<(), BodyError> {
        self.ref_test(hty, false)
    }

    pub(super) fn visit_ref_test_nullable(&mut self, hty: wasmparser::HeapType) -> Result<(), BodyError> {
        self.ref_test(hty, true)
    }

    fn ref_cast(&mut self, heap: wasmparser::HeapType, nullable: bool) -> Result<(), BodyError> {
        let target = self.target(heap, nullable)?;
        let from = self.operand_type();
        let value = self.state.stack.top(1)[0];
        let to = Outcome { yes: self.builder.create_block(), no: self.builder.create_block() };
        self.builder.set_cold_block(to.no);
        self.test(value, from, target, to);
        self.continue_in(to.no);
        self.trap(TrapCode::CastFailure);
        self.continue_in(to.yes);
        Ok(())
    }

    pub(super) fn visit_ref_cast_non_null(&mut self, hty: wasmparser::HeapType) -> Result<(), BodyError> {
        self.ref_cast(hty, false)
    }

    pub(super) fn visit_ref_cast_nullable(&mut self, hty: wasmparser::HeapType) -> Result<(), BodyError> {
        self.ref_cast(hty, true)
    }

    /// Branches to a label where a cast succeeds, or fails, and goes on behind it otherwise; the value
    /// stays on the stack either way.
    fn branch_on_cast(&mut self, depth: u32, target: wasmparser::RefType, when: bool) -> Result<(), BodyError> {
        let target = self.target(target.heap_type(), target.is_nullable())?;
        let from = self.operand_type();
        let value = self.state.stack.top(1)[0];
        let to = Outcome { yes: self.builder.create_block(), no: self.builder.create_block() };
        self.test(value, from, target, to);
        let (branch, next) = if when { (to.yes, to.no) } else { (to.no, to.yes) };
        self.continue_in(branch);
        self.visit_br(depth)?;
        self.continue_in(next);
        Ok(())
    }

    pub(super) fn visit_br_on_cast(
        &mut self,
        relative_depth: u32,
        _from_ref_type: wasmparser::RefType,
        to_ref_type: wasmparser::RefType,
    ) -> Result<(), BodyError> {
        self.branch_on_cast(relative_depth, to_ref_type, true)
    }

    pub(super) fn visit_br_on_cast_fail(
        &mut self,
        relative_depth: u32,
        _from_ref_type: wasmparser::RefType,
        to_ref_type: wasmparser::RefType,
    ) -> Result<(), BodyError> {
        self.branch_on_cast(relative_depth, to_ref_type, false)
    }
}
