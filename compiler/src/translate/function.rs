//! The translator of one function, and what every opcode family needs of it: positions, operands,
//! traps, blocks, and the entities a function declares once (signatures, callees).
//!
//! The families add their `visit_*` methods in files of their own.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use aot_format::abi::{Builtin, StructLayout, TrapCode};
use aot_format::limits::MAX_VMCTX_BYTES;
use cranelift_codegen::ir::{
    self, Block, BlockArg, ExtFuncData, ExternalName, FuncRef, Inst, InstBuilder, InstructionData, Opcode, SigRef,
    SourceLoc, UserExternalName, Value, ValueDef, types,
};
use cranelift_frontend::FunctionBuilder;
use wasmparser::FunctionBody;

use super::control_stack::{BlockTypes, ControlStack, Frame, FrameKind, Reached};
use super::exception_legacy::Endings;
use super::handler_stack::HandlerStack;
use super::local::Allotment;
use super::locals::{Local, Locals};
use super::operand_stack::OperandStack;
use super::regions::Region;
use super::signature::{ValueKind, builtin_signature, service_signature, wasm_signature};
use super::{SERVICE_NAMESPACE, Surroundings, TranslateContext, TranslateSettings, function_name, trap};
use crate::error::BodyError;
use crate::module::{BranchHint, Module, usually_taken};
use crate::set::{Definition, Set};
use aot_format::types::{FuncType, TypeIndex, ValType};

/// State of a translation whose allocations the next one reuses.
#[derive(Default)]
pub struct State {
    pub(super) stack: OperandStack,
    pub(super) control: ControlStack,
    pub(super) locals: Locals,
    signatures: HashMap<TypeIndex, SigRef>,
    builtin_signatures: HashMap<u32, SigRef>,
    callees: HashMap<Definition, FuncRef>,
    pub(super) struct_layouts: HashMap<TypeIndex, Rc<StructLayout>>,
    pub(super) handlers: HandlerStack,
    /// How each legacy `try` ends; unknown before the first.
    pub(super) endings: Option<Endings>,
    services: HashMap<u32, FuncRef>,
    /// Types of calls through a table or a reference.
    pub(super) indirect_types: BTreeSet<TypeIndex>,
}

impl State {
    fn clear(&mut self) {
        self.stack.clear();
        self.control.clear();
        self.locals.clear();
        self.signatures.clear();
        self.builtin_signatures.clear();
        self.callees.clear();
        self.struct_layouts.clear();
        self.handlers.clear();
        self.endings = None;
        self.services.clear();
        self.indirect_types.clear();
    }
}

/// Translates one function, operator by operator.
pub struct FuncTranslator<'f, 'data> {
    pub(super) builder: FunctionBuilder<'f>,
    /// What is compiled together.
    pub(super) set: &'f Set<'data>,
    /// Which of it the function belongs to.
    pub(super) member: usize,
    /// That module.
    pub(super) module: &'f Module<'data>,
    pub(super) settings: &'f TranslateSettings,
    /// Whether a function will be inlined where it is called, as far as that is known.
    pub(super) inlined: &'f dyn Fn(Definition) -> bool,
    pub(super) state: &'f mut State,
    /// What is translated, for who has to look ahead.
    pub(super) body: &'f FunctionBody<'f>,
    /// The hidden parameter.
    pub(super) vmctx: Value,
    /// Offset of the current operator in the wasm.
    pub(super) offset: u64,
    /// What validation knows of the topmost operands of an operator on objects, the top first.
    pub(super) operand_types: OperandTypes,
    body_start: u64,
    /// About branches of this body.
    hints: &'f [BranchHint],
    /// Whether branch hints say that the current position is seldom reached.
    pub(super) cold: bool,
    reachable: bool,
    allotment: Allotment,
}

/// As many as the operator with the object furthest down has; none where it is not known.
pub type OperandTypes = [Option<wasmparser::ValType>; 5];

impl<'f, 'data> FuncTranslator<'f, 'data> {
    /// Starts a function of this type whose signature is set and whose body, at `offset`, is empty: entry block,
    /// parameters, stack check.
    pub fn new(
        cx: &'f mut TranslateContext,
        Surroundings { set, settings, inlined }: Surroundings<'f, 'data>,
        member: usize,
        func: &'f mut ir::Function,
        ty: &FuncType,
        body: &'f FunctionBody<'f>,
        hints: &'f [BranchHint],
    ) -> Result<Self, BodyError> {
        let offset = body.range().start;
        let module = set.module(member);
        if module.layout.size() > MAX_VMCTX_BYTES {
            return Err(BodyError::TooLarge { what: "the size of the vmctx in bytes", limit: MAX_VMCTX_BYTES, offset });
        }
        let state = &mut cx.state;
        state.clear();
        let mut builder = FunctionBuilder::new(func, &mut cx.builder);
        builder.func.params.ensure_base_srcloc(srcloc(offset));
        let stack_limit = super::vmctx::stack_limit(builder.func);
        builder.func.stack_limit = Some(stack_limit);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);

        let vmctx = builder.block_params(entry)[0];
        builder.make_stack_map_alias_region(Box::new(|regions, _, slot, _| {
            Some(Region::StackSlot(slot.as_u32()).declare_in(regions))
        }));
        let exit = builder.create_block();
        let results = builder.func.signature.returns.len();
        for result in 0..results {
            let ty = builder.func.signature.returns[result].value_type;
            builder.append_block_param(exit, ty);
        }
        state.control.push(Frame {
            kind: FrameKind::Function,
            label: exit,
            label_arity: results,
            height: 0,
            results,
            end_reached: Reached::Never,
            aside_cold: false,
            outer_handlers: 0,
        });
        let mut translator = FuncTranslator {
            builder,
            set,
            member,
            module,
            settings,
            inlined,
            state,
            body,
            vmctx,
            offset,
            operand_types: OperandTypes::default(),
            body_start: offset,
            hints,
            cold: false,
            reachable: true,
            allotment: Allotment::new(body, ty.params.len()),
        };
        for (index, &param) in ty.params.iter().enumerate() {
            let value = translator.builder.block_params(entry)[index + 1];
            let local = translator.next_local(ValueKind::of(param, module))?;
            translator.set_local(local, value);
        }
        Ok(translator)
    }

    fn next_local(&mut self, kind: ValueKind) -> Result<Local, BodyError> {
        let local = self.allotment.next(&mut self.builder, self.state.locals.len(), kind)?;
        self.state.locals.push(local);
        Ok(local)
    }

    /// Declares the next `count` locals, all zero or null.
    ///
    /// # Errors
    ///
    /// When there are too many that have to be variables.
    pub fn declare_locals(&mut self, count: u32, ty: wasmparser::ValType) -> Result<(), BodyError> {
        let kind = ValueKind::of_parsed(ty, self.module);
        let zero = self.zero(kind.clif);
        for _ in 0..count {
            let local = self.next_local(kind)?;
            self.set_local(local, zero);
        }
        Ok(())
    }

    /// Ends the function.
    pub fn finish(self) {
        self.builder.finalize(self.settings.frontend_config);
    }

    /// Operands pushed and passed on so far, and handlers that calls may ask.
    pub fn moved(&self) -> u64 {
        self.state.stack.moved() + self.state.handlers.cost()
    }

    /// Says where the next operator stands.
    pub fn set_offset(&mut self, offset: u64) {
        self.offset = offset;
    }

    /// Whether the next operator can be reached.
    pub fn is_reachable(&self) -> bool {
        self.reachable
    }

    /// What follows cannot be reached: the current block is filled.
    pub(super) fn set_unreachable(&mut self) {
        self.reachable = false;
    }

    /// Whether a branch hint says that the current operator usually branches, or enters its `if`.
    pub(super) fn usually_taken(&self) -> Option<bool> {
        usually_taken(self.hints, self.offset - self.body_start)
    }

    /// Continues in a block that all its predecessors are known of.
    pub(super) fn continue_in(&mut self, block: Block) {
        if self.cold {
            self.builder.set_cold_block(block);
        }
        self.builder.switch_to_block(block);
        self.builder.seal_block(block);
        self.reachable = true;
    }

    // Operands.

    pub(super) fn push(&mut self, value: Value) {
        self.state.stack.push(value);
    }

    pub(super) fn pop(&mut self) -> Value {
        self.state.stack.pop()
    }

    /// Pops the last `count` operands, in the order they were pushed.
    pub(super) fn pop_all(&mut self, count: usize) -> Vec<Value> {
        let values = self.state.stack.top(count).to_vec();
        self.state.stack.truncate(self.state.stack.len() - values.len());
        values
    }

    /// The topmost `count` operands as arguments of a branch.
    pub(super) fn branch_args(&self, count: usize) -> Vec<BlockArg> {
        self.state.stack.top(count).iter().map(|&value| BlockArg::Value(value)).collect()
    }

    /// The bits of an operand that is an integer constant, zero-extended.
    pub(super) fn constant(&self, value: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let ValueDef::Result(inst, _) = dfg.value_def(value) else { return None };
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => Some(match dfg.value_type(value) {
                types::I32 => u64::from(imm.bits() as u32),
                _ => imm.bits() as u64,
            }),
            _ => None,
        }
    }

    /// An index or length operand as 64 bits: zero-extended where the index type is i32.
    pub(super) fn extend_index(&mut self, value: Value) -> Value {
        match self.builder.func.dfg.value_type(value) {
            types::I32 => self.builder.ins().uextend(types::I64, value),
            _ => value,
        }
    }

    /// A 64-bit size as a value of the index type.
    pub(super) fn reduce_to_index(&mut self, value: Value, index64: bool) -> Value {
        if index64 { value } else { self.builder.ins().ireduce(types::I32, value) }
    }

    /// Pushes an i8 truth value as i32.
    pub(super) fn push_bool(&mut self, truth: Value) {
        let wide = self.builder.ins().uextend(types::I32, truth);
        self.push(wide);
    }

    /// A 64-bit constant.
    pub(super) fn i64_const(&mut self, bits: u64) -> Value {
        self.builder.ins().iconst(types::I64, bits as i64)
    }

    /// An index of the module as an argument of a builtin.
    pub(super) fn index_const(&mut self, index: u32) -> Value {
        self.builder.ins().iconst(types::I32, i64::from(index))
    }

    // Source locations and traps.

    /// Gives a call or trapping instruction its place in the wasm.
    pub(super) fn locate(&mut self, inst: Inst) {
        self.builder.func.set_srcloc(inst, srcloc(self.offset));
    }

    /// Gives the instruction that defines a value its place in the wasm.
    pub(super) fn locate_value(&mut self, value: Value) -> Value {
        if let ValueDef::Result(inst, _) = self.builder.func.dfg.value_def(value) {
            self.locate(inst);
        }
        value
    }

    /// Traps always; what follows cannot be reached.
    pub(super) fn trap(&mut self, code: TrapCode) {
        let inst = self.builder.ins().trap(trap::to_clif(code));
        self.locate(inst);
        self.set_unreachable();
    }

    /// Traps if a condition is not zero.
    pub(super) fn trap_if(&mut self, condition: Value, code: TrapCode) {
        let inst = self.builder.ins().trapnz(condition, trap::to_clif(code));
        self.locate(inst);
    }

    /// Traps if a value is zero.
    pub(super) fn trap_if_zero(&mut self, value: Value, code: TrapCode) {
        let inst = self.builder.ins().trapz(value, trap::to_clif(code));
        self.locate(inst);
    }

    // Types and entities.

    /// Kinds of a block type's parameters and results.
    pub(super) fn block_types(&self, ty: wasmparser::BlockType) -> BlockTypes {
        match ty {
            wasmparser::BlockType::Empty => BlockTypes { params: Vec::new(), results: Vec::new() },
            wasmparser::BlockType::Type(ty) => {
                BlockTypes { params: Vec::new(), results: vec![ValueKind::of_parsed(ty, self.module)] }
            }
            wasmparser::BlockType::FuncType(index) => {
                let ty = self.module.func_type_at(TypeIndex(index));
                BlockTypes { params: self.kinds(&ty.params), results: self.kinds(&ty.results) }
            }
        }
    }

    /// Kinds of values of these types.
    pub(super) fn kinds(&self, types: &[ValType]) -> Vec<ValueKind> {
        types.iter().map(|&ty| ValueKind::of(ty, self.module)).collect()
    }

    /// Tells the collector of a value that was made, if it is for it. Every value of a managed type has
    /// to pass here, or through a local or block parameter.
    pub(super) fn note_kind(&mut self, value: Value, kind: ValueKind) {
        if kind.managed {
            self.builder.declare_value_needs_stack_map(value);
        }
    }

    /// Pushes values that were made, of these types.
    pub(super) fn push_made(&mut self, values: &[Value], types: &[ValType]) {
        for (&value, &ty) in values.iter().zip(types) {
            self.note_kind(value, ValueKind::of(ty, self.module));
            self.push(value);
        }
    }

    /// The signature of functions of a type, declared once.
    pub(super) fn signature(&mut self, ty: TypeIndex) -> SigRef {
        if let Some(&signature) = self.state.signatures.get(&ty) {
            return signature;
        }
        let signature = wasm_signature(self.module.func_type_at(ty));
        let signature = self.builder.import_signature(signature);
        self.state.signatures.insert(ty, signature);
        signature
    }

    /// The signature of a builtin, declared once.
    pub(super) fn builtin_signature(&mut self, builtin: Builtin) -> SigRef {
        let call_conv = self.settings.frontend_config.default_call_conv;
        let builder = &mut self.builder;
        let entry = self.state.builtin_signatures.entry(builtin as u32);
        *entry.or_insert_with(|| builder.import_signature(builtin_signature(builtin, call_conv)))
    }

    /// A function that the set defines as a direct callee, declared once; `ty` is the type it is known by here.
    pub(super) fn callee(&mut self, definition: Definition, ty: TypeIndex) -> FuncRef {
        if let Some(&callee) = self.state.callees.get(&definition) {
            return callee;
        }
        let signature = self.signature(ty);
        let name = function_name(self.set, definition);
        let name = ExternalName::user(self.builder.func.declare_imported_user_function(name));
        let callee = self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.state.callees.insert(definition, callee);
        callee
    }

    /// The service trampoline of a builtin, declared once.
    pub(super) fn service(&mut self, builtin: Builtin) -> FuncRef {
        if let Some(&service) = self.state.services.get(&(builtin as u32)) {
            return service;
        }
        let signature = self.builder.import_signature(service_signature(builtin));
        let name = UserExternalName { namespace: SERVICE_NAMESPACE, index: builtin as u32 };
        let name = ExternalName::user(self.builder.func.declare_imported_user_function(name));
        let service = self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.state.services.insert(builtin as u32, service);
        service
    }
}

/// A wasm offset as a source location. Modules are smaller than 4 GiB; past that, no location.
fn srcloc(offset: u64) -> SourceLoc {
    u32::try_from(offset).map_or_else(|_| SourceLoc::default(), SourceLoc::new)
}
