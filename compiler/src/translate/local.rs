//! `local.get`, `local.set` and `local.tee`, and where each local is.

use cranelift_codegen::ir::{InstBuilder, StackSlot, StackSlotData, StackSlotKind, Type, Value};
use cranelift_frontend::FunctionBuilder;
use wasmparser::FunctionBody;

use super::function::FuncTranslator;
use super::locals::Local;
use super::regions::{self, Region};
use super::signature::{POINTER, ValueKind};
use super::survey::Survey;
use crate::error::BodyError;

/// Gives each local of a function its place.
pub struct Allotment {
    /// Of a function whose locals live in the frame.
    survey: Option<Survey>,
    /// What holds those; nothing before the first.
    slot: Option<StackSlot>,
    /// References so far, which have to be variables: the collector knows no others.
    managed: u64,
    /// Offset of the body, for errors.
    offset: u64,
}

impl Allotment {
    /// For a function with so many parameters.
    pub fn new(body: &FunctionBody<'_>, parameters: usize) -> Allotment {
        let survey = Survey::of(body, parameters).filter(Survey::is_costly);
        Allotment { survey, slot: None, managed: 0, offset: body.range().start }
    }

    /// The place of the next local, which is the `index`-th.
    ///
    /// # Errors
    ///
    /// When there are too many managed references.
    pub fn next(
        &mut self,
        builder: &mut FunctionBuilder<'_>,
        index: usize,
        kind: ValueKind,
    ) -> Result<Local, BodyError> {
        let uses = |survey: &Survey| survey.uses(index);
        match &self.survey {
            Some(survey) if kind.managed => {
                self.managed += u64::from(uses(survey));
                if survey.is_costly_for(self.managed) {
                    let what = "the number of locals that are references, by the number of branches";
                    return Err(BodyError::TooLarge { what, limit: survey.most_variables(), offset: self.offset });
                }
            }
            // Nobody looks at the others.
            Some(survey) if uses(survey) => return Ok(self.in_frame(builder, kind.clif)),
            _ => {}
        }
        let variable = builder.declare_var(kind.clif);
        if kind.managed {
            builder.declare_var_needs_stack_map(variable);
        }
        Ok(Local::Variable(variable))
    }

    fn in_frame(&mut self, builder: &mut FunctionBuilder<'_>, ty: Type) -> Local {
        let slots = &mut builder.func.sized_stack_slots;
        let slot = *self.slot.get_or_insert_with(|| slots.push(StackSlotData::new(StackSlotKind::ExplicitSlot, 0, 4)));
        let size = &mut slots[slot].size;
        let offset = size.next_multiple_of(ty.bytes());
        *size = offset + ty.bytes();
        // There are at most some fifty thousand locals, of sixteen bytes.
        Local::Frame { slot, offset: offset as i32, ty }
    }
}

impl FuncTranslator<'_, '_> {
    fn local_address(&mut self, slot: StackSlot, offset: i32) -> Value {
        self.builder.ins().stack_addr(POINTER, slot, offset)
    }

    /// Writes a local.
    pub(super) fn set_local(&mut self, local: Local, value: Value) {
        match local {
            Local::Variable(variable) => self.builder.def_var(variable, value),
            Local::Frame { slot, offset, .. } => {
                let address = self.local_address(slot, offset);
                let flags = regions::trusted(self.builder.func, Region::FrameLocals);
                self.builder.ins().store(flags, value, address, 0);
            }
        }
    }

    pub(super) fn visit_local_get(&mut self, local_index: u32) -> Result<(), BodyError> {
        let value = match self.state.locals.at(local_index) {
            Local::Variable(variable) => self.builder.use_var(variable),
            Local::Frame { slot, offset, ty } => {
                let address = self.local_address(slot, offset);
                let flags = regions::trusted(self.builder.func, Region::FrameLocals);
                self.builder.ins().load(ty, flags, address, 0)
            }
        };
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_local_set(&mut self, local_index: u32) -> Result<(), BodyError> {
        let value = self.pop();
        self.set_local(self.state.locals.at(local_index), value);
        Ok(())
    }

    pub(super) fn visit_local_tee(&mut self, local_index: u32) -> Result<(), BodyError> {
        let value = self.pop();
        self.set_local(self.state.locals.at(local_index), value);
        self.push(value);
        Ok(())
    }
}
