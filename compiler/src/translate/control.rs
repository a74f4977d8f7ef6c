//! Structured control flow and branches.
//!
//! A label is a CLIF block whose parameters are the values a branch to it takes. The end of a block
//! gets its CLIF block even if nothing branches there, but enters the layout only if something does.
//! Operators after a branch are skipped until the frame's `else` or `end`; what is opened in there is
//! only counted.
//!
//! Where branch hints say that an edge is seldom taken, what only such edges lead to is **cold**: its
//! blocks are laid out behind all others. An end is cold if every edge to it is, the way from the last
//! operator before it included.

use aot_format::abi::TrapCode;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, InstBuilder, JumpTableData, Value};
use std::collections::BTreeMap;

use super::control_stack::{BlockTypes, Frame, FrameKind, Reached};
use super::function::FuncTranslator;
use super::signature::ValueKind;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn create_block_with(&mut self, params: &[ValueKind]) -> Block {
        let block = self.builder.create_block();
        for &kind in params {
            let param = self.builder.append_block_param(block, kind.clif);
            self.note_kind(param, kind);
        }
        block
    }

    pub(super) fn push_skipped(&mut self) {
        let types = BlockTypes { params: Vec::new(), results: Vec::new() };
        self.push_frame(FrameKind::Skipped, Block::from_u32(0), &types);
    }

    /// Opens a frame whose parameters are on the stack.
    pub(super) fn push_frame(&mut self, kind: FrameKind, label: Block, types: &BlockTypes) {
        let label_arity = if matches!(kind, FrameKind::Loop) { types.params.len() } else { types.results.len() };
        let height = self.state.stack.len() - types.params.len();
        let (results, outer_handlers) = (types.results.len(), self.state.handlers.len());
        let (end_reached, aside_cold) = (Reached::Never, self.cold);
        let frame = Frame { kind, label, label_arity, height, results, end_reached, aside_cold, outer_handlers };
        self.state.control.push(frame);
    }

    /// The label of a branch and the operands it takes, on top of the stack. Whoever asks branches.
    pub(super) fn branch_target(&mut self, depth: u32) -> (Block, usize) {
        let cold = self.cold;
        self.edge_target(depth, cold)
    }

    fn edge_target(&mut self, depth: u32, cold: bool) -> (Block, usize) {
        let frame = self.state.control.at(depth);
        frame.end_reached.by(cold);
        (frame.label, frame.label_arity)
    }

    /// Whether a branch of this depth returns from the function.
    fn is_return(&self, depth: u32) -> bool {
        depth as usize + 1 == self.state.control.len()
    }

    /// Branches to a label if a condition holds, with the topmost operands and perhaps one more.
    pub(super) fn branch_if(&mut self, condition: Value, depth: u32, extra: Option<Value>, when: bool) {
        let condition = self.condition(condition);
        let usually = self.usually_taken();
        let (label, arity) = self.edge_target(depth, self.cold || usually == Some(false));
        let mut args = self.branch_args(arity - usize::from(extra.is_some()));
        args.extend(extra.map(BlockArg::Value));
        let next = self.builder.create_block();
        if when {
            self.builder.ins().brif(condition, label, &args, next, &[]);
        } else {
            self.builder.ins().brif(condition, next, &[], label, &args);
        }
        // The way out of a loop is seldom taken each time round, but once a loop: not cold.
        let repeats = matches!(self.state.control.at(depth).kind, FrameKind::Loop);
        self.cold |= usually == Some(true) && !repeats;
        self.continue_in(next);
    }

    pub(super) fn visit_unreachable(&mut self) -> Result<(), BodyError> {
        self.trap(TrapCode::Unreachable);
        Ok(())
    }

    pub(super) fn visit_block(&mut self, blockty: wasmparser::BlockType) -> Result<(), BodyError> {
        if !self.is_reachable() {
            self.push_skipped();
            return Ok(());
        }
        let types = self.block_types(blockty);
        let end = self.create_block_with(&types.results);
        self.push_frame(FrameKind::Block, end, &types);
        Ok(())
    }

    pub(super) fn visit_loop(&mut self, blockty: wasmparser::BlockType) -> Result<(), BodyError> {
        if !self.is_reachable() {
            self.push_skipped();
            return Ok(());
        }
        let types = self.block_types(blockty);
        let header = self.create_block_with(&types.params);
        self.push_frame(FrameKind::Loop, header, &types);
        let args = self.branch_args(types.params.len());
        self.preload_memories();
        self.builder.ins().jump(header, &args);
        // Sealed at its end, when all branches back are known.
        if self.cold {
            self.builder.set_cold_block(header);
        }
        self.builder.switch_to_block(header);
        self.state.stack.truncate(self.state.stack.len() - args.len());
        self.state.stack.push_all(self.builder.block_params(header));
        Ok(())
    }

    pub(super) fn visit_if(&mut self, blockty: wasmparser::BlockType) -> Result<(), BodyError> {
        if !self.is_reachable() {
            self.push_skipped();
            return Ok(());
        }
        let types = self.block_types(blockty);
        let condition = self.pop();
        let condition = self.condition(condition);
        let (then_block, else_block) = (self.builder.create_block(), self.builder.create_block());
        let end = self.create_block_with(&types.results);
        self.builder.ins().brif(condition, then_block, &[], else_block, &[]);
        let params = self.state.stack.top(types.params.len()).to_vec();
        let (cold, usually) = (self.cold, self.usually_taken());
        self.cold = cold || usually == Some(true);
        self.push_frame(FrameKind::If { else_block, params }, end, &types);
        self.cold = cold || usually == Some(false);
        self.continue_in(then_block);
        Ok(())
    }

    pub(super) fn visit_else(&mut self) -> Result<(), BodyError> {
        let mut frame = self.state.control.pop();
        if let FrameKind::If { else_block, params } = frame.kind {
            self.fall_through(frame.label, frame.results, &mut frame.end_reached);
            self.cold = frame.aside_cold;
            self.start_else(else_block, frame.height, &params);
            frame.kind = FrameKind::Block;
        }
        self.state.control.push(frame);
        Ok(())
    }

    /// Jumps to the end of a frame with its results, if this point can be reached.
    pub(super) fn fall_through(&mut self, end: Block, results: usize, end_reached: &mut Reached) {
        if self.is_reachable() {
            let args = self.branch_args(results);
            self.builder.ins().jump(end, &args);
            end_reached.by(self.cold);
        }
    }

    fn start_else(&mut self, else_block: Block, height: usize, params: &[Value]) {
        self.state.stack.truncate(height);
        self.state.stack.push_all(params);
        self.continue_in(else_block);
    }

    pub(super) fn visit_end(&mut self) -> Result<(), BodyError> {
        let mut frame = self.state.control.pop();
        match frame.kind {
            FrameKind::Skipped => return Ok(()),
            FrameKind::Loop => {
                self.builder.seal_block(frame.label);
                if !self.is_reachable() {
                    self.state.stack.truncate(frame.height);
                }
                return Ok(());
            }
            FrameKind::Function => {
                self.end_function(&frame);
                return Ok(());
            }
            FrameKind::Block => {}
            FrameKind::TryTable { ref labels } => {
                self.fall_through(frame.label, frame.results, &mut frame.end_reached);
                self.set_unreachable();
                self.cold = frame.aside_cold;
                self.landing_pads(frame.outer_handlers, labels);
            }
            // A body that delegates is over; clauses have closed theirs.
            FrameKind::Try(_) => drop(self.state.handlers.close(frame.outer_handlers)),
            FrameKind::If { else_block, ref params } => {
                // No `else`: the false condition passes the parameters on as results.
                self.fall_through(frame.label, frame.results, &mut frame.end_reached);
                self.cold = frame.aside_cold;
                self.start_else(else_block, frame.height, params);
            }
        }
        self.fall_through(frame.label, frame.results, &mut frame.end_reached);
        self.state.stack.truncate(frame.height);
        if frame.end_reached != Reached::Never {
            self.cold = frame.end_reached == Reached::Cold;
            self.continue_in(frame.label);
            self.state.stack.push_all(self.builder.block_params(frame.label));
        } else {
            self.set_unreachable();
        }
        Ok(())
    }

    fn end_function(&mut self, frame: &Frame) {
        if self.is_reachable() {
            self.return_top();
        }
        if frame.end_reached != Reached::Never {
            self.cold = frame.end_reached == Reached::Cold;
            self.continue_in(frame.label);
            let results = self.builder.block_params(frame.label).to_vec();
            self.builder.ins().return_(&results);
            self.set_unreachable();
        }
    }

    /// Returns the topmost operands.
    fn return_top(&mut self) {
        let results = self.builder.func.signature.returns.len();
        self.builder.ins().return_(self.state.stack.top(results));
        self.set_unreachable();
    }

    pub(super) fn visit_br(&mut self, relative_depth: u32) -> Result<(), BodyError> {
        if self.is_return(relative_depth) {
            return self.visit_return();
        }
        let (label, arity) = self.branch_target(relative_depth);
        let args = self.branch_args(arity);
        self.builder.ins().jump(label, &args);
        self.set_unreachable();
        Ok(())
    }

    pub(super) fn visit_br_if(&mut self, relative_depth: u32) -> Result<(), BodyError> {
        let condition = self.pop();
        self.branch_if(condition, relative_depth, None, true);
        Ok(())
    }

    pub(super) fn visit_br_table(&mut self, targets: wasmparser::BrTable<'_>) -> Result<(), BodyError> {
        let index = self.pop();
        // One jump per label that takes values, not one per entry: entries are many, labels few.
        let mut edges = BTreeMap::new();
        let mut entries = Vec::with_capacity(targets.len() as usize);
        for depth in targets.targets() {
            entries.push(self.table_edge(depth?, &mut edges));
        }
        let default = self.table_edge(targets.default(), &mut edges);
        let table = self.builder.create_jump_table(JumpTableData::new(default, &entries));
        self.builder.ins().br_table(index, table);
        for (depth, edge) in edges {
            self.continue_in(edge);
            self.visit_br(depth)?;
        }
        self.set_unreachable();
        Ok(())
    }

    /// Where an entry of a jump table goes: to the label itself if it takes no values, otherwise to
    /// a block that branches there, one per label.
    fn table_edge(&mut self, depth: u32, edges: &mut BTreeMap<u32, Block>) -> BlockCall {
        let direct = self.state.control.at(depth).label_arity == 0;
        let block = if direct {
            self.branch_target(depth).0
        } else {
            let builder = &mut self.builder;
            *edges.entry(depth).or_insert_with(|| builder.create_block())
        };
        self.builder.func.dfg.block_call(block, &[])
    }

    pub(super) fn visit_return(&mut self) -> Result<(), BodyError> {
        self.return_top();
        Ok(())
    }

    pub(super) fn visit_br_on_null(&mut self, relative_depth: u32) -> Result<(), BodyError> {
        let reference = self.pop();
        let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.branch_if(is_null, relative_depth, None, true);
        self.push(reference);
        Ok(())
    }

    pub(super) fn visit_br_on_non_null(&mut self, relative_depth: u32) -> Result<(), BodyError> {
        let reference = self.pop();
        let is_null = self.builder.ins().icmp_imm_u(IntCC::Equal, reference, 0);
        self.branch_if(is_null, relative_depth, Some(reference), false);
        Ok(())
    }
}
