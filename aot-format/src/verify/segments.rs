//! Verification of constant expressions, and of the segments that use them.

use super::{Result, Verifier, bad, limit};
use crate::error::FormatError;
use crate::layout::*;
use crate::limits::*;
use crate::read::{SegmentMode, Table, const_op, segment_mode};
use crate::types::*;
use crate::write::{ConstOp, const_op_record};

/// What constant expressions distinguish: number types, and references by hierarchy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    I32,
    I64,
    F32,
    F64,
    V128,
    Func,
    Extern,
    Internal,
    Exn,
}

/// A value on the stack of a constant expression.
#[derive(Clone, Copy)]
pub(super) struct Operand {
    class: Class,
    /// Whether it can be null.
    nullable: bool,
}

impl Operand {
    const I32: Operand = Operand { class: Class::I32, nullable: false };
    const I64: Operand = Operand { class: Class::I64, nullable: false };
    const OBJECT: Operand = Operand { class: Class::Internal, nullable: false };

    /// Whether this is a value where `wanted` is wanted.
    fn fits(self, wanted: Operand) -> bool {
        self.class == wanted.class && (wanted.nullable || !self.nullable)
    }
}

impl<'a> Verifier<'a> {
    /// What a value of this type is to constant expressions.
    pub(super) fn operand(&self, ty: ValType) -> Operand {
        let (class, nullable) = match ty {
            ValType::I32 => (Class::I32, false),
            ValType::I64 => (Class::I64, false),
            ValType::F32 => (Class::F32, false),
            ValType::F64 => (Class::F64, false),
            ValType::V128 => (Class::V128, false),
            ValType::Ref(RefType { nullable, heap }) => {
                let class = match heap {
                    HeapType::Func | HeapType::NoFunc => Class::Func,
                    HeapType::Extern | HeapType::NoExtern => Class::Extern,
                    HeapType::Exn | HeapType::NoExn => Class::Exn,
                    HeapType::Concrete(index) if self.is_func_type(index) => Class::Func,
                    _ => Class::Internal,
                };
                (class, nullable)
            }
        };
        Operand { class, nullable }
    }

    /// Whether a function exists and has a function reference slot.
    pub(super) fn is_referenced(&self, function: u32) -> bool {
        self.referenced.get(function as usize).is_some_and(|referenced| *referenced)
    }

    /// Checks that an expression is the next one, is well-typed over what is defined so far and
    /// leaves `wanted`.
    pub(super) fn const_expr(&mut self, index: u32, wanted: Operand) -> Result<()> {
        let wrong = || FormatError::BadConstExpr { index };
        if !self.const_exprs.take(Span { start: index, len: 1 }) {
            return Err(wrong());
        }
        let exprs = self.view.table::<ConstExprRecord>(SectionKind::ConstExprs);
        let span = exprs.get(index as usize).ok_or_else(wrong)?.ops;
        let ops = self.view.const_ops(index).filter(|_| self.const_ops.take(span)).ok_or_else(wrong)?;
        limit("operators of a constant expression", ops.len() as u64, u64::from(MAX_CONST_OPS))?;
        self.stack.clear();
        for record in ops.iter() {
            let op = const_op(record).filter(|op| const_op_record(*op) == record).ok_or_else(wrong)?;
            let pushed = self.const_op(op).ok_or_else(wrong)?;
            self.stack.push(pushed);
            limit("stack of a constant expression", self.stack.len() as u64, MAX_CONST_STACK as u64)?;
        }
        match self.stack.as_slice() {
            [left] if left.fits(wanted) => Ok(()),
            _ => Err(wrong()),
        }
    }

    /// Pops what an operator takes and gives what it pushes; nothing if it is not well-typed.
    fn const_op(&mut self, op: ConstOp) -> Option<Operand> {
        let plain = |class| Some(Operand { class, nullable: false });
        match op {
            ConstOp::I32Const(_) => plain(Class::I32),
            ConstOp::I64Const(_) => plain(Class::I64),
            ConstOp::F32Const(_) => plain(Class::F32),
            ConstOp::F64Const(_) => plain(Class::F64),
            ConstOp::V128Const(_) => plain(Class::V128),
            ConstOp::GlobalGet(index) => {
                let global = self.globals.get(index as usize).filter(|global| !global.mutable)?;
                Some(self.operand(global.content))
            }
            ConstOp::RefFunc(function) if self.is_referenced(function) => plain(Class::Func),
            ConstOp::RefFunc(_) => None,
            ConstOp::RefNull(ty) => {
                let ty = ValType::Ref(ty);
                self.val_type_exists(ty).then(|| Operand { nullable: true, ..self.operand(ty) })
            }
            ConstOp::I32Add | ConstOp::I32Sub | ConstOp::I32Mul => self.arithmetic(Operand::I32),
            ConstOp::I64Add | ConstOp::I64Sub | ConstOp::I64Mul => self.arithmetic(Operand::I64),
            ConstOp::RefI31 => self.pop(Operand::I32).map(|_| Operand::OBJECT),
            ConstOp::AnyConvertExtern => self.convert(Class::Extern, Class::Internal),
            ConstOp::ExternConvertAny => self.convert(Class::Internal, Class::Extern),
            ConstOp::StructNew(_)
            | ConstOp::StructNewDefault(_)
            | ConstOp::ArrayNew(_)
            | ConstOp::ArrayNewDefault(_)
            | ConstOp::ArrayNewFixed(..) => self.new_object(op).map(|()| Operand::OBJECT),
        }
    }

    /// Pops what an operator that makes an object takes.
    fn new_object(&mut self, op: ConstOp) -> Option<()> {
        match op {
            ConstOp::StructNew(ty) => {
                // One operand after the other, so that the stack is the limit.
                for code in self.fields(ty, TYPE_STRUCT)?.iter().rev() {
                    let wanted = self.storage(code)?;
                    self.pop(wanted)?;
                }
            }
            ConstOp::StructNewDefault(ty) => {
                self.fields(ty, TYPE_STRUCT).filter(|_| self.is_defaultable(ty))?;
            }
            ConstOp::ArrayNew(ty) => {
                let element = self.element(ty)?;
                self.pop(Operand::I32)?;
                self.pop(element)?;
            }
            ConstOp::ArrayNewDefault(ty) => {
                self.element(ty).filter(|_| self.is_defaultable(ty))?;
                self.pop(Operand::I32)?;
            }
            ConstOp::ArrayNewFixed(ty, length) => {
                let element = self.element(ty)?;
                for _ in 0..length {
                    self.pop(element)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// Fields of a structure, or the element of an array, if the type is of this kind.
    fn fields(&self, ty: TypeIndex, kind: u32) -> Option<Table<'a, u32>> {
        let record = self.view.table::<TypeRecord>(SectionKind::Types).get(ty.0 as usize)?;
        let items = (record.kind & !TYPE_FINAL == kind).then_some(record.first)?;
        self.view.table::<u32>(SectionKind::TypeItems).span(items)
    }

    fn is_defaultable(&self, ty: TypeIndex) -> bool {
        self.defaultable.get(ty.0 as usize).is_some_and(|defaultable| *defaultable)
    }

    /// What an element of an array of this type is on the stack.
    fn element(&self, ty: TypeIndex) -> Option<Operand> {
        self.storage(self.fields(ty, TYPE_ARRAY)?.get(0)?)
    }

    /// What a field with this code is on the stack.
    fn storage(&self, code: u32) -> Option<Operand> {
        match FieldType::from_code(code)?.storage {
            StorageType::I8 | StorageType::I16 => Some(Operand::I32),
            StorageType::Val(ty) => Some(self.operand(ty)),
        }
    }

    fn convert(&mut self, from: Class, to: Class) -> Option<Operand> {
        let operand = self.stack.pop().filter(|operand| operand.class == from)?;
        Some(Operand { class: to, ..operand })
    }

    fn pop(&mut self, wanted: Operand) -> Option<Operand> {
        self.stack.pop().filter(|operand| operand.fits(wanted))
    }

    fn arithmetic(&mut self, operand: Operand) -> Option<Operand> {
        self.pop(operand)?;
        self.pop(operand)?;
        Some(operand)
    }

    fn offset(&mut self, expr: u32, index64: bool) -> Result<()> {
        self.const_expr(expr, if index64 { Operand::I64 } else { Operand::I32 })
    }

    pub(super) fn element_segments(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::ElementSegments;
        let records = self.view.table::<ElementSegmentRecord>(SECTION);
        limit("element segments", records.len() as u64, u64::from(MAX_ELEMENT_SEGMENTS))?;
        for (index, record) in records.iter().enumerate() {
            let ty = ValType::from_code(record.ty).filter(|ty| ty.is_ref() && self.val_type_exists(*ty));
            let item = self.operand(ty.ok_or_else(|| bad(SECTION, index, "type", record.ty))?);
            match segment_mode(record.mode, record.table, record.offset) {
                Some(SegmentMode::Active { index: table, offset }) => {
                    let table = self.tables.get(table as usize).ok_or_else(|| bad(SECTION, index, "table", table))?;
                    let (element, index64) = (table.element, table.index64);
                    if !item.fits(self.operand(ValType::Ref(element))) {
                        return Err(bad(SECTION, index, "type", record.ty));
                    }
                    self.offset(offset, index64)?;
                }
                Some(SegmentMode::Passive | SegmentMode::Dropped) => {}
                None => return Err(bad(SECTION, index, "mode", record.mode)),
            }
            self.element_items(index, record.items, item)?;
        }
        Ok(())
    }

    fn element_items(&mut self, index: usize, span: Span, wanted: Operand) -> Result<()> {
        const SECTION: SectionKind = SectionKind::ElementSegments;
        let items = self.view.table::<u32>(SectionKind::ElementItems).span(span);
        let items = items.filter(|_| self.element_items.take(span));
        let items = items.ok_or_else(|| bad(SECTION, index, "items", span.start))?;
        for code in items.iter() {
            let fine = match ElementItem::from_code(code) {
                ElementItem::Null => wanted.nullable,
                ElementItem::Func(function) => wanted.class == Class::Func && self.is_referenced(function),
                ElementItem::Expr(expr) => {
                    self.const_expr(expr, wanted)?;
                    true
                }
            };
            if !fine {
                return Err(bad(SECTION, index, "item", code));
            }
        }
        Ok(())
    }

    pub(super) fn data_segments(&mut self) -> Result<()> {
        const SECTION: SectionKind = SectionKind::DataSegments;
        let records = self.view.table::<DataSegmentRecord>(SECTION);
        limit("data segments", records.len() as u64, u64::from(MAX_DATA_SEGMENTS))?;
        for (index, record) in records.iter().enumerate() {
            match segment_mode(record.mode, record.memory, record.offset) {
                Some(SegmentMode::Active { index: memory, offset }) => {
                    let known = self.memories.get(memory as usize);
                    let index64 = known.ok_or_else(|| bad(SECTION, index, "memory", memory))?.index64;
                    self.offset(offset, index64)?;
                }
                Some(SegmentMode::Passive | SegmentMode::Dropped) => {}
                None => return Err(bad(SECTION, index, "mode", record.mode)),
            }
            let bytes = self.view.span_bytes(SectionKind::Data, record.data);
            if bytes.is_none() || !self.data.take(record.data) {
                return Err(bad(SECTION, index, "data", record.data.start));
            }
        }
        Ok(())
    }
}
