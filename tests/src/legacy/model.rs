//! What a program does, found by walking its tree as the proposal's text describes it: an exception goes
//! outwards frame by frame, and a delegated one passes every handler until it is inside the label it
//! was delegated to. There is no handler stack here, and no order of anything but the tree's.

use super::{Body, Clause, Kind, Label, Nested, Program, Stmt};

/// Statements a run may execute; one with more is not of interest.
const MAX_STEPS: u32 = 3_000;

/// An exception: tag, and all arguments an i64 can hold.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Thrown {
    /// Its tag.
    pub tag: usize,
    /// Its arguments.
    pub values: Vec<i64>,
}

/// What a run does.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What was noted.
    pub log: Vec<i32>,
    /// What nobody caught.
    pub uncaught: Option<Thrown>,
}

/// How often a run did what this is about.
#[derive(Clone, Copy, Default, Debug)]
pub struct Counts {
    /// Exceptions that a clause caught.
    pub caught: u64,
    /// Exceptions that came to a `delegate`.
    pub delegated: u64,
    /// Executions of `rethrow`.
    pub rethrown: u64,
}

/// Why a body does not reach its end.
enum Exit {
    Br(Label, i32),
    Return,
    Thrown(Thrown),
    /// On the way to a label, or the caller.
    Delegated(Thrown, Option<Label>),
    TooLong,
}

struct Run<'p> {
    program: &'p Program,
    log: Vec<i32>,
    steps: u32,
    counts: Counts,
}

/// One activation of a function.
struct Activation {
    param: i32,
    count: i32,
    caught: Vec<(Label, Thrown)>,
}

/// Runs the first function; nothing if that takes too long.
pub fn run(program: &Program, param: i32) -> Option<(Outcome, Counts)> {
    let mut run = Run { program, log: Vec::new(), steps: 0, counts: Counts::default() };
    let uncaught = match run.call(0, param) {
        Ok(()) => None,
        Err(Exit::Thrown(thrown)) => Some(thrown),
        Err(_) => return None,
    };
    Some((Outcome { log: run.log, uncaught }, run.counts))
}

/// The arguments of an exception of a tag.
fn arguments(tag: usize, value: i32) -> Vec<i64> {
    let value = i64::from(value);
    match tag {
        0 => vec![],
        1 => vec![value],
        2 => vec![value, value * 3],
        _ => vec![value * 5],
    }
}

/// What a clause notes.
fn noted(tag: Option<usize>, thrown: &Thrown) -> i32 {
    if tag.is_some() { thrown.values.iter().fold(-2, |sum, value| sum.wrapping_add(*value as i32)) } else { -1 }
}

impl Run<'_> {
    fn call(&mut self, function: usize, param: i32) -> Result<(), Exit> {
        let mut activation = Activation { param, count: 0, caught: Vec::new() };
        match self.stmts(&mut activation, &self.program.functions[function]) {
            Ok(()) | Err(Exit::Return) => Ok(()),
            Err(Exit::Delegated(thrown, None)) => Err(Exit::Thrown(thrown)),
            Err(exit) => Err(exit),
        }
    }

    fn stmts(&mut self, at: &mut Activation, stmts: &[Stmt]) -> Result<(), Exit> {
        stmts.iter().try_for_each(|stmt| self.stmt(at, stmt))
    }

    fn body(&mut self, at: &mut Activation, body: &Body) -> Result<i32, Exit> {
        self.stmts(at, &body.stmts).map(|()| body.value)
    }

    fn stmt(&mut self, at: &mut Activation, stmt: &Stmt) -> Result<(), Exit> {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Exit::TooLong);
        }
        match *stmt {
            Stmt::Log(number) => self.log.push(number + at.count),
            Stmt::Count => at.count += 1,
            Stmt::Throw { tag, value } => {
                return Err(Exit::Thrown(Thrown { tag, values: arguments(tag, value + at.count) }));
            }
            Stmt::Rethrow(label) => {
                self.counts.rethrown += 1;
                let caught = at.caught.iter().rev().find(|(of, _)| *of == label);
                return Err(Exit::Thrown(caught.expect("only clauses throw again").1.clone()));
            }
            Stmt::Br(label, value) => return Err(Exit::Br(label, value)),
            Stmt::Return => return Err(Exit::Return),
            Stmt::Call { callee, turned, .. } => self.call(callee, at.param ^ turned)?,
            Stmt::Nested(ref nested) => {
                let before = at.count;
                let result = self.nested(at, nested)?;
                self.log.push(before + result);
            }
        }
        Ok(())
    }

    fn nested(&mut self, at: &mut Activation, nested: &Nested) -> Result<i32, Exit> {
        let outcome = match &nested.kind {
            Kind::If(bit, otherwise) if at.param >> bit & 1 == 0 => self.inside(at, nested.label, otherwise),
            Kind::Block | Kind::Loop | Kind::If(..) => self.inside(at, nested.label, &nested.body),
            Kind::Delegate(to) => match self.inside(at, nested.label, &nested.body) {
                Err(Exit::Thrown(thrown)) => {
                    self.counts.delegated += 1;
                    Err(Exit::Delegated(thrown, *to))
                }
                other => other,
            },
            Kind::Try(clauses) => match self.inside(at, nested.label, &nested.body) {
                Err(Exit::Thrown(thrown)) => self.handle(at, nested.label, clauses, thrown),
                other => other,
            },
        };
        match outcome {
            Err(Exit::Br(label, value)) if label == nested.label => Ok(value),
            other => other,
        }
    }

    /// A body, in which what was delegated to its label is an exception again.
    fn inside(&mut self, at: &mut Activation, label: Label, body: &Body) -> Result<i32, Exit> {
        match self.body(at, body) {
            Err(Exit::Delegated(thrown, Some(to))) if to == label => Err(Exit::Thrown(thrown)),
            other => other,
        }
    }

    fn handle(&mut self, at: &mut Activation, label: Label, clauses: &[Clause], thrown: Thrown) -> Result<i32, Exit> {
        let Some(clause) = clauses.iter().find(|clause| clause.tag.is_none_or(|tag| tag == thrown.tag)) else {
            return Err(Exit::Thrown(thrown));
        };
        self.counts.caught += 1;
        self.log.push(noted(clause.tag, &thrown));
        at.caught.push((label, thrown));
        let outcome = self.inside(at, label, &clause.body);
        at.caught.pop();
        outcome
    }
}
