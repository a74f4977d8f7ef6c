//! Exceptions: `try_table`, `throw`, `throw_ref`, and calls that an exception may come out of.
//!
//! Nothing is done where nothing is thrown. A call inside a `try_table` names its landing pads in a
//! table beside the code (a CLIF exception table, later the artifact's call sites), innermost
//! `try_table` first. Every register counts as lost on the way to a landing pad, so the unwinder
//! restores none: what that costs is that a function with such a call saves its caller's registers
//! once, in its prologue, and keeps what lives across the call on the stack; there, too, stands the
//! vmctx, from which the unwinder learns whose tags are meant. A clause has one landing pad, which reads the
//! arguments from the exception and jumps to the clause's label; it is made when its `try_table` ends, so
//! that labels are counted from outside. An exception is an object of the collected heap; throwing it is
//! a call too, of a service trampoline.
//!
//! Absent on purpose: which handler catches what; the runtime decides, for tags that two modules (or
//! two imports) know by different indices can be one.

use aot_format::abi::{Builtin, Exception, Tag, TrapCode};
use aot_format::types::{ExternKind, ValType};
use cranelift_codegen::ir::{
    Block, BlockArg, BlockCall, ExceptionTable, ExceptionTableData, ExceptionTableItem, ExceptionTag, Inst,
    InstBuilder, MemFlagsData, SigRef, Value,
};
use cranelift_frontend::FuncInstBuilder;
use wasmparser::Catch;

use super::control_stack::FrameKind;
use super::function::FuncTranslator;
use super::handler_stack::Handler;
use super::regions::{self, Region};
use super::signature::{MANAGED, POINTER, ValueKind, clif_type};
use super::vmctx::{Place, offset32};
use crate::error::BodyError;

/// What a clause catches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Clause {
    /// The tag; none for one that catches everything.
    pub tag: Option<u32>,
    /// Whether what follows gets, or keeps, a reference to the exception.
    pub keeps_reference: bool,
}

/// Stands in CLIF for a clause that catches everything; any other has the number of its tag.
const CATCH_ALL: u32 = 1 << 30;
const _: () = assert!(aot_format::limits::MAX_TAGS < CATCH_ALL);

impl Clause {
    fn of(catch: &Catch) -> (Clause, u32) {
        let (tag, keeps_reference, label) = match *catch {
            Catch::One { tag, label } => (Some(tag), false, label),
            Catch::OneRef { tag, label } => (Some(tag), true, label),
            Catch::All { label } => (None, false, label),
            Catch::AllRef { label } => (None, true, label),
        };
        (Clause { tag, keeps_reference }, label)
    }

    /// The number that stands for what it catches in CLIF.
    fn code(self) -> ExceptionTag {
        ExceptionTag::from_u32(self.tag.unwrap_or(CATCH_ALL))
    }
}

/// The tag that a clause with this number catches; none for one that catches everything.
pub fn caught_tag(code: ExceptionTag) -> Option<u32> {
    Some(code.as_u32()).filter(|code| *code != CATCH_ALL)
}

fn value_offset(index: usize) -> cranelift_codegen::ir::immediates::Offset32 {
    // At most a thousand arguments (`limits::MAX_PARAMS`).
    offset32(Exception::value(index as u32))
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_try_table(&mut self, try_table: wasmparser::TryTable) -> Result<(), BodyError> {
        if !self.is_reachable() {
            self.push_skipped();
            return Ok(());
        }
        let types = self.block_types(try_table.ty);
        let end = self.create_block_with(&types.results);
        let (clauses, labels): (Vec<Clause>, Vec<u32>) = try_table.catches.iter().map(Clause::of).unzip();
        self.push_frame(FrameKind::TryTable { labels }, end, &types);
        for clause in clauses.into_iter().rev() {
            let landing_pad = self.builder.create_block();
            self.state.handlers.push(clause, landing_pad);
        }
        Ok(())
    }

    /// Makes the landing pads of the `try_table` that has just been closed.
    pub(super) fn landing_pads(&mut self, outer_handlers: usize, labels: &[u32]) {
        let handlers: Vec<Handler> = self.state.handlers.close(outer_handlers);
        for (handler, &label) in handlers.iter().rev().zip(labels).filter(|(handler, _)| handler.used) {
            let exception = self.start_landing_pad(handler.landing_pad);
            let mut args = match handler.clause.tag {
                Some(tag) => self.exception_arguments(tag, exception),
                None => Vec::new(),
            };
            if handler.clause.keeps_reference {
                args.push(exception);
            }
            let (label, _) = self.branch_target(label);
            let args: Vec<BlockArg> = args.into_iter().map(BlockArg::Value).collect();
            self.builder.ins().jump(label, &args);
            self.set_unreachable();
        }
    }

    /// Continues in a landing pad; gives the exception.
    pub(super) fn start_landing_pad(&mut self, block: Block) -> Value {
        let exception = self.builder.append_block_param(block, POINTER);
        self.note_kind(exception, MANAGED);
        self.builder.set_cold_block(block);
        self.continue_in(block);
        exception
    }

    /// Reads the arguments of an exception of a tag.
    pub(super) fn exception_arguments(&mut self, tag_index: u32, exception: Value) -> Vec<Value> {
        let ty = self.module.func_type_at(self.module.tags[tag_index as usize]);
        let mut arguments = Vec::with_capacity(ty.params.len());
        for (index, &param) in ty.params.iter().enumerate() {
            let flags = self.exception_flags();
            let value = self.builder.ins().load(clif_type(param), flags, exception, value_offset(index));
            self.note_kind(value, ValueKind::of(param, self.module));
            arguments.push(value);
        }
        arguments
    }

    /// Whether an exception that comes out of a call here may be caught in this function.
    pub(super) fn can_catch(&self) -> bool {
        self.state.handlers.is_any_reached()
    }

    /// The exception table of a call here that returns to `normal`.
    fn exception_table(&mut self, signature: SigRef, normal: BlockCall) -> ExceptionTable {
        let dfg = &mut self.builder.func.dfg;
        let mut items = vec![ExceptionTableItem::Context(self.vmctx)];
        for (clause, landing_pad) in self.state.handlers.reached() {
            let target = BlockCall::new(landing_pad, [BlockArg::TryCallExn(0)], &mut dfg.value_lists);
            items.push(ExceptionTableItem::Tag(clause.code(), target));
        }
        dfg.exception_tables.push(ExceptionTableData::new(signature, normal, items))
    }

    /// Flags of accesses to an exception's arguments. Its address is valid, and aligned as an object's
    /// is, which is less than vectors are.
    fn exception_flags(&mut self) -> MemFlagsData {
        regions::object(self.builder.func, Region::ExceptionValues)
    }

    /// A call that goes to a landing pad if an exception comes out of it; pushes its results, which are
    /// of these types.
    pub(super) fn try_call(
        &mut self,
        signature: SigRef,
        types: &[ValType],
        emit: impl FnOnce(FuncInstBuilder<'_, '_>, ExceptionTable) -> Inst,
    ) {
        let returned = self.create_block_with(&self.kinds(types));
        let results = (0..types.len() as u32).map(BlockArg::TryCallRet);
        let normal = BlockCall::new(returned, results, &mut self.builder.func.dfg.value_lists);
        let table = self.exception_table(signature, normal);
        let call = emit(self.builder.ins(), table);
        self.locate(call);
        self.continue_in(returned);
        self.state.stack.push_all(self.builder.block_params(returned));
    }

    /// Throws an exception; what follows cannot be reached.
    pub(super) fn throw(&mut self, exception: Value) {
        if self.can_catch() {
            let trampoline = self.service(Builtin::Throw);
            let args = [self.vmctx, exception];
            let signature = self.builder.func.dfg.ext_funcs[trampoline].signature;
            self.try_call(signature, &[], |ins, table| ins.try_call(trampoline, &args, table));
        } else {
            self.call_service(Builtin::Throw, &[exception]);
        }
        self.trap(TrapCode::Unreachable);
    }

    /// Where a tag is defined.
    fn tag(&mut self, index: u32) -> Place {
        match self.definition(ExternKind::Tag, index) {
            Some(definition) => {
                let offset = self.set.module(definition.member).layout.tag(definition.index);
                self.place_of(definition.member, offset)
            }
            None => self.imported(self.module.layout.imported_tag(index)),
        }
    }

    /// A new exception.
    pub(super) fn new_exception(&mut self, tag_index: u32, values: &[Value]) -> Value {
        let tag = self.tag(tag_index);
        let descriptor = self.load_constant(tag.field(Tag::DESCRIPTOR), POINTER);
        let exception = self.new_object(descriptor, u64::from(Exception::bytes(values.len() as u32)));
        let tag = self.address(tag);
        let flags = self.exception_flags();
        self.builder.ins().store(flags, tag, exception, offset32(Exception::TAG));
        for (index, &value) in values.iter().enumerate() {
            self.builder.ins().store(flags, value, exception, value_offset(index));
        }
        exception
    }

    pub(super) fn visit_throw(&mut self, tag_index: u32) -> Result<(), BodyError> {
        let count = self.module.func_type_at(self.module.tags[tag_index as usize]).params.len();
        let values = self.pop_all(count);
        let exception = self.new_exception(tag_index, &values);
        self.throw(exception);
        Ok(())
    }

    pub(super) fn visit_throw_ref(&mut self) -> Result<(), BodyError> {
        let exception = self.pop();
        self.trap_if_zero(exception, TrapCode::NullExceptionReference);
        self.throw(exception);
        Ok(())
    }
}
