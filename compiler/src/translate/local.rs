//! `local.get`, `local.set` and `local.tee`.

use super::function::FuncTranslator;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_local_get(&mut self, local_index: u32) -> Result<(), BodyError> {
        let value = self.builder.use_var(self.state.locals.at(local_index));
        self.push(value);
        Ok(())
    }

    pub(super) fn visit_local_set(&mut self, local_index: u32) -> Result<(), BodyError> {
        let value = self.pop();
        self.builder.def_var(self.state.locals.at(local_index), value);
        Ok(())
    }

    pub(super) fn visit_local_tee(&mut self, local_index: u32) -> Result<(), BodyError> {
        self.visit_local_set(local_index)?;
        self.visit_local_get(local_index)
    }
}
