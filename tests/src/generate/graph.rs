//! Who imports from whom. Circles are closed after the fact: an early module imports functions of a later one, which is
//! given them when it has been made.

use std::fmt::Write as _;

use iwasm_interp::sections::{Sections, encoded};
use iwasm_observe::plan::Refill;
use wamrc_diff::Member;
use wamrc_diff::arguments::Numbers;
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{EntityType, ExportKind, ImportSection, SectionId};
use wasmparser::{Parser, Payload};

use super::pool::{imports_of, quoted};
use super::proposals::Swarm;
use super::{FUEL, Made, module};

/// How the modules of a set hang together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Shape {
    /// One module.
    Single,
    /// Each imports from the one before.
    Chain,
    /// Two import from one, and one from these two.
    Diamond,
    /// One imports from all others, which know nothing of each other.
    Star,
    /// Each may import from any before it.
    Any,
    /// A chain whose first module imports functions from the last.
    Circle,
}

/// Names of modules: some are what people write, some are not.
const NAMES: [&str; 6] = ["a", "lib.b", "c c", "ünï", "e\u{0301}/../e", "f"];
/// Functions that close a circle, at most.
const CLOSING: u64 = 3;

const PARAMS: [u8; 4] = [0x7f, 0x7e, 0x7d, 0x7c];
const NAMES_OF_PARAMS: [&str; 4] = ["i32", "i64", "f32", "f64"];

/// A function that closes a circle.
struct Closing {
    name: String,
    params: Vec<usize>,
    results: Vec<usize>,
}

/// A set.
pub fn set(numbers: &mut Numbers, swarm: Swarm) -> Made {
    let (shape, count) = match numbers.below(10) {
        0 => (Shape::Single, 1),
        1 => (Shape::Chain, 2 + numbers.below(3)),
        2 | 3 => (Shape::Diamond, 4),
        4 => (Shape::Star, 3 + numbers.below(2)),
        5 | 6 => (Shape::Any, 3 + numbers.below(3)),
        _ => (Shape::Circle, 2 + numbers.below(3)),
    };
    let count = count as usize;
    let config = swarm.draw(numbers);
    let closing = if shape == Shape::Circle { closing(numbers) } else { Vec::new() };
    let mut made: Vec<Member> = Vec::new();
    let mut refills = Vec::new();
    for (number, name) in NAMES.iter().take(count).enumerate() {
        let mut pool = String::new();
        for other in importable(shape, number, numbers) {
            pool += &imports_of(&made[other].name, &made[other].wasm, numbers);
        }
        if number == 0 {
            closing.iter().for_each(|function| pool += &function.import(NAMES[count - 1]));
        }
        let imports = (!pool.is_empty()).then(|| wat::parse_str(format!("(module {pool})")).expect("imports in text"));
        let (wasm, fuel) = module(numbers, config.clone(), imports);
        let mut sections = Sections::of(&wasm).expect("what was made is a module");
        let export = sections.unused_export("fuel");
        sections.add_export(&export, ExportKind::Global, fuel).expect("exports are a list");
        // wasm-smith exports everything else.
        for tag in 0..sections.tags {
            let export = sections.unused_export("tag");
            sections.add_export(&export, ExportKind::Tag, tag).expect("exports are a list");
        }
        refills.push(Refill { module: number, global: export, value: FUEL.cast_signed() });
        if number == count - 1 {
            closing.iter().for_each(|function| function.add(&mut sections, numbers));
        }
        if numbers.below(2) == 0 {
            log_initialisation(&mut sections, number as u8);
        }
        made.push(Member { name: (*name).to_owned(), wasm: sections.finish() });
    }
    let spoilt = count > 1 && numbers.below(8) == 0 && spoil(&mut made, numbers);
    Made { shape, spoilt, modules: made, refills }
}

/// Gives a module without a start function one that writes a digit into memory 0, behind those that other modules have
/// written there: which of them were initialised, and in which order, can be read from it.
fn log_initialisation(sections: &mut Sections, digit: u8) {
    let wasm = sections.finish();
    let types = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(&wasm);
    let types = types.expect("what was made is a module");
    let types = types.as_ref();
    let has_room = types.memory_count() > 0 && types.memory_at(0).initial > 0 && !types.memory_at(0).memory64;
    if !has_room || sections.get(SectionId::Start).is_some() {
        return;
    }
    // i32.const 0, (i32.load (i32.const 0)) * 8 + digit + 1, i32.store
    let mut body = vec![0, 0x41, 0, 0x41, 0, 0x28, 2, 0, 0x41, 8, 0x6c, 0x41, digit + 1, 0x6a, 0x36, 2, 0, 0x0b];
    let export = sections.unused_export("log");
    let function = sections.add_function(&[0x60, 0, 0], &body, &export).expect("sections are lists");
    body = encoded(&function);
    sections.set(SectionId::Start, body);
}

/// Which of the modules before it a module may import from.
fn importable(shape: Shape, number: usize, numbers: &mut Numbers) -> Vec<usize> {
    match (shape, number) {
        (_, 0) | (Shape::Single, _) => Vec::new(),
        (Shape::Chain | Shape::Circle, number) => vec![number - 1],
        (Shape::Diamond, 3) => vec![1, 2],
        (Shape::Diamond, _) => vec![0],
        (Shape::Star, number) if number >= 2 => (0..number).collect(),
        (Shape::Star, _) => Vec::new(),
        (Shape::Any, number) => (0..number).filter(|_| numbers.below(3) != 0).collect(),
    }
}

fn closing(numbers: &mut Numbers) -> Vec<Closing> {
    (0..1 + numbers.below(CLOSING))
        .map(|number| {
            let mut types = |most: u64| (0..numbers.below(most + 1)).map(|_| numbers.below(4) as usize).collect();
            Closing { name: format!("closing {number}"), params: types(3), results: types(2) }
        })
        .collect()
}

impl Closing {
    fn import(&self, module: &str) -> String {
        let list = |types: &[usize]| types.iter().map(|ty| NAMES_OF_PARAMS[*ty]).collect::<Vec<_>>().join(" ");
        let mut text = String::new();
        let (params, results) = (list(&self.params), list(&self.results));
        let _ = writeln!(
            text,
            "(import {} {} (func (param {params}) (result {results})))",
            quoted(module),
            quoted(&self.name)
        );
        text
    }

    /// Adds it to a module: it calls some function of that module's, with zeros, and returns what it was given.
    fn add(&self, sections: &mut Sections, numbers: &mut Numbers) {
        let list = |types: &[usize]| {
            let types: Vec<u8> = types.iter().map(|ty| PARAMS[*ty]).collect();
            [encoded(&types.len()), types].concat()
        };
        let ty = [vec![0x60], list(&self.params), list(&self.results)].concat();
        let mut body = vec![0];
        body.extend(call_of_some_function(sections, numbers));
        for (index, ty) in self.results.iter().enumerate() {
            match self.params.iter().position(|param| param == ty) {
                Some(param) => body.extend([&[0x20][..], &encoded(&(param as u32))].concat()),
                None => body.extend(zero(*ty, index as u8)),
            }
        }
        body.push(0x0b);
        sections.add_function(&ty, &body, &self.name).expect("sections are lists");
    }
}

/// A constant of a type: zeros, or a small integer.
fn zero(ty: usize, value: u8) -> Vec<u8> {
    match ty {
        0 => vec![0x41, value & 0x3f],
        1 => vec![0x42, value & 0x3f],
        2 => vec![0x43, 0, 0, 0, 0],
        _ => vec![0x44, 0, 0, 0, 0, 0, 0, 0, 0],
    }
}

/// Code that calls a function that takes numbers, and drops its results; none if there is no such function.
fn call_of_some_function(sections: &Sections, numbers: &mut Numbers) -> Vec<u8> {
    let wasm = sections.finish();
    let set = wamrc_diff::Set { modules: vec![Member { name: String::new(), wasm: wasm.clone() }] };
    let callables = set.callables();
    let start = numbers.below(callables.len().max(1) as u64) as usize;
    let any = callables.iter().cycle().skip(start).take(callables.len());
    for callable in any {
        let Some(results) = results(&wasm, callable.index) else { continue };
        let push = |ty: &aot_format::types::ValType| {
            use aot_format::types::ValType;
            let number = [ValType::I32, ValType::I64, ValType::F32, ValType::F64].iter().position(|of| of == ty)?;
            Some(zero(number, 1))
        };
        let Some(pushed) = callable.params.iter().map(push).collect::<Option<Vec<_>>>() else { continue };
        let drops = vec![0x1a; results];
        return [pushed.concat(), vec![0x10], encoded(&callable.index), drops].concat();
    }
    Vec::new()
}

/// Results of a function.
fn results(wasm: &[u8], index: u32) -> Option<usize> {
    let types = wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all()).validate_all(wasm).ok()?;
    let types = types.as_ref();
    match &types[types.core_function_at(index)].composite_type.inner {
        wasmparser::CompositeInnerType::Func(ty) => Some(ty.results().len()),
        _ => None,
    }
}

/// Changes an import of some module so that it should not link, or only by luck.
fn spoil(made: &mut [Member], numbers: &mut Numbers) -> bool {
    let victim = numbers.below(made.len() as u64) as usize;
    let wasm = made[victim].wasm.clone();
    let mut imports = Vec::new();
    for payload in Parser::new(0).parse_all(&wasm) {
        let Ok(Payload::ImportSection(section)) = payload else { continue };
        imports.extend(section.into_imports().flatten());
    }
    if imports.is_empty() {
        return false;
    }
    let at = numbers.below(imports.len() as u64) as usize;
    let others: Vec<&str> = imports.iter().map(|import| import.name).filter(|name| *name != imports[at].name).collect();
    let other = others.get(numbers.below(others.len().max(1) as u64) as usize).copied();
    let mut section = ImportSection::new();
    for (number, import) in imports.iter().enumerate() {
        let (mut module, mut name) = (import.module.to_owned(), import.name.to_owned());
        let mut ty: EntityType = RoundtripReencoder.entity_type(import.ty).expect("what was made is a module");
        if number == at {
            match (numbers.below(5), &mut ty) {
                (0, _) => module.push('?'),
                (1, _) => name.push('?'),
                (_, EntityType::Memory(ty)) if numbers.below(2) == 0 => ty.maximum = Some(ty.minimum),
                (_, EntityType::Table(ty)) if numbers.below(2) == 0 => ty.maximum = Some(ty.minimum),
                // What another import is called: of another kind or type, mostly.
                _ => other.unwrap_or("?").clone_into(&mut name),
            }
        }
        section.import(&module, &name, ty);
    }
    let mut sections = Sections::of(&wasm).expect("what was made is a module");
    sections.set_sized(SectionId::Import, &section);
    made[victim].wasm = sections.finish();
    true
}
