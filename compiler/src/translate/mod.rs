//! Translation of one function body: wasm operators → CLIF, validated on the way.
//!
//! * [`translate_function`]: the way in.
//! * `visitor`: from wasmparser's operators to methods; where a new operator fails to compile.
//! * `function`: [`FuncTranslator`](function::FuncTranslator) and what all families share.
//! * `operand_stack`, `control_stack`, `locals`: wasm's three kinds of state, as SSA; `handler_stack`:
//!   who is asked when something is thrown.
//! * `vmctx`, `builtin`, `regions`, `signature`, [`trap`]: the ABI, as CLIF.
//! * `vector`: v128 on the operand stack, and the way to an operator's lanes.
//! * `heap`: objects of the collected heap: making them, and their parts as memory accesses.
//! * One file per opcode family: `atomic`, `numeric_int`, `numeric_wide`, `numeric_float`, `compare`,
//!   `conversion`, `parametric`, `local`, `global`, `control`, `call`, `exception`, `exception_legacy`,
//!   `reference`, `memory_access`, `memory_bulk`, `table`, `gc_struct`, `gc_array`, `gc_cast`, `gc_i31`;
//!   for vectors `simd_const_lane`, `simd_shuffle`, `simd_bitwise`, `simd_int`,
//!   `simd_float`, `simd_compare`, `simd_conversion`, `simd_memory`.
//!
//! Absent on purpose: machine code, other functions' bodies, anything about files or artifacts.

mod atomic;
mod builtin;
mod call;
mod compare;
mod control;
mod control_stack;
mod conversion;
mod exception;
mod exception_legacy;
mod function;
mod gc_array;
mod gc_cast;
mod gc_i31;
mod gc_struct;
#[cfg(test)]
mod gc_tests;
mod global;
mod handler_stack;
mod heap;
mod local;
mod locals;
mod memory_access;
mod memory_bulk;
mod numeric_float;
mod numeric_int;
mod numeric_wide;
mod operand_stack;
mod parametric;
mod reference;
mod regions;
mod scaled;
mod signature;
mod simd_bitwise;
mod simd_compare;
mod simd_const_lane;
mod simd_conversion;
mod simd_float;
mod simd_int;
mod simd_memory;
mod simd_shuffle;
#[cfg(test)]
mod simd_tests;
mod survey;
mod table;
#[cfg(test)]
pub mod test_support;
#[cfg(test)]
mod tests;
pub mod trap;
mod vector;
mod visitor;
mod vmctx;

use std::collections::BTreeSet;

use aot_format::types::{FuncType, TypeIndex};
use cranelift_codegen::ir::{Block, Function, InstructionData, UserExternalName, UserFuncName};
use cranelift_codegen::isa::{TargetFrontendConfig, TargetIsa};
use cranelift_frontend::FunctionBuilderContext;
use wasmparser::{FuncValidator, FunctionBody, ValidatorResources};

use self::function::FuncTranslator;
use self::visitor::Visitor;
use crate::error::BodyError;
use crate::limits::max_operands;
use crate::set::{Definition, Set};

pub use self::exception::caught_tag;
pub use self::numeric_int::long_inverse;
pub use self::signature::{POINTER, builtin_signature, clif_type, service_signature, wasm_signature};
pub use self::vmctx::stack_limit_at;

/// Namespace of wasm functions of a module alone, and of the first member of a set, in CLIF names; the index is the
/// function's.
const FUNCTION_NAMESPACE: u32 = 0;
/// Behind this, the other members of a set have a namespace each, by their numbers.
const MEMBER_NAMESPACE: u32 = 16;
/// Namespace of trampolines in CLIF names; nothing refers to them by name, but to the one below.
pub const TRAMPOLINE_NAMESPACE: u32 = 1;
/// Namespace of service trampolines in CLIF names; the index is the builtin's.
pub const SERVICE_NAMESPACE: u32 = 2;

/// What a function that the set defines is called in CLIF.
pub fn function_name(set: &Set<'_>, definition: Definition) -> UserExternalName {
    let namespace = match definition.member {
        0 => FUNCTION_NAMESPACE,
        member => MEMBER_NAMESPACE + member as u32,
    };
    let index = definition.index + set.module(definition.member).counts.imported_functions;
    UserExternalName { namespace, index }
}

/// The function of a name that [`function_name`] gave: its member, and its index there.
pub fn named_function(name: &UserExternalName) -> Option<(usize, u32)> {
    match name.namespace {
        FUNCTION_NAMESPACE => Some((0, name.index)),
        namespace => Some((namespace.checked_sub(MEMBER_NAMESPACE)? as usize, name.index)),
    }
}

/// What the translation of all functions of a compilation has in common.
#[derive(Clone, Copy)]
pub struct TranslateSettings {
    /// Calling convention of C functions and width of pointers.
    pub frontend_config: TargetFrontendConfig,
    /// Whether memories have the guard that [`aot_format::abi::Guard`] says. Without, every access is
    /// checked in full.
    pub guarded_memories: bool,
    /// Whether explicit bounds checks of memories also hold under misspeculation.
    pub spectre_heap: bool,
    /// Whether bounds checks of tables also hold under misspeculation.
    pub spectre_table: bool,
    /// Whether CLIF's `atomic_cas` of less than a word is atomic; see `atomic`.
    pub narrow_cas: bool,
    /// Whether CLIF's `atomic_cas` of 32 bits compares no more than these; see `atomic`.
    pub word_cas: bool,
}

impl TranslateSettings {
    /// The settings for an ISA, the Spectre mitigations as its flags say, memories guarded.
    pub fn new(isa: &dyn TargetIsa) -> TranslateSettings {
        TranslateSettings {
            frontend_config: isa.frontend_config(),
            guarded_memories: true,
            spectre_heap: isa.flags().enable_heap_access_spectre_mitigation(),
            spectre_table: isa.flags().enable_table_access_spectre_mitigation(),
            narrow_cas: isa.name() != "riscv64",
            word_cas: isa.name() != "aarch64" || has_lse(isa),
        }
    }
}

/// Whether an aarch64 has instructions for atomic read-modify-write operations.
fn has_lse(isa: &dyn TargetIsa) -> bool {
    isa.isa_flags().iter().any(|flag| flag.name == "has_lse" && flag.as_bool() == Some(true))
}

/// What a function is translated in.
#[derive(Clone, Copy)]
pub struct Surroundings<'a, 'data> {
    /// What is compiled together.
    pub set: &'a Set<'data>,
    /// How.
    pub settings: &'a TranslateSettings,
    /// Whether a function will be inlined where it is called, as far as that is known.
    pub inlined: &'a dyn Fn(Definition) -> bool,
}

/// Allocations that one thread reuses from function to function.
#[derive(Default)]
pub struct TranslateContext {
    builder: FunctionBuilderContext,
    state: function::State,
}

impl TranslateContext {
    /// An empty context.
    pub fn new() -> TranslateContext {
        TranslateContext::default()
    }

    /// The types of calls in the function translated last that go through a table or a reference.
    pub fn take_indirect_types(&mut self) -> BTreeSet<TypeIndex> {
        std::mem::take(&mut self.state.indirect_types)
    }
}

/// Translates the body of a function of the set and validates it in the same pass. The validator must be fresh, made for this body.
///
/// Source locations are wasm offsets; only calls and instructions that can trap have one. To see
/// the result as text, print it: `ir::Function` is `Display`.
///
/// # Errors
///
/// The first thing that is invalid, unsupported, or over a limit, with its wasm offset.
pub fn translate_function(
    cx: &mut TranslateContext,
    surroundings: Surroundings<'_, '_>,
    definition: Definition,
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<ValidatorResources>,
) -> Result<Function, BodyError> {
    let set = surroundings.set;
    let name = function_name(set, definition);
    let ty = set.module(definition.member).func_type(name.index);
    let mut func = Function::with_name_signature(UserFuncName::User(name), wasm_signature(ty));
    let translated = translate_body(cx, surroundings, definition.member, (&mut func, ty), body, validator);
    if translated.is_err() {
        // A builder that was left halfway leaves its context dirty.
        *cx = TranslateContext::default();
    }
    translated.map(|()| {
        locate_branches(&mut func);
        func
    })
}

/// A branch to a block that only traps becomes a conditional trap, where the branch stood: it has the place of the trap.
fn locate_branches(func: &mut Function) {
    let trap_in = |func: &Function, block: Block| {
        let first = func.layout.first_inst(block)?;
        matches!(func.dfg.insts[first], InstructionData::Trap { .. }).then(|| func.srcloc(first))
    };
    let blocks: Vec<Block> = func.layout.blocks().collect();
    for block in blocks {
        let Some(last) = func.layout.last_inst(block) else { continue };
        let InstructionData::Brif { blocks: targets, .. } = &func.dfg.insts[last] else { continue };
        let targets = targets.map(|target| target.block(&func.dfg.value_lists));
        if let Some(location) = targets.iter().find_map(|target| trap_in(func, *target)) {
            func.set_srcloc(last, location);
        }
    }
}

fn translate_body(
    cx: &mut TranslateContext,
    surroundings: Surroundings<'_, '_>,
    member: usize,
    (func, ty): (&mut Function, &FuncType),
    body: &FunctionBody<'_>,
    validator: &mut FuncValidator<ValidatorResources>,
) -> Result<(), BodyError> {
    let module = surroundings.set.module(member);
    let mut reader = body.get_binary_reader();
    let range = body.range();
    let limit = max_operands(range.end - range.start, module.bodies.len() as u64);
    let hints = module.branch_hints.of(validator.index());
    let mut translator = FuncTranslator::new(cx, surroundings, member, func, ty, body, hints)?;
    for _ in 0..reader.read_var_u32()? {
        let offset = reader.original_position();
        let count = reader.read()?;
        let ty = reader.read()?;
        validator.define_locals(offset, count, ty)?;
        translator.declare_locals(count, ty)?;
    }
    while !reader.eof() {
        let offset = reader.original_position();
        translator.set_offset(offset);
        let mut visitor = Visitor { validator, translator: &mut translator, offset };
        reader.visit_operator(&mut visitor)??;
        if translator.moved() > limit {
            let what = "the number of operands and exception handlers passed on";
            return Err(BodyError::TooLarge { what, limit, offset });
        }
    }
    let end = reader.original_position();
    reader.finish_expression(&validator.visitor(end))?;
    translator.finish();
    Ok(())
}
