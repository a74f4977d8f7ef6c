//! Inlining of small functions, within a module and from one member of a set into another, before Cranelift optimises.
//!
//! What is inlined is small, for what it costs is certain and what it gains is not: a call is cheap, and a body that is
//! copied to many places takes registers, code and time. Within a module, whatever made it has inlined most of what was
//! worth it, so that only what is hardly larger than its call is; from one module into another nobody could, and more is.
//! What calls itself is inlined into itself, once: half of the calls.
//! Never inlined are functions that catch exceptions or call in tail position, into calls that can be caught, and into
//! code that is seldom reached.
//!
//! A back trace names functions as if nothing was inlined. So each instruction with a place in the wasm has, once it was
//! inlined, a number instead, of the [`Frames`] that stand for it.

use std::borrow::Cow;
use std::collections::HashMap;

use aot_format::types::ExternKind;
use aot_format::write::InlinedFrame;
use cranelift_codegen::Context;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{self, Block, ExternalName, FuncRef, Inst, Opcode, SourceLoc, Value};
use cranelift_codegen::traversals::Dfs;
use wasmparser::Operator;

use super::Environment;
use super::queue::{self, Threads};
use super::worker::Worker;
use crate::error::Error;
use crate::set::{Definition, Set};
use crate::translate;

/// CLIF instructions of the largest function that is inlined into its own module.
const MAX_LOCAL: usize = 24;
/// The same, into itself, once.
const MAX_ITSELF: usize = 60;
/// Calls of itself that are inlined, in a function.
const MAX_ITSELF_CALLS: usize = 8;
/// The same, into another module.
const MAX_FOREIGN: usize = 160;
/// Bytes of the largest body that is translated to see whether it is that small.
const MAX_LOCAL_BYTES: usize = 48;
/// The same, for what calls itself.
const MAX_ITSELF_BYTES: usize = 144;
/// The same, for what is inlined into another module.
const MAX_FOREIGN_BYTES: usize = 320;
/// A function may double its CLIF instructions, and grow by so many more.
const MAX_GROWTH: usize = 2_000;
/// Functions inlined into functions that are inlined, one into the other.
const MAX_DEPTH: usize = 8;

/// Set in the number that an inlined instruction has in place of a wasm offset. Modules are smaller.
const INLINED: u32 = 1 << 31;
const _: () = assert!(crate::limits::MAX_MODULE_BYTES <= INLINED as u64);

/// The functions that a back trace names for an instruction: innermost first, and last the one that has its code.
pub type Frames = Vec<InlinedFrame>;

/// Bodies that may be inlined, by function.
#[derive(Default)]
pub struct Bodies(HashMap<Definition, Inlinee>);

/// A body that may be inlined, what is to be inlined into it inlined already.
struct Inlinee {
    function: ir::Function,
    frames: Vec<Frames>,
    size: usize,
    /// Its blocks that can be reached, in the order of the layout.
    blocks: Vec<Block>,
}

impl Bodies {
    /// Those of a set.
    ///
    /// What is invalid is not among them: whoever compiles all functions finds the first.
    ///
    /// # Errors
    ///
    /// [`Error::Threads`], and [`Error::Codegen`] where one cannot be inlined into another.
    pub fn of(environment: Environment<'_>, set: &Set<'_>, threads: &Threads) -> Result<Bodies, Error> {
        let candidates = candidates(set);
        let weights: Vec<u64> = candidates.iter().map(|candidate| set.body_bytes(*candidate) as u64).collect();
        let translated = queue::run(threads, &weights, Worker::new, |worker, index| {
            Ok(worker.translate(environment, set, &Bodies::default(), candidates[index]).ok())
        })?;
        let usable = candidates.into_iter().zip(translated).filter_map(|(candidate, function)| {
            let function = function.filter(is_inlinable)?;
            Some((candidate, function))
        });
        let mut waiting: HashMap<Definition, ir::Function> = usable.collect();
        let mut order: Vec<Definition> = waiting.keys().copied().collect();
        order.sort_unstable();
        let mut bodies = Bodies::default();
        for candidate in order {
            bodies.finish(set, candidate, &mut waiting, 0)?;
        }
        Ok(bodies)
    }

    /// Whether a function is inlined wherever it is called, but for code that is seldom reached or has grown too much.
    pub fn is_inlined(&self, function: Definition) -> bool {
        self.0.get(&function).is_some_and(|body| body.size <= MAX_LOCAL)
    }

    /// Makes a candidate ready, those first that it calls. One that is being made, in a circle, is not inlined there.
    fn finish(
        &mut self,
        set: &Set<'_>,
        candidate: Definition,
        waiting: &mut HashMap<Definition, ir::Function>,
        depth: usize,
    ) -> Result<(), Error> {
        let Some(mut function) = waiting.remove(&candidate) else { return Ok(()) };
        if depth < MAX_DEPTH {
            for callee in callees(set, &function) {
                self.finish(set, callee, waiting, depth + 1)?;
            }
        }
        let frames = self.inline_into(set, candidate, &mut function);
        let frames = frames.map_err(|reason| Error::Codegen { function: super::label(set, candidate), reason })?;
        let size = size(&function);
        if size <= MAX_FOREIGN {
            let reached: std::collections::HashSet<Block> = Dfs::new().pre_order_iter(&function).collect();
            let blocks = function.layout.blocks().filter(|block| reached.contains(block)).collect();
            self.0.insert(candidate, Inlinee { function, frames, size, blocks });
        }
        Ok(())
    }

    /// Inlines into a function, and gives the frames that numbers in its source locations stand for.
    pub fn inline_into(
        &self,
        set: &Set<'_>,
        caller: Definition,
        function: &mut ir::Function,
    ) -> Result<Vec<Frames>, String> {
        if !callees(set, function).iter().any(|callee| self.0.contains_key(callee)) {
            return Ok(Vec::new());
        }
        let mut inliner =
            Inliner { bodies: self, set, caller, left: size(function) + MAX_GROWTH, of_itself: 0, inlined: Vec::new() };
        let mut context = Context::for_function(std::mem::replace(function, ir::Function::new()));
        let done = context.inline(&mut inliner).map_err(|error| error.to_string());
        *function = context.func;
        done?;
        let Inliner { inlined, .. } = inliner;
        let mut places = Places { set, caller, frames: Vec::new() };
        for Site { block, callee, location } in inlined {
            if let Some(body) = self.0.get(&callee) {
                places.place(function, block, location, callee, body)?;
            }
        }
        Ok(places.frames)
    }
}

/// The number of the frames that stand for a source location, if it was inlined.
pub fn frames_of(frames: &[Frames], location: u32) -> Option<&Frames> {
    frames.get((location & !INLINED) as usize).filter(|_| location & INLINED != 0)
}

/// Functions that are small enough to be translated for others, and that somebody calls who could take them in.
fn candidates(set: &Set<'_>) -> Vec<Definition> {
    let foreign: std::collections::HashSet<Definition> = set.bound_functions().collect();
    let small = |function: &Definition| {
        let limit = if foreign.contains(function) { MAX_FOREIGN_BYTES } else { MAX_LOCAL_BYTES };
        let bytes = set.body_bytes(*function);
        bytes <= limit || bytes <= MAX_ITSELF_BYTES && calls_itself(set, *function)
    };
    super::definitions(set).filter(small).collect()
}

fn calls_itself(set: &Set<'_>, function: Definition) -> bool {
    let body = &set.module(function.member).bodies[function.index as usize].body;
    let is_call = |operator: Operator<'_>| match operator {
        Operator::Call { function_index } => {
            set.definition(function.member, ExternKind::Func, function_index) == Some(function)
        }
        _ => false,
    };
    body.get_operators_reader().is_ok_and(|operators| operators.into_iter().flatten().any(is_call))
}

/// Instructions of a function, which its code grows with.
fn size(function: &ir::Function) -> usize {
    function.layout.blocks().map(|block| function.layout.block_insts(block).count()).sum()
}

fn is_inlinable(function: &ir::Function) -> bool {
    let mut insts = function.layout.blocks().flat_map(|block| function.layout.block_insts(block));
    let excluded = |opcode: Opcode| {
        matches!(opcode, Opcode::ReturnCall | Opcode::ReturnCallIndirect | Opcode::TryCall | Opcode::TryCallIndirect)
    };
    size(function) <= MAX_FOREIGN && !insts.any(|inst| excluded(function.dfg.insts[inst].opcode()))
}

/// The functions of the set that a function calls directly, in order.
fn callees(set: &Set<'_>, function: &ir::Function) -> Vec<Definition> {
    let named = function.dfg.ext_funcs.keys().filter_map(|callee| definition(set, function, callee));
    named.collect()
}

/// The function of the set that a reference in CLIF is to.
fn definition(set: &Set<'_>, function: &ir::Function, callee: FuncRef) -> Option<Definition> {
    let ExternalName::User(name) = function.dfg.ext_funcs[callee].name else { return None };
    let (member, index) = translate::named_function(function.params.user_named_funcs().get(name)?)?;
    set.definition(member, ExternKind::Func, index)
}

/// A call that was inlined.
struct Site {
    /// The block that ended with it; the blocks of the callee follow.
    block: Block,
    callee: Definition,
    /// Its place.
    location: SourceLoc,
}

struct Inliner<'a, 'data> {
    bodies: &'a Bodies,
    set: &'a Set<'data>,
    caller: Definition,
    /// Instructions that the caller may still grow by.
    left: usize,
    /// Calls of the caller itself.
    of_itself: usize,
    inlined: Vec<Site>,
}

impl Inline for Inliner<'_, '_> {
    fn inline(
        &mut self,
        caller: &ir::Function,
        inst: Inst,
        opcode: Opcode,
        callee: FuncRef,
        _: &[Value],
    ) -> InlineCommand<'_> {
        let block = caller.layout.inst_block(inst).filter(|block| !caller.layout.is_cold(*block));
        let (Opcode::Call, Some(block), Some(function)) = (opcode, block, definition(self.set, caller, callee)) else {
            return InlineCommand::KeepCall;
        };
        let limit = match function.member == self.caller.member {
            true if function == self.caller && self.of_itself < MAX_ITSELF_CALLS => MAX_ITSELF,
            true if function == self.caller => 0,
            true => MAX_LOCAL,
            false => MAX_FOREIGN,
        };
        let signature = &caller.dfg.signatures[caller.dfg.ext_funcs[callee].signature];
        let fits = |body: &&Inlinee| body.size <= limit.min(self.left) && body.function.signature == *signature;
        let Some(body) = self.bodies.0.get(&function).filter(fits) else { return InlineCommand::KeepCall };
        self.left -= body.size;
        self.of_itself += usize::from(function == self.caller);
        self.inlined.push(Site { block, callee: function, location: caller.srcloc(inst) });
        InlineCommand::Inline { callee: Cow::Borrowed(&body.function), visit_callee: false }
    }
}

/// Gives inlined instructions their places.
struct Places<'a, 'data> {
    set: &'a Set<'data>,
    caller: Definition,
    frames: Vec<Frames>,
}

impl Places<'_, '_> {
    /// The blocks of `body`, inlined behind `block` in the place of a call at `location`: they are in the same order, and
    /// have an instruction for each of its own.
    fn place(
        &mut self,
        function: &mut ir::Function,
        block: Block,
        location: SourceLoc,
        callee: Definition,
        body: &Inlinee,
    ) -> Result<(), String> {
        let outer = self.frames_at(location, self.caller, &[]);
        let mut known: HashMap<SourceLoc, SourceLoc> = HashMap::new();
        let mut block = block;
        for own in &body.blocks {
            block = function.layout.next_block(block).ok_or("an inlined body has less blocks than its function")?;
            let copies: Vec<Inst> = function.layout.block_insts(block).collect();
            let own: Vec<Inst> = body.function.layout.block_insts(*own).collect();
            if copies.len() != own.len() {
                return Err("an inlined block has not the instructions of its function".to_owned());
            }
            for (copy, own) in copies.into_iter().zip(own) {
                // One that has none stands for others that it takes in: a load, say.
                let location = body.function.srcloc(own);
                let new = *known.entry(location).or_insert_with(|| {
                    let inner = self.frames_at(location, callee, &body.frames);
                    self.frames.push([inner, outer.clone()].concat());
                    SourceLoc::new(INLINED | (self.frames.len() - 1) as u32)
                });
                function.set_srcloc(copy, new);
            }
        }
        Ok(())
    }

    fn frame(&self, function: Definition, location: SourceLoc) -> InlinedFrame {
        let module = self.set.module(function.member);
        let wasm_offset = match location.is_default() {
            false => location.bits(),
            // As for what was not inlined: the start of the body.
            true => module.bodies[function.index as usize].body.range().start as u32,
        };
        let index = module.counts.imported_functions + function.index;
        InlinedFrame { member: function.member as u32, function: index, wasm_offset }
    }

    /// The frames of a place in a function with these.
    fn frames_at(&self, location: SourceLoc, function: Definition, frames: &[Frames]) -> Frames {
        let known = frames_of(frames, location.bits()).filter(|_| !location.is_default());
        known.cloned().unwrap_or_else(|| vec![self.frame(function, location)])
    }
}

#[cfg(test)]
mod tests {
    use aot_format::cpu::Isa;

    use crate::codegen::test_support::assembly;

    /// How often a function calls that calls itself `calls` times, and multiplies `more` times.
    fn calls_in_code(calls: usize, more: usize) -> usize {
        let call = "(local.set 1 (i32.add (local.get 1) (call $f (i32.sub (local.get 0) (i32.const 1)))))";
        let more = "(local.set 1 (i32.mul (local.get 1) (local.get 0)))".repeat(more);
        let text = format!(
            r#"(module (func $f (export "f") (param i32) (result i32) (local i32)
                (if (i32.eqz (local.get 0)) (then (return (i32.const 1)))) {} {more} (local.get 1)))"#,
            call.repeat(calls)
        );
        assembly(Isa::X86_64, &text).split(";; ").nth(1).map_or(0, |text| text.matches(" call ").count())
    }

    #[test]
    fn several_likely_callees_are_inlined() {
        let text = r#"(module
            (type $t (func (param i32) (result i32)))
            (table 4 funcref)
            (elem (i32.const 1) func $a $b $c)
            (func $a (type $t) (i32.mul (local.get 0) (i32.const 3)))
            (func $b (type $t) (i32.xor (local.get 0) (i32.const 5)))
            (func $c (type $t) (i32.load (local.get 0)))
            (memory 1)
            (func (export "f") (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 1))))"#;
        let assembly = assembly(Isa::X86_64, text);
        let caller = assembly.rsplit(";; ").next().unwrap_or_default();
        // What is left is the call of whatever else the table may hold.
        assert!(caller.contains("imul") && caller.contains("xor"), "{caller}");
        assert_eq!(caller.matches(" call").count(), 1, "{caller}");
    }

    #[test]
    fn the_error_is_that_of_the_first_function_whatever_is_small() {
        let large = "(drop (i32.const 1000))".repeat(40);
        let wat = format!("(module (func {large} (i64.const 1)) (func (i64.const 2)))");
        let wasm = wat::parse_str(wat).unwrap();
        for inlines in [true, false] {
            let compiler = crate::Compiler::new(crate::Options::new().inlining(inlines)).unwrap();
            let errors = [compiler.compile(&wasm).map(drop), compiler.clif(&wasm).map(drop)];
            for error in errors {
                let error = error.unwrap_err().to_string();
                assert!(error.contains("function 0"), "{error}");
            }
        }
    }

    #[test]
    fn what_calls_itself_is_inlined_into_itself_once() {
        // More than what is inlined elsewhere, and not too much.
        assert_eq!(calls_in_code(1, 6), 1);
        assert_eq!(calls_in_code(2, 6), 4);
        assert_eq!(calls_in_code(2, 40), 2);
    }
}
