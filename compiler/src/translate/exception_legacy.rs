//! Exceptions as they were encoded before WebAssembly 3.0: `try`, `catch`, `catch_all`, `delegate` and
//! `rethrow`, on the machinery of [`super::exception`].
//!
//! A `try` is a `try_table` whose landing pads are the beginnings of its `catch` clauses. What differs:
//!
//! * The clauses follow the body, but a call in the body names its handlers. So the first `try` of a
//!   function has the function scanned for what each `try` ends with. The scan reads what has not been
//!   validated yet; what is wrong with it is found when the clause itself is met.
//! * `delegate` hides handlers: those between its `try` and the label it names.
//! * `rethrow` names a clause, not a reference. A clause keeps a reference to what it caught if the scan
//!   finds a `rethrow` of it, and only then.

use cranelift_codegen::ir::Value;
use wasmparser::{FunctionBody, Operator};

use super::control_stack::FrameKind;
use super::exception::Clause;
use super::function::FuncTranslator;
use super::handler_stack::Handler;
use crate::error::BodyError;

/// An open `try`.
#[derive(Default)]
pub struct Try {
    /// Handlers of the clauses that are still to come, the next one last; of all, once the body is over.
    pending: Vec<Handler>,
    /// What the open clause has caught, if a `rethrow` needs it.
    caught: Option<Value>,
}

/// How a `try` ends, known before its body is translated.
#[derive(Default, PartialEq, Eq, Debug)]
struct Ending {
    /// Offset of the `try` in the wasm.
    offset: u64,
    clauses: Vec<LegacyClause>,
    /// Label of a `delegate`, counted from outside the `try`.
    delegate: Option<u32>,
}

/// A `catch` or `catch_all`.
#[derive(PartialEq, Eq, Debug)]
struct LegacyClause {
    tag: Option<u32>,
    is_rethrown: bool,
}

impl LegacyClause {
    fn clause(&self) -> Clause {
        Clause { tag: self.tag, keeps_reference: self.is_rethrown }
    }
}

/// How each `try` of a function ends, in the order in which they begin.
pub struct Endings(Vec<Ending>);

impl Endings {
    /// Reads a function body that may turn out to be invalid.
    fn scan(body: &FunctionBody<'_>) -> Result<Endings, BodyError> {
        let mut endings: Vec<Ending> = Vec::new();
        // The index of each open `try`; nothing for any other frame.
        let mut open: Vec<Option<usize>> = vec![None];
        let mut reader = body.get_operators_reader()?;
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            let of_depth = |depth: usize| open.len().checked_sub(depth + 1).and_then(|place| open[place]);
            match operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } | Operator::TryTable { .. } => {
                    open.push(None);
                }
                Operator::Try { .. } => {
                    open.push(Some(endings.len()));
                    endings.push(Ending { offset, ..Ending::default() });
                }
                Operator::Catch { .. } | Operator::CatchAll => {
                    let tag = if let Operator::Catch { tag_index } = operator { Some(tag_index) } else { None };
                    if let Some(ending) = of_depth(0) {
                        endings[ending].clauses.push(LegacyClause { tag, is_rethrown: false });
                    }
                }
                Operator::Rethrow { relative_depth } => {
                    let ending = of_depth(relative_depth as usize);
                    if let Some(clause) = ending.and_then(|ending| endings[ending].clauses.last_mut()) {
                        clause.is_rethrown = true;
                    }
                }
                Operator::Delegate { relative_depth } => {
                    if let Some(ending) = open.pop().flatten() {
                        endings[ending].delegate = Some(relative_depth);
                    }
                }
                Operator::End => drop(open.pop()),
                _ => {}
            }
        }
        Ok(Endings(endings))
    }

    fn of_try_at(&self, offset: u64) -> Option<&Ending> {
        let index = self.0.binary_search_by_key(&offset, |ending| ending.offset).ok()?;
        self.0.get(index)
    }
}

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_try(&mut self, blockty: wasmparser::BlockType) -> Result<(), BodyError> {
        if !self.is_reachable() {
            self.push_skipped();
            return Ok(());
        }
        let endings = match self.state.endings.take() {
            Some(endings) => endings,
            None => Endings::scan(self.body)?,
        };
        let types = self.block_types(blockty);
        let end = self.create_block_with(&types.results);
        let Some(ending) = endings.of_try_at(self.offset) else {
            return Err(BodyError::Internal { what: "a try that the scan has not seen", offset: self.offset });
        };
        // The label of a `delegate` is counted from outside the `try`. One that does not exist is invalid,
        // and so is a tag: the validator will say so when it is met.
        let delegated = ending.delegate.and_then(|label| self.handlers_in(label));
        self.push_frame(FrameKind::Try(Try::default()), end, &types);
        if let Some(outer) = delegated {
            self.state.handlers.delegate(outer);
        }
        for clause in ending.clauses.iter().rev() {
            if clause.tag.is_none_or(|tag| (tag as usize) < self.module.tags.len()) {
                let landing_pad = self.builder.create_block();
                self.state.handlers.push(clause.clause(), landing_pad);
            }
        }
        self.state.endings = Some(endings);
        Ok(())
    }

    /// The number of handlers in the body of the frame of a label; none if there is no such label.
    fn handlers_in(&mut self, depth: u32) -> Option<usize> {
        let frames = self.state.control.len();
        match depth {
            0 => Some(self.state.handlers.len()),
            _ if (depth as usize) < frames => Some(self.state.control.at(depth - 1).outer_handlers),
            _ => None,
        }
    }

    pub(super) fn visit_catch(&mut self, _tag_index: u32) -> Result<(), BodyError> {
        self.next_clause();
        Ok(())
    }

    pub(super) fn visit_catch_all(&mut self) -> Result<(), BodyError> {
        self.next_clause();
        Ok(())
    }

    /// Ends the body or clause of the innermost `try` and begins its next clause, at its landing pad.
    fn next_clause(&mut self) {
        let mut frame = self.state.control.pop();
        if let FrameKind::Try(of_try) = &mut frame.kind {
            self.fall_through(frame.label, frame.results, &mut frame.end_reached);
            self.state.stack.truncate(frame.height);
            self.cold = frame.aside_cold;
            of_try.pending.extend(self.state.handlers.close(frame.outer_handlers));
            of_try.caught = None;
            match of_try.pending.pop() {
                Some(handler) if handler.used => of_try.caught = self.start_clause(&handler),
                _ => self.set_unreachable(),
            }
        }
        self.state.control.push(frame);
    }

    /// Continues at a landing pad with the arguments of the exception as operands; gives the exception if a
    /// `rethrow` will need it.
    fn start_clause(&mut self, handler: &Handler) -> Option<Value> {
        let exception = self.start_landing_pad(handler.landing_pad);
        if let Some(tag) = handler.clause.tag {
            let arguments = self.exception_arguments(tag, exception);
            self.state.stack.push_all(&arguments);
        }
        handler.clause.keeps_reference.then_some(exception)
    }

    pub(super) fn visit_rethrow(&mut self, relative_depth: u32) -> Result<(), BodyError> {
        let caught = match &self.state.control.at(relative_depth).kind {
            FrameKind::Try(of_try) => of_try.caught,
            _ => None,
        };
        let Some(exception) = caught else {
            return Err(BodyError::Internal { what: "a rethrow of nothing", offset: self.offset });
        };
        self.throw(exception);
        Ok(())
    }

    pub(super) fn visit_delegate(&mut self, _relative_depth: u32) -> Result<(), BodyError> {
        self.visit_end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::translate::TranslateSettings;
    use crate::translate::test_support::{check, check_for, isas, translate_with, vector_isas};

    fn clause(tag: impl Into<Option<u32>>, is_rethrown: bool) -> LegacyClause {
        LegacyClause { tag: tag.into(), is_rethrown }
    }

    #[test]
    fn the_scan_finds_clauses_rethrows_and_delegates() {
        let wat = "(module (tag) (tag) (func
            try
              block loop try nop delegate 3 end end
            catch 1
              try try_table if rethrow 3 else rethrow 1 end end rethrow 1 end
            catch 0
            catch_all
              try catch_all rethrow 1 end
            end
            try end))";
        let wasm = wat::parse_str(wat).unwrap();
        let module = crate::module::parse(&wasm).unwrap();
        let endings = Endings::scan(&module.bodies[0].body).unwrap();
        let found: Vec<_> = endings.0.iter().map(|ending| (&ending.clauses[..], ending.delegate)).collect();
        let expected: [(&[LegacyClause], Option<u32>); 5] = [
            (&[clause(1, true), clause(0, false), clause(None, true)], None),
            (&[], Some(3)),
            (&[], None),
            (&[clause(None, false)], None),
            (&[], None),
        ];
        assert_eq!(found, expected);
        for ending in &endings.0 {
            assert_eq!(endings.of_try_at(ending.offset), Some(ending));
        }
    }

    /// Tags, and a function with each shape; `{}` stands for a type.
    const SHAPES: &str = "(module
        (import \"m\" \"f\" (func $f (param {}) (result {})))
        (tag $t (param i32 {})) (tag $e)
        (func (param $p {}) (result {})
          (local.get $p)
          try (param {}) (result {})
            (call $f)
            try (call $f (local.get $p)) (drop) delegate 0
            loop try (throw $e) catch $t (drop) (drop) end (br 0) end
            (unreachable)
          catch $t
            try (param {}) (result {}) (call $f) delegate 1
            block try (rethrow 2) catch $e catch_all (rethrow 0) end end
            (br 1)
          catch $e
            (local.get $p)
          catch_all
            (call $f (local.get $p))
            (drop)
            (rethrow 0)
            try (rethrow 1) catch $e (rethrow 0) end
            try (throw $e) delegate 1
          end
          (return)
          try catch_all (rethrow 0) end
          try (throw $e) delegate 0))";

    #[test]
    fn all_shapes_compile_on_all_isas() {
        for ty in ["i32", "i64", "f32", "f64", "funcref", "externref", "exnref"] {
            check(&SHAPES.replace("{}", ty));
        }
        check_for(&vector_isas(), &SHAPES.replace("{}", "v128"));
    }

    /// What the scan has seen before the validator has.
    #[test]
    fn what_is_invalid_after_the_scan_is_an_error() {
        let isa = &isas()[0];
        let settings = TranslateSettings::new(&**isa);
        for invalid in [
            "(module (func $f try (call $f) catch 0 end))",
            "(module (func $f try (call $f) catch 4294967295 end))",
            "(module (tag) (func $f try (call $f) catch 0 catch 1 (call $f) catch 0 end))",
            "(module (func $f try (call $f) delegate 1))",
            "(module (func $f try (call $f) delegate 4294967295))",
            "(module (func $f try (call $f) catch_all (rethrow 1) end))",
            "(module (func $f try (call $f) catch_all (rethrow 4294967295) end))",
            "(module (func $f try (rethrow 0) catch_all end))",
            "(module (func $f block (rethrow 0) end))",
            "(module (func $f try (call $f) catch_all catch_all end))",
            "(module (tag) (func $f try (call $f) catch_all catch 0 end))",
            "(module (func $f try (call $f) catch_all delegate 0))",
            "(module (func $f block (call $f) delegate 0))",
            "(module (func $f block (call $f) catch_all end))",
            "(module (func $f try block catch_all end end))",
            "(module (tag (param i32)) (func $f try (call $f) catch 0 end))",
        ] {
            let translated = translate_with(invalid, &settings).map(|_| ());
            assert!(matches!(translated, Err(BodyError::Invalid(_))), "{invalid}: {translated:?}");
        }
    }
}
