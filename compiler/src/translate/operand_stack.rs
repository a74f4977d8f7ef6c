//! The operand stack: SSA values in place of wasm's stack slots.
//!
//! Validation has run before every operator, so that what is popped is there and has the right
//! type; only reachable code pushes or pops.

use std::cell::Cell;

use cranelift_codegen::ir::Value;

/// Values of the operands, the top of the stack last.
#[derive(Default)]
pub struct OperandStack {
    values: Vec<Value>,
    /// See [`Self::moved`].
    moved: Cell<u64>,
}

impl OperandStack {
    /// Number of operands.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Removes everything; for the next function.
    pub fn clear(&mut self) {
        self.values.clear();
        self.moved.set(0);
    }

    /// Operands pushed, or passed on several at a time: what the code may grow by.
    pub fn moved(&self) -> u64 {
        self.moved.get()
    }

    fn count(&self, operands: usize) {
        self.moved.set(self.moved.get().saturating_add(operands as u64));
    }

    /// Pushes one operand.
    pub fn push(&mut self, value: Value) {
        self.count(1);
        self.values.push(value);
    }

    /// Pushes several; the last becomes the top.
    pub fn push_all(&mut self, values: &[Value]) {
        self.count(values.len());
        self.values.extend_from_slice(values);
    }

    /// Pops one operand.
    pub fn pop(&mut self) -> Value {
        match self.values.pop() {
            Some(value) => value,
            None => unreachable!("validation leaves no operator short of operands"),
        }
    }

    /// Pops two; the first of the pair was below the second.
    pub fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops three, in the order they were pushed.
    pub fn pop3(&mut self) -> (Value, Value, Value) {
        let third = self.pop();
        let (first, second) = self.pop2();
        (first, second, third)
    }

    /// The topmost `count` operands, in the order they were pushed.
    pub fn top(&self, count: usize) -> &[Value] {
        self.count(count);
        &self.values[self.values.len().saturating_sub(count)..]
    }

    /// Drops operands until `height` are left.
    pub fn truncate(&mut self, height: usize) {
        self.values.truncate(height);
    }
}
