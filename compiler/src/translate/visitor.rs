//! From wasmparser's operators to the translator's methods: validation first, then translation.
//!
//! Operators of a supported proposal go to the method of the same name of [`FuncTranslator`], which
//! has to exist. Operators of the other proposals are named here and refused. A proposal that is in
//! neither list matches no rule of the macro, so that a newer wasmparser does not compile until
//! somebody decides.

use wasmparser::{
    FrameKind, FrameStack, FuncValidator, ValidatorResources, VisitOperator, VisitSimdOperator,
    for_each_visit_operator, for_each_visit_simd_operator,
};

use super::function::FuncTranslator;
use crate::error::BodyError;

/// Visits the one operator at an offset.
pub struct Visitor<'v, 'f, 'data> {
    /// Validates it.
    pub validator: &'v mut FuncValidator<ValidatorResources>,
    /// Translates it.
    pub translator: &'v mut FuncTranslator<'f, 'data>,
    /// Its offset in the wasm.
    pub offset: u64,
}

impl FrameStack for Visitor<'_, '_, '_> {
    fn current_frame(&self) -> Option<FrameKind> {
        self.validator.get_control_frame(0).map(|frame| frame.kind)
    }
}

/// Whether an operator is translated: always if it opens, splits or closes a frame, otherwise only
/// where it can be reached.
macro_rules! is_live {
    ($translator:expr, Block) => {
        true
    };
    ($translator:expr, Loop) => {
        true
    };
    ($translator:expr, If) => {
        true
    };
    ($translator:expr, TryTable) => {
        true
    };
    ($translator:expr, Try) => {
        true
    };
    ($translator:expr, Catch) => {
        true
    };
    ($translator:expr, CatchAll) => {
        true
    };
    ($translator:expr, Delegate) => {
        true
    };
    ($translator:expr, Else) => {
        true
    };
    ($translator:expr, End) => {
        true
    };
    ($translator:expr, $op:ident) => {
        $translator.is_reachable()
    };
}

macro_rules! visit_all {
    ($( @$proposal:ident $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident ($($ann:tt)*) )*) => {
        $( visit_one!(@$proposal $op $({ $($arg: $argty),* })? => $visit); )*
    };
}

macro_rules! visit_one {
    (@mvp $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@sign_extension $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@saturating_float_to_int $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@bulk_memory $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@reference_types $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@tail_call $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@function_references $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@simd $($rest:tt)*) => { translate!(simd_visitor, $($rest)*); };
    (@relaxed_simd $($rest:tt)*) => { translate!(simd_visitor, $($rest)*); };
    (@gc $($rest:tt)*) => { translate_on_objects!($($rest)*); };
    (@custom_descriptors $($rest:tt)*) => { refuse!("custom descriptors", $($rest)*); };
    (@memory_control $($rest:tt)*) => { refuse!("memory control", $($rest)*); };
    (@threads $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@acquire_release_atomics $($rest:tt)*) => { refuse!("acquire-release atomics", $($rest)*); };
    (@shared_everything_threads $($rest:tt)*) => { refuse!("shared-everything threads", $($rest)*); };
    (@exceptions $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@legacy_exceptions $($rest:tt)*) => { translate!(visitor, $($rest)*); };
    (@stack_switching $($rest:tt)*) => { refuse!("stack switching", $($rest)*); };
    (@wide_arithmetic $($rest:tt)*) => { translate!(visitor, $($rest)*); };
}

macro_rules! translate {
    ($validate:ident, $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident) => {
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            self.validator.$validate(self.offset).$visit($($($arg.clone()),*)?)?;
            if is_live!(self.translator, $op) {
                self.translator.$visit($($($arg),*)?)?;
            }
            Ok(())
        }
    };
}

/// Like `translate`, for operators whose checks depend on what is known of their operands.
macro_rules! translate_on_objects {
    ($op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident) => {
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            let known = |depth| self.validator.get_operand_type(depth).flatten();
            self.translator.operand_types = std::array::from_fn(known);
            self.validator.visitor(self.offset).$visit($($($arg.clone()),*)?)?;
            if self.translator.is_reachable() {
                self.translator.$visit($($($arg),*)?)?;
            }
            Ok(())
        }
    };
}

macro_rules! refuse {
    ($feature:literal, $op:ident $({ $($arg:ident: $argty:ty),* })? => $visit:ident) => {
        fn $visit(&mut self $($(, $arg: $argty)*)?) -> Self::Output {
            $($( let _ = $arg; )*)?
            let feature = concat!($feature, " (", stringify!($op), ")");
            Err(BodyError::Unsupported { feature, offset: self.offset })
        }
    };
}

// Most arguments are `Copy`, some are not: one rule clones all.
#[allow(clippy::clone_on_copy)]
impl<'a> VisitOperator<'a> for Visitor<'_, '_, '_> {
    type Output = Result<(), BodyError>;

    fn simd_visitor(&mut self) -> Option<&mut dyn VisitSimdOperator<'a, Output = Self::Output>> {
        Some(self)
    }

    for_each_visit_operator!(visit_all);
}

impl VisitSimdOperator<'_> for Visitor<'_, '_, '_> {
    for_each_visit_simd_operator!(visit_all);
}
