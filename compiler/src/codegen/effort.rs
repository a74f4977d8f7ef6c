//! Whether optimising a function costs more than it could be worth.
//!
//! Cranelift's mid-end looks, for each value, through the blocks that dominate its own, and for each value of a loop
//! through the loops around that: linear in practice, but a function that was made for it, of 30 KB, took a minute. Such
//! a function is compiled without the mid-end, which leaves it as right as any other.

use cranelift_codegen::Context;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::Function;
use cranelift_codegen::loop_analysis::LoopAnalysis;

/// Instructions times blocks up to which nothing need be looked at.
const SMALL: u64 = 1 << 26;
/// Most loops around a loop.
const MAX_LOOP_LEVEL: usize = 100;
/// Most steps up the dominator tree, from every instruction to the root: a second or two.
const MAX_STEPS: u64 = 1 << 28;

/// Whether a function, whose flow graph and dominator tree are known, is to be left as it is.
pub fn is_too_deep(context: &Context) -> bool {
    let Context { func, cfg, domtree, .. } = context;
    let pairs = (func.dfg.num_insts() as u64).saturating_mul(func.dfg.num_blocks() as u64);
    if pairs <= SMALL && !has_many_blocks(func) {
        return false;
    }
    let mut depths: SecondaryMap<_, u64> = SecondaryMap::new();
    let mut steps = 0u64;
    for &block in domtree.cfg_rpo() {
        let depth = domtree.idom(block).map_or(0, |dominator| depths[dominator] + 1);
        depths[block] = depth;
        steps = steps.saturating_add(depth.saturating_mul(func.layout.block_insts(block).count() as u64));
    }
    if steps > MAX_STEPS {
        return true;
    }
    let mut loops = LoopAnalysis::new();
    loops.compute(func, cfg, domtree);
    domtree.cfg_rpo().any(|block| loops.loop_level(*block).level() > MAX_LOOP_LEVEL)
}

/// Whether there can be loops as deep as that, in what is not small.
fn has_many_blocks(func: &Function) -> bool {
    func.dfg.num_blocks() > 2 * MAX_LOOP_LEVEL
}
