//! Programs as the text of two modules: `main`, in the legacy encoding, and `callees`, which does the
//! same with `try_table`, `throw_ref` and references. Many programs share them, to be quicker.

use std::fmt::Write;

use super::{Body, Clause, Kind, Label, Nested, PRIVATE_TAG, Program, Stmt, TAGS};

/// Types of the tags' parameters.
const PARAMS: [&str; TAGS] = ["", "i32", "i32 i64", "i64"];
/// From the arguments of a tag, on the stack, to what a clause notes.
const NOTED: [&str; TAGS] = [
    "i32.const -2",
    "i32.const -2 i32.add",
    "i32.wrap_i64 i32.add i32.const -2 i32.add",
    "i32.wrap_i64 i32.const -2 i32.add",
];

/// The module that defines the tags.
pub fn tags() -> String {
    let tag = |tag: usize| format!("(tag (export \"t{tag}\") (param {}))", PARAMS[tag]);
    format!("(module {})", (0..TAGS).map(tag).collect::<String>())
}

/// The name of a program's function, in text and export.
fn name(program: usize, function: usize) -> String {
    format!("p{program}f{function}")
}

/// The name of a program's first function.
pub fn entry(program: usize) -> String {
    name(program, 0)
}

/// The texts of `main` and `callees`.
pub fn modules(programs: &[Program]) -> (String, String) {
    (module(programs, false), module(programs, true))
}

fn module(programs: &[Program], callees: bool) -> String {
    let (mut imports, mut functions, mut declared) = (String::new(), String::new(), String::new());
    for tag in (0..TAGS).filter(|tag| callees || *tag != PRIVATE_TAG) {
        writeln!(imports, "(import \"tags\" \"t{tag}\" (tag $t{tag} (param {})))", PARAMS[tag]).expect("text");
    }
    for (number, program) in programs.iter().enumerate() {
        for (function, stmts) in program.functions.iter().enumerate() {
            let name = name(number, function);
            if program.is_callee(function) == callees {
                let body = Writer::body_of(number, stmts, callees);
                writeln!(functions, "(func ${name} (export \"{name}\") (param $p i32)\n{body})").expect("text");
            } else if !callees {
                writeln!(imports, "(import \"callees\" \"{name}\" (func ${name} (param i32)))").expect("text");
            }
            if !callees || program.is_callee(function) {
                write!(declared, " ${name}").expect("text");
            }
        }
    }
    format!(
        "(module\n(import \"host\" \"log\" (func $log (param i32)))\n\
         (import \"host\" \"call\" (func $call (param funcref i32)))\n\
         {imports}{functions}(elem declare func{declared}))"
    )
}

struct Writer {
    text: String,
    program: usize,
    /// With `try_table`.
    standard: bool,
    /// Number of open labels, the function's not counted.
    open: usize,
    /// Labels with a local for the reference that was caught.
    references: Vec<Label>,
}

impl Writer {
    /// A function's locals and statements.
    fn body_of(program: usize, stmts: &[Stmt], standard: bool) -> String {
        let mut writer = Writer { text: String::new(), program, standard, open: 0, references: Vec::new() };
        writer.stmts(stmts);
        let locals: String = writer.references.iter().map(|label| format!(" (local $x{label} exnref)")).collect();
        format!("(local $n i32){locals}\n{}", writer.text)
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn stmts(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            self.stmt(stmt);
        }
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Log(number) => self.line(&format!("(call $log (i32.add (i32.const {number}) (local.get $n)))")),
            Stmt::Count => self.line("(local.set $n (i32.add (local.get $n) (i32.const 1)))"),
            Stmt::Throw { tag, value } => {
                let value = format!("(i32.add (i32.const {value}) (local.get $n))");
                let times = |factor| format!("(i64.mul (i64.extend_i32_s {value}) (i64.const {factor}))");
                let args = [String::new(), value.clone(), format!("{value} {}", times(3)), times(5)];
                self.line(&format!("(throw $t{tag} {})", args[*tag]));
            }
            Stmt::Rethrow(label) if self.standard => self.line(&format!("(throw_ref (local.get $x{label}))")),
            Stmt::Rethrow(label) => self.line(&format!("rethrow $l{label}")),
            Stmt::Br(label, value) => self.line(&format!("(br $l{label} (i32.const {value}))")),
            Stmt::Return => self.line("return"),
            Stmt::Call { callee, through_host, turned } => {
                let name = name(self.program, *callee);
                let callee = if *through_host { format!("$call (ref.func ${name})") } else { format!("${name}") };
                self.line(&format!("(call {callee} (i32.xor (local.get $p) (i32.const {turned})))"));
            }
            Stmt::Nested(nested) => {
                self.line("local.get $n");
                self.nested(nested);
                self.line("i32.add call $log");
            }
        }
    }

    fn body(&mut self, body: &Body) {
        self.open += 1;
        self.stmts(&body.stmts);
        self.open -= 1;
        self.line(&format!("i32.const {}", body.value));
    }

    fn nested(&mut self, Nested { label, kind, body }: &Nested) {
        match kind {
            Kind::Try(clauses) if self.standard => return self.try_table(*label, body, clauses),
            Kind::Block => self.line(&format!("block $l{label} (result i32)")),
            Kind::Loop => self.line(&format!("loop $l{label} (result i32)")),
            Kind::If(bit, _) => {
                self.line(&format!("(i32.and (i32.shr_s (local.get $p) (i32.const {bit})) (i32.const 1))"));
                self.line(&format!("if $l{label} (result i32)"));
            }
            Kind::Try(_) | Kind::Delegate(_) => self.line(&format!("try $l{label} (result i32)")),
        }
        self.body(body);
        match kind {
            Kind::Delegate(Some(to)) => return self.line(&format!("delegate $l{to}")),
            Kind::Delegate(None) => return self.line(&format!("delegate {}", self.open)),
            Kind::If(_, otherwise) => {
                self.line("else");
                self.body(otherwise);
            }
            Kind::Try(clauses) => {
                for clause in clauses {
                    match clause.tag {
                        Some(tag) => self.line(&format!("catch $t{tag}")),
                        None => self.line("catch_all"),
                    }
                    self.clause(clause);
                }
            }
            Kind::Block | Kind::Loop => {}
        }
        self.line("end");
    }

    /// A clause, from the arguments on the stack to its result.
    fn clause(&mut self, clause: &Clause) {
        self.line(clause.tag.map_or("i32.const -1", |tag| NOTED[tag]));
        self.line("call $log");
        self.body(&clause.body);
    }

    /// A block for each clause, the first outermost, and the `try_table` in the middle.
    fn try_table(&mut self, label: Label, body: &Body, clauses: &[Clause]) {
        self.references.push(label);
        self.line(&format!("block $l{label} (result i32)"));
        let mut catches = String::new();
        for (index, clause) in clauses.iter().enumerate() {
            let params = clause.tag.map_or("", |tag| PARAMS[tag]);
            self.line(&format!("block $l{label}c{index} (result {params} exnref)"));
            let catch = clause.tag.map_or("catch_all_ref".to_owned(), |tag| format!("catch_ref $t{tag}"));
            write!(catches, " ({catch} $l{label}c{index})").expect("text");
        }
        self.line(&format!("try_table (result i32){catches}"));
        self.body(body);
        self.line("end");
        for clause in clauses.iter().rev() {
            self.line(&format!("br $l{label} end local.set $x{label}"));
            self.clause(clause);
        }
        self.line("end");
    }
}
