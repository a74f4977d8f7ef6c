//! Modules whose operators count themselves: before each stands code that adds one to a global of its kind, which is
//! exported. How often an operator was executed is then seen as any other global is, and compared as such: two engines
//! that come to the same result by different ways differ in it.

use std::collections::{BTreeMap, HashMap};

use iwasm_interp::sections::{Sections, encoded};
use iwasm_observe::{Event, Observation, State, Value};
use wamrc_diff::{Member, Set};
use wasm_encoder::{Encode as _, ExportKind, SectionId};
use wasmparser::{FunctionBody, Operator, Parser, Payload};

/// What names of exported counters begin with; the operator's follows, as the parser has it.
const PREFIX: &str = "executed ";

const GLOBAL_GET: u8 = 0x23;
const GLOBAL_SET: u8 = 0x24;
const I64: u8 = 0x7e;
const I64_CONST: u8 = 0x42;
const I64_ADD: u8 = 0x7c;
const END: u8 = 0x0b;

/// The set with operators that count themselves; as it is where a module is none.
pub fn counting(set: &Set) -> Set {
    let modules = set.modules.iter().map(|member| {
        let wasm = module(&member.wasm).unwrap_or_else(|_| member.wasm.clone());
        Member { name: member.name.clone(), wasm }
    });
    Set { modules: modules.collect() }
}

/// How often operators were executed, by the parser's names of their variants.
pub fn counted(observation: &Observation) -> BTreeMap<String, u64> {
    let mut total = BTreeMap::new();
    // Counters begin again with each instantiation; the last look before it counts.
    let mut latest: HashMap<&str, u64> = HashMap::new();
    let mut close = |latest: &mut HashMap<&str, u64>| {
        for (name, count) in latest.drain().filter(|(_, count)| *count > 0) {
            let operator = name.split_once(PREFIX).map_or(name, |(_, operator)| operator);
            *total.entry(operator.to_owned()).or_insert(0) += count;
        }
    };
    // What comes after the stack, say, was used up is not compared.
    let mut poisoned = false;
    for event in &observation.events {
        match event {
            Event::Instantiated => {
                close(&mut latest);
                poisoned = false;
            }
            Event::Called(outcome) => poisoned |= outcome.is_exhaustion(),
            Event::Seen(sights) if !poisoned => {
                for sight in sights {
                    if let State::Global(Value::I64(count)) = sight.state
                        && sight.name.contains(PREFIX)
                    {
                        latest.insert(&sight.name, count);
                    }
                }
            }
            _ => {}
        }
    }
    close(&mut latest);
    total
}

/// The parser's name of an operator's variant.
pub fn variant(operator: &Operator<'_>) -> String {
    let shown = format!("{operator:?}");
    shown.split([' ', '(', '{']).next().unwrap_or_default().to_owned()
}

fn module(wasm: &[u8]) -> Result<Vec<u8>, wasmparser::Error> {
    let mut sections = Sections::of(wasm)?;
    let mut counters = Counters { first: sections.globals, names: Vec::new() };
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(counters.body(&body)?);
        }
    }
    if bodies.is_empty() {
        return Ok(wasm.to_vec());
    }
    let mut code = encoded(&bodies.len());
    bodies.iter().for_each(|body| body.as_slice().encode(&mut code));
    sections.set(SectionId::Code, code);
    for (index, name) in (counters.first..).zip(&counters.names) {
        sections.append(SectionId::Global, &[I64, 1, I64_CONST, 0, END])?;
        sections.add_export(&format!("{PREFIX}{name}"), ExportKind::Global, index)?;
    }
    Ok(sections.finish())
}

/// The counters of a module.
struct Counters {
    /// Index of the first one's global.
    first: u32,
    /// Operators that have one.
    names: Vec<String>,
}

impl Counters {
    /// A body that counts, without its size.
    fn body(&mut self, body: &FunctionBody<'_>) -> Result<Vec<u8>, wasmparser::Error> {
        let bytes = body.as_bytes();
        let start = body.range().start;
        let at = |offset: u64| (offset - start) as usize;
        let operators: Vec<(u64, Operator<'_>)> = body
            .get_operators_reader()?
            .into_iter_with_offsets()
            .map(|item| item.map(|(op, at)| (at, op)))
            .collect::<Result<_, _>>()?;
        let first = operators.first().map_or(bytes.len(), |(offset, _)| at(*offset));
        let mut made = bytes[..first].to_vec();
        for (number, (offset, operator)) in operators.iter().enumerate() {
            let end = operators.get(number + 1).map_or(bytes.len(), |(next, _)| at(*next));
            // What begins another arm can only be counted in it.
            let begins_arm = matches!(operator, Operator::Else | Operator::Catch { .. } | Operator::CatchAll);
            if !begins_arm {
                self.count(operator, &mut made);
            }
            made.extend_from_slice(&bytes[at(*offset)..end]);
            if begins_arm {
                self.count(operator, &mut made);
            }
        }
        Ok(made)
    }

    fn count(&mut self, operator: &Operator<'_>, code: &mut Vec<u8>) {
        let name = variant(operator);
        let number = self.names.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.names.push(name);
            self.names.len() - 1
        });
        let global = self.first + number as u32;
        code.push(GLOBAL_GET);
        global.encode(code);
        code.extend([I64_CONST, 1, I64_ADD, GLOBAL_SET]);
        global.encode(code);
    }
}
