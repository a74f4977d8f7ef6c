//! Placement and binding: functions in the module's order, then trampolines; calls between them
//! bound, with veneers where they are too far apart for one branch. No relocation is left.

use std::collections::BTreeMap;

use aot_format::abi::Builtin;
use aot_format::types::TypeIndex;
use aot_format::write::{CallSite, Handler, StackMap, Trampolines};
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::control::ControlPlane;

use super::trampolines::{Direction, Plan, Service};
use super::worker::{Compiled, Target};
use super::{Code, Environment, TextRange, label};
use crate::error::Error;
use crate::module::Module;

/// Bytes of machine code in one artifact. Text offsets are 32-bit, branches and veneers signed.
pub const MAX_TEXT_BYTES: u64 = 1 << 30;

/// Binds a module's functions and trampolines.
///
/// # Errors
///
/// [`Error::Relocation`] for a reference that cannot be bound, [`Error::LimitExceeded`] for more
/// code than [`MAX_TEXT_BYTES`].
pub fn bind(
    environment: Environment<'_>,
    module: &Module<'_>,
    functions: &[Compiled],
    plan: &Plan,
    trampolines: &[Compiled],
    services: &[Service],
) -> Result<Code, Error> {
    let alignment = environment.isa.function_alignment();
    let alignment = if environment.align_functions { alignment.preferred } else { alignment.minimum };
    let padding = vec![0; environment.spread_text as usize];
    let total = functions
        .iter()
        .chain(trampolines)
        .chain(services.iter().map(|service| &service.code))
        .map(|code| code.code.len() as u64 + u64::from(alignment))
        .sum::<u64>()
        .saturating_add((padding.len() as u64).saturating_mul(functions.len() as u64));
    if total > MAX_TEXT_BYTES {
        let what = "the size of the machine code in bytes";
        return Err(Error::LimitExceeded { what, count: total, limit: MAX_TEXT_BYTES });
    }
    // Labels are numbered as what has one is placed: functions, then service trampolines.
    let builder = environment.isa.text_section_builder(functions.len() + services.len());
    let labels = services.iter().zip(functions.len()..);
    let service_labels = labels.map(|(service, label)| (service.builtin as u32, label)).collect();
    let mut binder = Binder { builder, alignment, control: ControlPlane::default(), module, service_labels };
    let mut code = Code {
        text: Vec::new(),
        functions: Vec::with_capacity(functions.len()),
        trampolines: Vec::new(),
        trampoline_ranges: Vec::with_capacity(trampolines.len()),
        service_ranges: Vec::with_capacity(services.len()),
        traps: Vec::new(),
        call_sites: Vec::new(),
        stack_maps: Vec::new(),
        addresses: Vec::new(),
    };
    for (function, body) in functions.iter().zip(&module.bodies) {
        let range = binder.place(function, true, || label(module, body.to_validate.index).to_string())?;
        if !padding.is_empty() {
            binder.builder.append(false, &padding, alignment, &mut binder.control);
        }
        code.traps.extend(function.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
        code.addresses.extend(function.addresses.iter().map(|(offset, wasm)| (range.offset + offset, *wasm)));
        code.call_sites.extend(function.call_sites.iter().map(|site| site_at(site, range.offset)));
        let at = |map: &StackMap| StackMap { return_offset: range.offset + map.return_offset, ..map.clone() };
        code.stack_maps.extend(function.stack_maps.iter().map(at));
        code.functions.push(range);
    }
    for Service { builtin, code: trampoline } in services {
        let name = service_name(*builtin as u32);
        let range = binder.place(trampoline, true, || name.clone())?;
        code.traps.extend(trampoline.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
        code.service_ranges.push((name, range));
    }
    for (trampoline, body) in trampolines.iter().zip(&plan.bodies) {
        let name = format!("{} trampoline {}", body.direction.label(), body.shape);
        let range = binder.place(trampoline, false, || name.clone())?;
        code.traps.extend(trampoline.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
        code.trampoline_ranges.push((name, range));
    }
    code.text = binder.builder.finish(&mut binder.control);
    code.trampolines = records(plan, &code.trampoline_ranges);
    Ok(code)
}

struct Binder<'a, 'data> {
    builder: Box<dyn TextSectionBuilder>,
    alignment: u32,
    control: ControlPlane,
    module: &'a Module<'data>,
    service_labels: BTreeMap<u32, usize>,
}

impl Binder<'_, '_> {
    /// Appends code and binds what it refers to, which may stand further on.
    fn place(&mut self, code: &Compiled, labeled: bool, name: impl Fn() -> String) -> Result<TextRange, Error> {
        let alignment = self.alignment.max(code.alignment);
        let offset = self.builder.append(labeled, &code.code, alignment, &mut self.control);
        for relocation in &code.relocations {
            let place = offset + u64::from(relocation.offset);
            let own = match relocation.target {
                Target::Function(index) => self.module.defined_func(index).map(|label| label as usize),
                Target::Service(builtin) => self.service_labels.get(&builtin).copied(),
                Target::Other(_) => None,
            };
            let bound =
                own.is_some_and(|label| self.builder.resolve_reloc(place, relocation.kind, relocation.addend, label));
            if !bound {
                return Err(Error::Relocation {
                    function: name(),
                    kind: relocation.kind.to_string(),
                    target: match &relocation.target {
                        Target::Function(index) => format!("function {index}"),
                        Target::Service(builtin) => format!("the {}", service_name(*builtin)),
                        Target::Other(name) => name.clone(),
                    },
                });
            }
        }
        Ok(TextRange { offset: offset as u32, bytes: code.code.len() as u32 })
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
