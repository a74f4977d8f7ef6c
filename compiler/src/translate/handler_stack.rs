//! The handler stack: what an exception that comes out of a call meets, in the frames that are open
//! there. What a handler does is not known here.

use std::collections::HashSet;

use cranelift_codegen::ir::Block;

use super::exception::Clause;

/// One clause of an open `try_table` or `try`.
pub struct Handler {
    /// What it catches.
    pub clause: Clause,
    /// Where it begins.
    pub landing_pad: Block,
    /// Whether any call can go there.
    pub used: bool,
}

enum Entry {
    Handler(Handler),
    /// A `try` that ends with `delegate`: asked next is the last of the first `outer` entries, which is
    /// a handler, if there is one.
    Delegate {
        outer: usize,
    },
}

/// Handlers that are looked at in the time that an operand takes.
const ASKED_FOR_AN_OPERAND: u64 = 64;
/// Handlers of which a set would cost more than it saves.
const FEW: usize = 16;

/// Handlers, the next to be asked last.
#[derive(Default)]
pub struct HandlerStack {
    entries: Vec<Entry>,
    /// Handlers that calls may meet, one call after the other.
    met: u64,
    /// Handlers that were looked at for that.
    asked: u64,
}

impl HandlerStack {
    /// Removes everything; for the next function.
    pub fn clear(&mut self) {
        self.entries.clear();
        (self.met, self.asked) = (0, 0);
    }

    /// What calls so far cost, in operands: an entry of a table for each handler that they may meet, and time for each
    /// that stands in between.
    pub fn cost(&self) -> u64 {
        self.met + self.asked / ASKED_FOR_AN_OPERAND
    }

    /// A place in the stack, to come back to with [`HandlerStack::close`].
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Opens a handler. The clauses of a frame are pushed from the last to the first.
    pub fn push(&mut self, clause: Clause, landing_pad: Block) {
        self.entries.push(Entry::Handler(Handler { clause, landing_pad, used: false }));
    }

    /// Hides all but the first `outer` entries.
    pub fn delegate(&mut self, outer: usize) {
        let outer = self.asked_before(outer);
        self.entries.push(Entry::Delegate { outer });
    }

    /// Closes what stands above the first `outer` entries; gives the handlers, the first clause last.
    pub fn close(&mut self, outer: usize) -> Vec<Handler> {
        let handler = |entry| match entry {
            Entry::Handler(handler) => Some(handler),
            Entry::Delegate { .. } => None,
        };
        self.entries.drain(outer..).filter_map(handler).collect()
    }

    /// The number of entries whose last is the handler asked first, where only the first `count` are open.
    fn asked_before(&self, count: usize) -> usize {
        match count.checked_sub(1).map(|last| &self.entries[last]) {
            // It leads to no other: those were followed when it was pushed.
            Some(Entry::Delegate { outer }) => *outer,
            _ => count,
        }
    }

    /// Whether an exception meets any handler.
    pub fn is_any_reached(&self) -> bool {
        self.asked_before(self.entries.len()) > 0
    }

    /// The handlers that an exception meets, in the order in which they are asked. From now on they
    /// count as used.
    pub fn reached(&mut self) -> Vec<(Clause, Block)> {
        let mut reached: Vec<(Clause, Block)> = Vec::new();
        let mut caught: HashSet<Option<u32>> = HashSet::new();
        let mut count = self.asked_before(self.entries.len());
        while let Some(Entry::Handler(handler)) = count.checked_sub(1).map(|last| &mut self.entries[last]) {
            self.asked += 1;
            // One further in has caught whatever has this tag.
            let tag = handler.clause.tag;
            let is_caught = match reached.len() {
                // The tags that have been caught are looked for one by one, or by a set of them.
                0..FEW => reached.iter().any(|(clause, _)| clause.tag == tag),
                _ => {
                    if caught.is_empty() {
                        caught.extend(reached.iter().map(|(clause, _)| clause.tag));
                    }
                    !caught.insert(tag)
                }
            };
            if !is_caught {
                handler.used = true;
                self.met += 1;
                reached.push((handler.clause, handler.landing_pad));
            }
            if handler.clause.tag.is_none() {
                // Whatever stands further out is never asked.
                break;
            }
            count = self.asked_before(count - 1);
        }
        reached
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(stack: &mut HandlerStack, tag: impl Into<Option<u32>>, block: u32) {
        stack.push(Clause { tag: tag.into(), keeps_reference: false }, Block::from_u32(block));
    }

    fn reached(stack: &mut HandlerStack) -> Vec<u32> {
        stack.reached().into_iter().map(|(_, block)| block.as_u32()).collect()
    }

    #[test]
    fn inner_handlers_come_first_and_hide_outer_ones() {
        let mut stack = HandlerStack::default();
        assert!(!stack.is_any_reached() && reached(&mut stack).is_empty());
        push(&mut stack, 7, 0);
        push(&mut stack, None, 1);
        push(&mut stack, 8, 2);
        push(&mut stack, 9, 3);
        push(&mut stack, 8, 4);
        assert!(stack.is_any_reached());
        assert_eq!(reached(&mut stack), [4, 3, 1]);
        let used: Vec<bool> = stack.close(0).iter().map(|handler| handler.used).collect();
        assert_eq!(used, [false, true, false, true, true]);
        assert!(!stack.is_any_reached());
    }

    #[test]
    fn delegation_skips_and_is_followed() {
        let mut stack = HandlerStack::default();
        push(&mut stack, 1, 1);
        push(&mut stack, 2, 2);
        push(&mut stack, 3, 3);
        stack.delegate(2);
        assert_eq!(reached(&mut stack), [2, 1]);
        push(&mut stack, 4, 4);
        assert_eq!(reached(&mut stack), [4, 2, 1]);
        // To the place just inside the first delegation.
        stack.delegate(4);
        assert_eq!(reached(&mut stack), [2, 1]);
        stack.delegate(1);
        stack.delegate(7);
        assert_eq!(reached(&mut stack), [1]);
        stack.delegate(0);
        assert!(!stack.is_any_reached() && reached(&mut stack).is_empty());
        push(&mut stack, 5, 5);
        assert!(stack.is_any_reached());
        assert_eq!(reached(&mut stack), [5]);
        assert_eq!(stack.close(3).len(), 2, "the delegations are no handlers");
        assert_eq!(reached(&mut stack), [3, 2, 1]);
    }
}
