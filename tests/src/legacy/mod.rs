//! Random programs that throw and catch, as trees: what there is of them. [`generate`] makes one from a
//! number, [`wat`] writes them as wasm, [`model`] says what they do, from the tree alone.

pub mod generate;
pub mod model;
pub mod wat;

/// Tags: without arguments, with an i32, with an i32 and an i64, and one with an i64 that only the
/// callees' module knows.
pub const TAGS: usize = 4;
/// The tag that is not the caller's to name.
pub const PRIVATE_TAG: usize = 3;

/// A label of a function, unique in it.
pub type Label = u32;

/// Functions, each of which calls only later ones. The last half of them is in another module.
#[derive(Debug)]
pub struct Program {
    /// Their bodies.
    pub functions: Vec<Vec<Stmt>>,
}

impl Program {
    /// Whether a function is in the callees' module, and written with `try_table` there.
    pub fn is_callee(&self, function: usize) -> bool {
        function >= self.functions.len() / 2
    }
}

/// One statement.
#[derive(Debug)]
pub enum Stmt {
    /// Notes a number and the count.
    Log(i32),
    /// Counts up the function's counter.
    Count,
    /// Throws an exception whose arguments are made from a number and the count.
    Throw {
        /// Which tag.
        tag: usize,
        /// The number.
        value: i32,
    },
    /// Throws again what the clause of this label's `try` has caught.
    Rethrow(Label),
    /// Leaves a frame with a result.
    Br(Label, i32),
    /// Leaves the function.
    Return,
    /// Calls a function with the parameter, some bits of it turned.
    Call {
        /// Which.
        callee: usize,
        /// Whether a host function stands between.
        through_host: bool,
        /// The bits.
        turned: i32,
    },
    /// A frame. Its result is noted, with the count from before.
    Nested(Nested),
}

/// A frame with a label.
#[derive(Debug)]
pub struct Nested {
    /// Its label.
    pub label: Label,
    /// What it is.
    pub kind: Kind,
    /// What is in it.
    pub body: Body,
}

/// What a frame is.
#[derive(Debug)]
pub enum Kind {
    /// `block`
    Block,
    /// `loop`, which nothing repeats.
    Loop,
    /// `if`, with its `else`; the condition is a bit of the parameter.
    If(u32, Body),
    /// `try` with clauses, `catch_all` the last.
    Try(Vec<Clause>),
    /// `try` with `delegate`; to the caller if there is no label.
    Delegate(Option<Label>),
}

/// Statements and the result that follows them.
#[derive(Debug)]
pub struct Body {
    /// In order.
    pub stmts: Vec<Stmt>,
    /// The result.
    pub value: i32,
}

/// `catch`, or `catch_all` without a tag. Notes the arguments first.
#[derive(Debug)]
pub struct Clause {
    /// What it catches.
    pub tag: Option<usize>,
    /// What it does then.
    pub body: Body,
}
