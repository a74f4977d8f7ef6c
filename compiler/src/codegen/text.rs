//! Placement and binding: functions in the module's order, then trampolines; calls between them
//! bound, with veneers where they are too far apart for one branch. No relocation is left.

use aot_format::types::TypeIndex;
use aot_format::write::{CallSite, Handler, Trampolines};
use cranelift_codegen::TextSectionBuilder;
use cranelift_codegen::control::ControlPlane;

use super::trampolines::{Direction, Plan};
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
    throw: Option<&Compiled>,
) -> Result<Code, Error> {
    let alignment = environment.isa.function_alignment();
    let alignment = if environment.align_functions { alignment.preferred } else { alignment.minimum };
    let total = functions
        .iter()
        .chain(trampolines)
        .chain(throw)
        .map(|code| code.code.len() as u64 + u64::from(alignment))
        .sum();
    if total > MAX_TEXT_BYTES {
        let what = "the size of the machine code in bytes";
        return Err(Error::LimitExceeded { what, count: total, limit: MAX_TEXT_BYTES });
    }
    // Labels are numbered as what has one is placed: functions, then the throw trampoline.
    let builder = environment.isa.text_section_builder(functions.len() + usize::from(throw.is_some()));
    let throw_label = functions.len();
    let mut binder = Binder { builder, alignment, control: ControlPlane::default(), module, throw_label };
    let mut code = Code {
        text: Vec::new(),
        functions: Vec::with_capacity(functions.len()),
        trampolines: Vec::new(),
        trampoline_ranges: Vec::with_capacity(trampolines.len()),
        throw_trampoline: None,
        traps: Vec::new(),
        call_sites: Vec::new(),
        addresses: Vec::new(),
    };
    for (function, body) in functions.iter().zip(&module.bodies) {
        let range = binder.place(function, true, || label(module, body.to_validate.index).to_string())?;
        code.traps.extend(function.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
        code.addresses.extend(function.addresses.iter().map(|(offset, wasm)| (range.offset + offset, *wasm)));
        code.call_sites.extend(function.call_sites.iter().map(|site| site_at(site, range.offset)));
        code.functions.push(range);
    }
    if let Some(throw) = throw {
        let name = "throw trampoline".to_owned();
        let range = binder.place(throw, true, || name.clone())?;
        code.traps.extend(throw.traps.iter().map(|(offset, trap)| (range.offset + offset, *trap)));
        code.throw_trampoline = Some(range);
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
    throw_label: usize,
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
                Target::Throw => Some(self.throw_label),
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
                        Target::Throw => "the throw trampoline".to_owned(),
                        Target::Other(name) => name.clone(),
                    },
                });
            }
        }
        Ok(TextRange { offset: offset as u32, bytes: code.code.len() as u32 })
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
