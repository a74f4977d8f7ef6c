//! Placement and binding: member by member of the set, functions in the module's order, then trampolines; calls between
//! them bound, with veneers where they are too far apart for one branch. No relocation is left.

use std::collections::BTreeMap;
use std::ops::Range;

use aot_format::abi::Builtin;
use aot_format::types::TypeIndex;
use aot_format::write::{CallSite, Handler, Inlined, StackMap, Trampolines};
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::control::ControlPlane;

use super::placement;
use super::trampolines::{Direction, Plan, Service};
use super::worker::{Compiled, Target};
use super::{Code, Environment, SetCode, TextRange, label};
use crate::error::Error;
use crate::set::{Definition, Set};

/// Bytes of machine code in one artifact. Text offsets are 32-bit, branches and veneers signed.
pub const MAX_TEXT_BYTES: u64 = 1 << 30;

/// What is to be bound of one member of a set.
pub struct Part {
    /// Its functions.
    pub functions: Vec<Compiled>,
    /// Which of them somebody can come to call; the others are left out.
    pub used: Vec<bool>,
    /// Its trampolines.
    pub plan: Plan,
    /// Their code.
    pub trampolines: Vec<Compiled>,
    /// The service trampolines that its functions call.
    pub services: Vec<Service>,
}

impl Part {
    fn codes(&self) -> impl Iterator<Item = &Compiled> {
        let services = self.services.iter().map(|service| &service.code);
        let functions = self.functions.iter().zip(&self.used).filter(|(_, used)| **used).map(|(function, _)| function);
        functions.chain(&self.trampolines).chain(services)
    }
}

/// Finds the functions that are used: those that references can be taken of, start functions, and what these call.
pub fn find_used(set: &Set<'_>, parts: &mut [Part]) {
    let mut waiting: Vec<Definition> = Vec::new();
    for (member, of) in set.members().iter().enumerate() {
        let roots = of.module.funcrefs.iter().chain(&of.module.start);
        let own = roots.filter_map(|function| of.module.defined_func(*function));
        waiting.extend(own.map(|index| Definition { member, index }));
    }
    while let Some(Definition { member, index }) = waiting.pop() {
        let Part { functions, used, .. } = &mut parts[member];
        if !std::mem::replace(&mut used[index as usize], true) {
            let relocations = functions[index as usize].relocations.iter();
            waiting.extend(relocations.filter_map(|relocation| match relocation.target {
                Target::Function(callee) => Some(callee),
                _ => None,
            }));
        }
    }
}

/// Binds the functions and trampolines of a set, member by member.
///
/// # Errors
///
/// [`Error::Relocation`] for a reference that cannot be bound, [`Error::LimitExceeded`] for more
/// code than [`MAX_TEXT_BYTES`].
pub fn bind(environment: Environment<'_>, set: &Set<'_>, parts: &[Part]) -> Result<SetCode, Error> {
    let alignment = environment.isa.function_alignment();
    let alignment = if environment.align_functions { alignment.preferred } else { alignment.minimum };
    let padding = vec![0; environment.spread_text as usize];
    let functions: usize = parts.iter().map(|part| part.functions.len()).sum();
    let total = parts
        .iter()
        .flat_map(Part::codes)
        .map(|code| {
            let gap =
                if code.placement.is_some() { placement::LINE + code.alignment } else { alignment.max(code.alignment) };
            code.code.len() as u64 + u64::from(gap)
        })
        .sum::<u64>()
        .saturating_add((padding.len() as u64).saturating_mul(functions as u64));
    if total > MAX_TEXT_BYTES {
        let what = "the size of the machine code in bytes";
        return Err(Error::LimitExceeded { what, count: total, limit: MAX_TEXT_BYTES });
    }
    // Labels are numbered as what has one is placed: the functions of a member, then its service trampolines.
    let mut first_label = 0;
    let mut first_labels = Vec::with_capacity(parts.len());
    for part in parts {
        first_labels.push(first_label);
        first_label += part.functions.len() + part.services.len();
    }
    let builder = environment.isa.text_section_builder(first_label);
    let mut binder = Binder { builder, alignment, control: ControlPlane::default(), first_labels, end: 0 };
    let mut members = Vec::with_capacity(parts.len());
    for (member, part) in parts.iter().enumerate() {
        members.push(binder.member(set, member, part, &padding)?);
    }
    Ok(SetCode { text: binder.builder.finish(&mut binder.control), members })
}

struct Binder {
    builder: Box<dyn TextSectionBuilder>,
    alignment: u32,
    control: ControlPlane,
    /// The number of the first label of each member.
    first_labels: Vec<usize>,
    /// Where what was placed last ends.
    end: u64,
}

/// Where a member's code begins and ends.
struct Extent {
    start: u64,
    end: u64,
}

impl Extent {
    /// Takes something in, and gives its range from where the member's code begins.
    fn add(&mut self, offset: u64, code: &Compiled) -> TextRange {
        self.end = offset + code.code.len() as u64;
        TextRange { offset: (offset - self.start) as u32, bytes: code.code.len() as u32 }
    }

    /// A range of no bytes behind what was taken in.
    fn nothing(&self) -> TextRange {
        TextRange { offset: (self.end - self.start) as u32, bytes: 0 }
    }

    fn range(&self) -> Range<usize> {
        self.start as usize..self.end as usize
    }
}

impl Binder {
    fn member(
        &mut self,
        set: &Set<'_>,
        member: usize,
        part: &Part,
        padding: &[u8],
    ) -> Result<(Range<usize>, Code), Error> {
        // A member's code is taken for one that begins a line: offsets in it are from there.
        let start = self.builder.append(false, &[], placement::LINE, &mut self.control);
        self.end = start;
        let mut extent = Extent { start, end: start };
        let mut code = Code::default();
        let services = part.services.iter().zip(self.first_labels[member] + part.functions.len()..);
        let services: BTreeMap<u32, usize> = services.map(|(service, label)| (service.builtin as u32, label)).collect();
        for (index, function) in (0..).zip(&part.functions) {
            if !part.used[index as usize] {
                // Labels are numbered as they are placed.
                self.builder.append(true, &[], 1, &mut self.control);
                code.functions.push(extent.nothing());
                continue;
            }
            let name = || label(set, Definition { member, index }).to_string();
            let range = extent.add(self.place(function, true, &services, name)?, function);
            if !padding.is_empty() {
                let offset = self.builder.append(false, padding, self.alignment, &mut self.control);
                self.end = offset + padding.len() as u64;
            }
            code.traps.extend(function.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
            code.addresses.extend(function.addresses.iter().map(|(offset, wasm)| (range.offset + offset, *wasm)));
            let inlined = |run: &Inlined| Inlined { text_offset: range.offset + run.text_offset, ..run.clone() };
            code.inlined.extend(function.inlined.iter().map(inlined));
            code.call_sites.extend(function.call_sites.iter().map(|site| site_at(site, range.offset)));
            let at = |map: &StackMap| StackMap { return_offset: range.offset + map.return_offset, ..map.clone() };
            code.stack_maps.extend(function.stack_maps.iter().map(at));
            code.functions.push(range);
        }
        for Service { builtin, code: trampoline } in &part.services {
            let name = service_name(*builtin as u32);
            let range = extent.add(self.place(trampoline, true, &services, || name.clone())?, trampoline);
            code.traps.extend(trampoline.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
            code.service_ranges.push((name, range));
        }
        for (trampoline, body) in part.trampolines.iter().zip(&part.plan.bodies) {
            let name = format!("{} trampoline {}", body.direction.label(), body.shape);
            let range = extent.add(self.place(trampoline, false, &services, || name.clone())?, trampoline);
            code.traps.extend(trampoline.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
            code.trampoline_ranges.push((name, range));
        }
        code.trampolines = records(&part.plan, &code.trampoline_ranges);
        Ok((extent.range(), code))
    }

    /// Appends code and binds what it refers to, which may stand further on; gives where it stands. `services` are the
    /// labels of the member's service trampolines.
    fn place(
        &mut self,
        code: &Compiled,
        labeled: bool,
        services: &BTreeMap<u32, usize>,
        name: impl Fn() -> String,
    ) -> Result<u64, Error> {
        let alignment = match &code.placement {
            Some(placement) => {
                let gap = placement.from(self.end, code.alignment) - self.end;
                self.builder.append(false, &vec![0; gap as usize], 1, &mut self.control);
                code.alignment
            }
            None => self.alignment.max(code.alignment),
        };
        let offset = self.builder.append(labeled, &code.code, alignment, &mut self.control);
        self.end = offset + code.code.len() as u64;
        for relocation in &code.relocations {
            let place = offset + u64::from(relocation.offset);
            let label = match relocation.target {
                Target::Function(Definition { member, index }) => Some(self.first_labels[member] + index as usize),
                Target::Service(builtin) => services.get(&builtin).copied(),
                Target::Other(_) => None,
            };
            let bound =
                label.is_some_and(|label| self.builder.resolve_reloc(place, relocation.kind, relocation.addend, label));
            if !bound {
                return Err(Error::Relocation {
                    function: name(),
                    kind: relocation.kind.to_string(),
                    target: match &relocation.target {
                        Target::Function(definition) => format!("function {} of the set", definition.index),
                        Target::Service(builtin) => format!("the {}", service_name(*builtin)),
                        Target::Other(name) => name.clone(),
                    },
                });
            }
        }
        Ok(offset)
    }
}

/// What a service trampoline is called in errors and symbols.
fn service_name(builtin: u32) -> String {
    match Builtin::ALL.get(builtin as usize) {
        Some(builtin) => format!("{builtin:?} trampoline"),
        None => format!("trampoline of builtin {builtin}"),
    }
}

/// A call site of a function that was placed at `start`.
fn site_at(site: &CallSite, start: u32) -> CallSite {
    let place = |handler: &Handler| Handler { landing_pad: start + handler.landing_pad, ..*handler };
    CallSite { return_offset: start + site.return_offset, handlers: site.handlers.iter().map(place).collect(), ..*site }
}

/// The trampolines of each type, types ascending.
fn records(plan: &Plan, ranges: &[(String, TextRange)]) -> Vec<Trampolines> {
    let mut records: Vec<Trampolines> = Vec::new();
    for ((ty, direction), body) in &plan.uses {
        let offset = ranges.get(*body).map(|(_, range)| range.offset);
        let record = match records.last_mut() {
            Some(record) if record.ty == *ty => record,
            _ => {
                records.push(Trampolines { ty: TypeIndex(ty.0), entry: None, host: None });
                match records.last_mut() {
                    Some(record) => record,
                    None => continue,
                }
            }
        };
        match direction {
            Direction::Entry => record.entry = offset,
            Direction::Host => record.host = offset,
        }
    }
    records
}
