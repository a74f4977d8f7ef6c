//! One function through translation and Cranelift, and what a thread reuses from one to the next.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use aot_format::abi::TrapCode;
use aot_format::types::{ExternKind, TypeIndex};
use aot_format::write::{CallSite, Handler, Inlined, StackMap};
use cranelift_codegen::binemit::{Addend, Reloc};
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::isa::TargetIsa;
use cranelift_codegen::settings::OptLevel;
use cranelift_codegen::{
    CodegenResult, CompiledCode, Context, ExceptionContextLoc, FinalizedMachExceptionHandler, FinalizedRelocTarget, ir,
};
use wasmparser::{FuncToValidate, FuncValidatorAllocations};

use super::inline::{self, Bodies, Frames};
use super::placement::Placement;
use super::{Environment, addresses, back_edges, effort, extensions, label, relax};
use crate::error::{BodyError, Error};
use crate::module::Body;
use crate::set::{Definition, Set};
use crate::translate::{self, Surroundings, TranslateContext, trap};

/// A reference from code to one of the module's own functions, or to what cannot be bound.
#[derive(Clone, Debug)]
pub struct Relocation {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// Kind of relocation.
    pub kind: Reloc,
    /// Added to the target.
    pub addend: Addend,
    /// Name of the target.
    pub target: Target,
}

/// What a relocation refers to.
#[derive(Clone, Debug)]
pub enum Target {
    /// A function of a member of the set.
    Function(Definition),
    /// A service trampoline, by the number of its builtin.
    Service(u32),
    /// Something that an artifact does not have, printed.
    Other(String),
}

/// Machine code of one function, not placed yet. Offsets are from its start.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// Machine code with its constants.
    pub code: Vec<u8>,
    /// Alignment in bytes that the code needs.
    pub alignment: u32,
    /// Where in its cache line it had better start, if that is known.
    pub placement: Option<Placement>,
    /// What is to be bound.
    pub relocations: Vec<Relocation>,
    /// Trapping instructions, offsets ascending.
    pub traps: Vec<(u32, TrapCode)>,
    /// Calls that have exception handlers, return offsets ascending.
    pub call_sites: Vec<CallSite>,
    /// Calls across which the function keeps managed references, return offsets ascending.
    pub stack_maps: Vec<StackMap>,
    /// Where each run of one wasm offset begins, ascending.
    pub addresses: Vec<(u32, u32)>,
    /// Which of these were inlined, ascending.
    pub inlined: Vec<Inlined>,
    /// Types of indirect calls in the function. Host functions of these types may come to be called, so each needs a
    /// host-call trampoline.
    pub indirect_types: BTreeSet<TypeIndex>,
}

/// What one thread reuses from function to function.
pub struct Worker {
    context: Context,
    registers: regalloc2::Ctx,
    translate: TranslateContext,
    validator: FuncValidatorAllocations,
}

impl Worker {
    /// With nothing allocated yet.
    pub fn new() -> Worker {
        Worker {
            context: Context::new(),
            registers: Default::default(),
            translate: TranslateContext::new(),
            validator: Default::default(),
        }
    }

    /// wasm → CLIF.
    pub fn translate(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        inlinees: &Bodies,
        definition: Definition,
    ) -> Result<ir::Function, Error> {
        self.guarded(set, definition, |worker| worker.translate_body(environment, set, inlinees, definition))
    }

    /// wasm → CLIF → machine code.
    pub fn compile(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        inlinees: &Bodies,
        definition: Definition,
    ) -> Result<Compiled, Error> {
        self.guarded(set, definition, |worker| {
            let (function, frames) = worker.inlined_body(environment, set, inlinees, definition)?;
            let indirect_types = worker.translate.take_indirect_types();
            let body = body_of(set, definition);
            let start = u32::try_from(body.body.range().start).unwrap_or(u32::MAX);
            let mut compiled = worker
                .code(environment, function, false, |code, func| {
                    extract(environment, code, func, (start, &frames), set)
                })
                .and_then(|extracted| extracted)
                .map_err(|reason| Error::Codegen { function: label(set, definition), reason })?;
            compiled.indirect_types = indirect_types;
            Ok(compiled)
        })
    }

    /// wasm → CLIF → machine code, printed.
    pub fn disassemble(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        inlinees: &Bodies,
        definition: Definition,
    ) -> Result<String, Error> {
        self.guarded(set, definition, |worker| {
            let (function, _) = worker.inlined_body(environment, set, inlinees, definition)?;
            worker
                .code(environment, function, true, |code, _| code.vcode.clone().unwrap_or_default())
                .map_err(|reason| Error::Codegen { function: label(set, definition), reason })
        })
    }

    /// A trampoline's CLIF, as `build` gives it → machine code. The error is what went wrong.
    pub fn compile_trampoline(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        build: impl FnOnce() -> ir::Function,
    ) -> Result<Compiled, String> {
        let compile = |worker: &mut Worker| {
            worker
                .code(environment, build(), false, |code, func| extract(environment, code, func, (0, &[]), set))
                .and_then(|extracted| extracted)
        };
        self.catching(compile, |message| format!("internal error: the compiler panicked: {message}"))
    }

    fn translate_body(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        inlinees: &Bodies,
        definition: Definition,
    ) -> Result<ir::Function, Error> {
        let body = body_of(set, definition);
        let to_validate = &body.to_validate;
        let to_validate = FuncToValidate {
            resources: to_validate.resources.clone(),
            index: to_validate.index,
            ty: to_validate.ty,
            features: to_validate.features,
        };
        let mut validator = to_validate.into_validator(std::mem::take(&mut self.validator));
        let inlined = |callee| inlinees.is_inlined(callee);
        let surroundings = Surroundings { set, settings: environment.settings, inlined: &inlined };
        let cx = &mut self.translate;
        let translated = translate::translate_function(cx, surroundings, definition, &body.body, &mut validator);
        self.validator = validator.into_allocations();
        let mut function = translated.map_err(|error| explain(set, definition, error))?;
        if let Some(tamper) = environment.tamper {
            tamper(&mut function);
        }
        Ok(function)
    }

    /// wasm → CLIF, with what is inlined, and the frames that stand for that.
    fn inlined_body(
        &mut self,
        environment: Environment<'_>,
        set: &Set<'_>,
        inlinees: &Bodies,
        definition: Definition,
    ) -> Result<(ir::Function, Vec<Frames>), Error> {
        let mut function = self.translate_body(environment, set, inlinees, definition)?;
        let frames = inlinees
            .inline_into(set, definition, &mut function)
            .map_err(|reason| Error::Codegen { function: label(set, definition), reason })?;
        Ok((function, frames))
    }

    /// CLIF → machine code, from which `take` takes what it needs.
    fn code<T>(
        &mut self,
        environment: Environment<'_>,
        function: ir::Function,
        disassemble: bool,
        take: impl FnOnce(&CompiledCode, &ir::Function) -> T,
    ) -> Result<T, String> {
        self.context.func = function;
        let compiled = self.optimise(environment).and_then(|isa| {
            let control = &mut ControlPlane::default();
            let Worker { context, registers, .. } = self;
            isa.compile_function(&context.func, &context.domtree, registers, disassemble, control)
        });
        let func = &self.context.func;
        let taken = match compiled {
            Ok(code) => Ok(take(&code.apply_params(&func.params), func)),
            Err(error) => Err(cranelift_codegen::print_errors::pretty_error(func, error)),
        };
        self.context.clear();
        taken
    }

    /// The steps of `Context::optimize`, with this project's own between them; the ISA to go on with. What that has in
    /// another version of Cranelift has to be here, too.
    fn optimise<'a>(&mut self, environment: Environment<'a>) -> CodegenResult<&'a dyn TargetIsa> {
        let context = &mut self.context;
        if environment.isa.flags().enable_nan_canonicalization() {
            context.canonicalize_nans(environment.isa)?;
        }
        context.verify_if(environment.isa)?;
        context.flowgraph();
        context.eliminate_unreachable_code(environment.isa)?;
        context.remove_constant_phis(environment.isa)?;
        context.func.dfg.resolve_all_aliases();
        if effort::is_too_deep(context) {
            return Ok(environment.unoptimised);
        }
        let isa = environment.isa;
        if isa.flags().opt_level() == OptLevel::None {
            return Ok(isa);
        }
        addresses::fold_sums(&mut context.func);
        context.egraph_pass(isa, &mut ControlPlane::default())?;
        back_edges::compare_sums(&mut context.func);
        if isa.name() == "x64" {
            extensions::widen(&mut context.func);
        }
        context.verify_if(isa)?;
        Ok(isa)
    }

    /// Runs `work` on a function of the set.
    fn guarded<T>(
        &mut self,
        set: &Set<'_>,
        definition: Definition,
        work: impl FnOnce(&mut Worker) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.catching(work, |message| Error::Panic { function: label(set, definition), message })
    }

    /// Runs `work` so that a panic in it is an error: a module must never take down the process that
    /// compiles it.
    fn catching<T, E>(
        &mut self,
        work: impl FnOnce(&mut Worker) -> Result<T, E>,
        panicked: impl FnOnce(String) -> E,
    ) -> Result<T, E> {
        catch_unwind(AssertUnwindSafe(|| work(self))).unwrap_or_else(|panic| {
            // Whatever it was working on is half done.
            *self = Worker::new();
            let message = panic.downcast_ref::<String>().map(String::as_str);
            let message = message.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message");
            Err(panicked(message.to_owned()))
        })
    }
}

fn explain(set: &Set<'_>, definition: Definition, error: BodyError) -> Error {
    let module = set.module(definition.member);
    error.explain(module.wasm, Some(label(set, definition)), module.admitted)
}

/// The body of a function.
fn body_of<'a, 'data>(set: &'a Set<'data>, definition: Definition) -> &'a Body<'data> {
    &set.module(definition.member).bodies[definition.index as usize]
}

/// Copies out of Cranelift's buffers what placement needs.
fn extract(
    environment: Environment<'_>,
    code: &CompiledCode,
    func: &ir::Function,
    (body_start, frames): (u32, &[Frames]),
    set: &Set<'_>,
) -> Result<Compiled, String> {
    let buffer = &code.buffer;
    let relocations = buffer.relocs().iter().map(|relocation| Relocation {
        offset: relocation.offset,
        kind: relocation.kind,
        addend: relocation.addend,
        target: target(&relocation.target, func, set),
    });
    let mut traps: Vec<(u32, TrapCode)> = buffer
        .traps()
        .iter()
        .filter(|trap| !trap::is_guard_fault(trap.code))
        .filter_map(|trap| trap::from_clif(trap.code).map(|code| (trap.offset, code)))
        .collect();
    traps.sort_by_key(|(offset, _)| *offset);
    traps.dedup_by_key(|(offset, _)| *offset);
    let (addresses, inlined) = addresses(code, body_start, frames);
    let mut compiled = Compiled {
        code: buffer.data().to_vec(),
        alignment: buffer.alignment,
        placement: None,
        relocations: relocations.collect(),
        traps,
        call_sites: call_sites(code)?,
        stack_maps: stack_maps(code),
        addresses,
        inlined,
        indirect_types: BTreeSet::new(),
    };
    if environment.isa.name() == "x64" {
        // A table is the last of its block, and so of what has one source location.
        let locations = buffer.get_srclocs_sorted();
        let table_end = |start| {
            let behind = locations.partition_point(|location| location.start < start);
            behind.checked_sub(1).map(|last| locations[last].end)
        };
        compiled.relax(table_end, environment)?;
    }
    Ok(compiled)
}

impl Compiled {
    /// Makes the code shorter, and places it by its loops.
    fn relax(&mut self, table_end: impl Fn(u32) -> Option<u32>, environment: Environment<'_>) -> Result<(), String> {
        self.relocations.sort_by_key(|relocation| relocation.offset);
        let relocated: Vec<u32> = self.relocations.iter().map(|relocation| relocation.offset).collect();
        let mut marks = Vec::new();
        self.each_offset(|offset| marks.push(*offset));
        let Some(relaxed) = relax::relax(&self.code, &relocated, marks, &table_end) else { return Ok(()) };
        if environment.isa.flags().enable_verifier() && !relax::is_same(&self.code, &relaxed, &relocated, table_end) {
            return Err("shorter branches changed its code".to_owned());
        }
        self.each_offset(|offset| *offset = relaxed.moved(*offset));
        for relocation in &mut self.relocations {
            relocation.offset = relaxed.moved(relocation.offset);
        }
        if environment.align_functions {
            self.placement = Some(Placement::of(relaxed.code.len(), relaxed.loops, &relaxed.tables));
        }
        self.code = relaxed.code;
        Ok(())
    }

    /// Offsets of instructions, but not those in them.
    fn each_offset(&mut self, mut each: impl FnMut(&mut u32)) {
        self.traps.iter_mut().for_each(|(offset, _)| each(offset));
        for site in &mut self.call_sites {
            each(&mut site.return_offset);
            site.handlers.iter_mut().for_each(|handler| each(&mut handler.landing_pad));
        }
        self.stack_maps.iter_mut().for_each(|map| each(&mut map.return_offset));
        self.addresses.iter_mut().for_each(|(offset, _)| each(offset));
        self.inlined.iter_mut().for_each(|inlined| each(&mut inlined.text_offset));
    }
}

/// Calls that have exception handlers.
fn call_sites(code: &CompiledCode) -> Result<Vec<CallSite>, String> {
    let mut sites = Vec::new();
    for site in code.buffer.call_sites() {
        let mut vmctx_offset = None;
        let mut handlers = Vec::with_capacity(site.exception_handlers.len());
        for handler in site.exception_handlers {
            match *handler {
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::SPOffset(offset)) => {
                    vmctx_offset = Some(offset);
                }
                FinalizedMachExceptionHandler::Context(ExceptionContextLoc::GPR(_)) => {
                    return Err("the vmctx is in a register that the call does not keep".to_owned());
                }
                FinalizedMachExceptionHandler::Tag(tag, landing_pad) => {
                    handlers.push(Handler { tag: translate::caught_tag(tag), landing_pad });
                }
                FinalizedMachExceptionHandler::Default(_) => {
                    return Err("a call has a handler without a tag".to_owned());
                }
            }
        }
        if handlers.is_empty() {
            continue;
        }
        let (Some(frame_bytes), Some(vmctx_offset)) = (site.frame_offset, vmctx_offset) else {
            return Err("a call with handlers does not say where its frame is".to_owned());
        };
        sites.push(CallSite { return_offset: site.ret_addr, frame_bytes, vmctx_offset, handlers });
    }
    sites.sort_by_key(|site| site.return_offset);
    Ok(sites)
}

/// Where the function keeps managed references across calls.
fn stack_maps(code: &CompiledCode) -> Vec<StackMap> {
    let maps = code.buffer.user_stack_maps().iter();
    maps.map(|(return_offset, frame_bytes, map)| {
        let mut slots: Vec<u32> = map.entries().map(|(_, offset)| offset).collect();
        slots.sort_unstable();
        StackMap { return_offset: *return_offset, frame_bytes: *frame_bytes, slots }
    })
    .collect()
}

fn target(target: &FinalizedRelocTarget, func: &ir::Function, set: &Set<'_>) -> Target {
    if let FinalizedRelocTarget::ExternalName(ir::ExternalName::User(name)) = target
        && let Some(name) = func.params.user_named_funcs().get(*name)
    {
        if name.namespace == translate::SERVICE_NAMESPACE {
            return Target::Service(name.index);
        }
        if let Some((member, index)) = translate::named_function(name)
            && let Some(definition) = set.definition(member, ExternKind::Func, index)
        {
            return Target::Function(definition);
        }
    }
    Target::Other(target.display(Some(&func.params)))
}

/// The address map of a function: an entry for each run of calls and trapping instructions with one
/// wasm offset. Other instructions never stand in a back trace, so they need none. What has no
/// source location (the stack check) is at the start of the body, and so is where the function begins:
/// by that, a back trace tells how far in its function an instruction is. What was inlined has the offset in the
/// wasm of the innermost function.
fn addresses(code: &CompiledCode, body_start: u32, frames: &[Frames]) -> (Vec<(u32, u32)>, Vec<Inlined>) {
    let buffer = &code.buffer;
    // A frame is looked up by the byte before its return address.
    let calls = buffer.call_sites().map(|site| site.ret_addr.saturating_sub(1));
    let mut points: Vec<u32> = calls.chain(buffer.traps().iter().map(|trap| trap.offset)).collect();
    points.sort_unstable();
    let mut locations = buffer.get_srclocs_sorted().iter().peekable();
    let mut entries: Vec<(u32, u32)> = points.first().map(|_| (0, body_start)).into_iter().collect();
    for point in points {
        while locations.next_if(|location| location.end <= point).is_some() {}
        let here = locations.peek().filter(|location| location.start <= point && !location.loc.is_default());
        let (start, wasm) = here.map_or((point, body_start), |location| (location.start, location.loc.bits()));
        match entries.last() {
            Some((_, last)) if *last == wasm => {}
            Some((last_start, _)) => entries.push((start.max(last_start + 1), wasm)),
            None => entries.push((start, wasm)),
        }
    }
    let mut inlined = Vec::new();
    for (text_offset, wasm) in &mut entries {
        if let Some(frames) = inline::frames_of(frames, *wasm) {
            *wasm = frames.first().map_or(body_start, |frame| frame.wasm_offset);
            inlined.push(Inlined { text_offset: *text_offset, frames: frames.clone() });
        }
    }
    (entries, inlined)
}
