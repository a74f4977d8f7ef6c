//! Comparisons of lanes: all bits of a lane of the result are the truth about it, in CLIF as in wasm.

use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{InstBuilder, types};

use super::function::FuncTranslator;
use crate::error::BodyError;

macro_rules! compare {
    ($inst:ident $codes:ident $lanes:ident: $($visit:ident => $code:ident;)*) => { $(
        pub(super) fn $visit(&mut self) -> Result<(), BodyError> {
            let (lhs, rhs) = self.pop2_lanes(types::$lanes);
            let truth = self.builder.ins().$inst($codes::$code, lhs, rhs);
            self.push_lanes(truth);
            Ok(())
        }
    )* };
}

impl FuncTranslator<'_, '_> {
    compare! { icmp IntCC I8X16:
        visit_i8x16_eq => Equal;
        visit_i8x16_ne => NotEqual;
        visit_i8x16_lt_s => SignedLessThan;
        visit_i8x16_lt_u => UnsignedLessThan;
        visit_i8x16_gt_s => SignedGreaterThan;
        visit_i8x16_gt_u => UnsignedGreaterThan;
        visit_i8x16_le_s => SignedLessThanOrEqual;
        visit_i8x16_le_u => UnsignedLessThanOrEqual;
        visit_i8x16_ge_s => SignedGreaterThanOrEqual;
        visit_i8x16_ge_u => UnsignedGreaterThanOrEqual;
    }

    compare! { icmp IntCC I16X8:
        visit_i16x8_eq => Equal;
        visit_i16x8_ne => NotEqual;
        visit_i16x8_lt_s => SignedLessThan;
        visit_i16x8_lt_u => UnsignedLessThan;
        visit_i16x8_gt_s => SignedGreaterThan;
        visit_i16x8_gt_u => UnsignedGreaterThan;
        visit_i16x8_le_s => SignedLessThanOrEqual;
        visit_i16x8_le_u => UnsignedLessThanOrEqual;
        visit_i16x8_ge_s => SignedGreaterThanOrEqual;
        visit_i16x8_ge_u => UnsignedGreaterThanOrEqual;
    }

    compare! { icmp IntCC I32X4:
        visit_i32x4_eq => Equal;
        visit_i32x4_ne => NotEqual;
        visit_i32x4_lt_s => SignedLessThan;
        visit_i32x4_lt_u => UnsignedLessThan;
        visit_i32x4_gt_s => SignedGreaterThan;
        visit_i32x4_gt_u => UnsignedGreaterThan;
        visit_i32x4_le_s => SignedLessThanOrEqual;
        visit_i32x4_le_u => UnsignedLessThanOrEqual;
        visit_i32x4_ge_s => SignedGreaterThanOrEqual;
        visit_i32x4_ge_u => UnsignedGreaterThanOrEqual;
    }

    compare! { icmp IntCC I64X2:
        visit_i64x2_eq => Equal;
        visit_i64x2_ne => NotEqual;
        visit_i64x2_lt_s => SignedLessThan;
        visit_i64x2_gt_s => SignedGreaterThan;
        visit_i64x2_le_s => SignedLessThanOrEqual;
        visit_i64x2_ge_s => SignedGreaterThanOrEqual;
    }

    compare! { fcmp FloatCC F32X4:
        visit_f32x4_eq => Equal;
        visit_f32x4_ne => NotEqual;
        visit_f32x4_lt => LessThan;
        visit_f32x4_gt => GreaterThan;
        visit_f32x4_le => LessThanOrEqual;
        visit_f32x4_ge => GreaterThanOrEqual;
    }

    compare! { fcmp FloatCC F64X2:
        visit_f64x2_eq => Equal;
        visit_f64x2_ne => NotEqual;
        visit_f64x2_lt => LessThan;
        visit_f64x2_gt => GreaterThan;
        visit_f64x2_le => LessThanOrEqual;
        visit_f64x2_ge => GreaterThanOrEqual;
    }
}
