//! A program from a number, the same one every time.

use super::{Body, Clause, Kind, Label, Nested, PRIVATE_TAG, Program, Stmt, TAGS};

/// Functions of a program.
const FUNCTIONS: usize = 4;
/// Frames in one another, at most.
const MAX_DEPTH: usize = 6;
/// Statements of a function, about.
const MAX_STMTS: u32 = 40;

/// Marsaglia's xorshift64*, seeded with anything.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, items: &[T]) -> Option<T> {
        if items.is_empty() { None } else { Some(items[self.below(items.len())]) }
    }
}

/// What is open around a statement.
#[derive(Clone, Copy)]
struct Open {
    label: Label,
    /// Whether a branch leaves it.
    is_left: bool,
    /// Whether it is a clause, whose exception can be thrown again.
    is_clause: bool,
}

struct Generator {
    random: Random,
    function: usize,
    is_callee: bool,
    open: Vec<Open>,
    labels: Label,
    stmts_left: u32,
}

/// The program of a number.
pub fn program(number: u64) -> Program {
    let mut program = Program { functions: (0..FUNCTIONS).map(|_| Vec::new()).collect() };
    let random = Random((number + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let mut generator = Generator { random, function: 0, is_callee: false, open: Vec::new(), labels: 0, stmts_left: 0 };
    for function in 0..FUNCTIONS {
        generator.function = function;
        generator.is_callee = program.is_callee(function);
        generator.labels = 0;
        generator.stmts_left = MAX_STMTS;
        program.functions[function] = generator.stmts();
    }
    program
}

impl Generator {
    fn number(&mut self) -> i32 {
        self.random.below(900) as i32 + 100
    }

    fn tag(&mut self) -> usize {
        self.random.below(if self.is_callee { TAGS } else { PRIVATE_TAG })
    }

    fn stmts(&mut self) -> Vec<Stmt> {
        let count = 1 + self.random.below(5);
        let mut stmts = Vec::new();
        for _ in 0..count {
            if self.stmts_left == 0 {
                break;
            }
            self.stmts_left -= 1;
            stmts.push(self.stmt());
        }
        stmts
    }

    fn body(&mut self, open: Open) -> Body {
        self.open.push(open);
        let body = Body { stmts: self.stmts(), value: self.number() };
        self.open.pop();
        body
    }

    fn stmt(&mut self) -> Stmt {
        let labels = |open: &[Open], of: fn(&Open) -> bool| -> Vec<Label> {
            open.iter().filter(|open| of(open)).map(|open| open.label).collect()
        };
        // A function that throws right away shows little.
        let kind = if self.open.is_empty() && !self.random.one_in(8) { 10 } else { self.random.below(17) };
        let made = match kind {
            0 => Some(Stmt::Count),
            1 | 2 => Some(Stmt::Throw { tag: self.tag(), value: self.number() }),
            3..=5 => self.random.pick(&labels(&self.open, |open| open.is_clause)).map(Stmt::Rethrow),
            6 => {
                let label = self.random.pick(&labels(&self.open, |open| open.is_left));
                label.map(|label| Stmt::Br(label, self.number()))
            }
            7 if self.random.one_in(3) => Some(Stmt::Return),
            8 | 9 if self.function + 1 < FUNCTIONS => Some(self.call()),
            10..=15 if self.open.len() < MAX_DEPTH => Some(Stmt::Nested(self.nested())),
            _ => None,
        };
        made.unwrap_or_else(|| Stmt::Log(self.number()))
    }

    fn call(&mut self) -> Stmt {
        let callee = self.function + 1 + self.random.below(FUNCTIONS - self.function - 1);
        Stmt::Call { callee, through_host: self.random.one_in(6), turned: self.random.below(16) as i32 }
    }

    fn nested(&mut self) -> Nested {
        let label = self.labels;
        self.labels += 1;
        let inside = Open { label, is_left: true, is_clause: false };
        let (body, kind) = match self.random.below(12) {
            0 => (self.body(inside), Kind::Block),
            1 => (self.body(Open { is_left: false, ..inside }), Kind::Loop),
            2 | 3 => {
                let (body, bit) = (self.body(inside), self.random.below(3) as u32);
                (body, Kind::If(bit, self.body(inside)))
            }
            4 | 5 if !self.is_callee => {
                let outside: Vec<Option<Label>> = self.open.iter().map(|open| Some(open.label)).chain([None]).collect();
                (self.body(inside), Kind::Delegate(self.random.pick(&outside).flatten()))
            }
            _ => (self.body(inside), Kind::Try(self.clauses(label))),
        };
        Nested { label, kind, body }
    }

    fn clauses(&mut self, label: Label) -> Vec<Clause> {
        let mut tags: Vec<Option<usize>> = Vec::new();
        for _ in 0..self.random.below(4) {
            tags.push(Some(self.tag()));
        }
        if self.random.one_in(2) {
            tags.push(None);
        }
        let inside = Open { label, is_left: true, is_clause: true };
        tags.into_iter().map(|tag| Clause { tag, body: self.body(inside) }).collect()
    }
}
