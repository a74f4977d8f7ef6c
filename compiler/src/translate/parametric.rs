//! `nop`, `drop` and the forms of `select`.

use cranelift_codegen::ir::InstBuilder;

use super::function::FuncTranslator;
use super::signature::ValueKind;
use crate::error::BodyError;

impl FuncTranslator<'_, '_> {
    pub(super) fn visit_nop(&mut self) -> Result<(), BodyError> {
        Ok(())
    }

    pub(super) fn visit_drop(&mut self) -> Result<(), BodyError> {
        self.pop();
        Ok(())
    }

    pub(super) fn visit_select(&mut self) -> Result<(), BodyError> {
        let (if_true, if_false, condition) = self.state.stack.pop3();
        let condition = self.condition(condition);
        let result = self.builder.ins().select(condition, if_true, if_false);
        self.push(result);
        Ok(())
    }

    pub(super) fn visit_typed_select(&mut self, ty: wasmparser::ValType) -> Result<(), BodyError> {
        self.visit_select()?;
        let result = self.state.stack.top(1)[0];
        self.note_kind(result, ValueKind::of_parsed(ty, self.module));
        Ok(())
    }

    /// Has an encoding, but no valid use: validation has refused it before.
    pub(super) fn visit_typed_select_multi(&mut self, _types: Vec<wasmparser::ValType>) -> Result<(), BodyError> {
        Err(BodyError::Internal { what: "a select of several values", offset: self.offset })
    }
}
