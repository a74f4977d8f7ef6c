//! Division by a constant, which a code generator turns into a multiplication. (aarch64's back end of Wasmtime was
//! wrong for some divisors.) Every kind of division by constants, against the same by a divisor that is not known.

use iwasm::TrapCode;

use super::sheet::{Expected, Sheet};

const DIVISORS: [i64; 40] = [
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    9,
    10,
    11,
    12,
    13,
    14,
    15,
    16,
    25,
    31,
    60,
    63,
    64,
    65,
    100,
    125,
    127,
    128,
    255,
    256,
    625,
    641,
    1000,
    3600,
    10_000,
    65_535,
    65_536,
    65_537,
    1_000_000,
    0x4000_0000,
    0x7fff_ffff,
    0x0fff_ffff_ffff,
    i64::MAX,
];

const DIVIDENDS: [i64; 22] = [
    0,
    1,
    2,
    3,
    5,
    7,
    9,
    10,
    63,
    64,
    99,
    100,
    127,
    128,
    1_000_003,
    0x7fff_fffe,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x1_0000_0000,
    0x0123_4567_89ab_cdef,
    i64::MAX,
];

fn both_signs(numbers: &[i64]) -> Vec<i64> {
    let mut all: Vec<i64> = numbers.iter().flat_map(|number| [*number, number.wrapping_neg()]).collect();
    all.extend([i64::MIN, i64::from(i32::MIN), i64::from(i32::MIN) + 1]);
    all
}

macro_rules! divide {
    ($name:ident: $signed:ty, $unsigned:ty) => {
        fn $name(operator: &str, a: u64, b: u64) -> Expected {
            let (a, b) = (a as $unsigned, b as $unsigned);
            if b == 0 {
                return Expected::Trap(TrapCode::IntegerDivideByZero);
            }
            let (sa, sb) = (a as $signed, b as $signed);
            let value = match operator {
                "div_s" if sa == <$signed>::MIN && sb == -1 => return Expected::Trap(TrapCode::IntegerOverflow),
                "div_s" => (sa / sb) as $unsigned,
                "rem_s" => sa.wrapping_rem(sb) as $unsigned,
                "div_u" => a / b,
                _ => a % b,
            };
            Expected::Value(u64::from(value))
        }
    };
}
divide!(divide_32: i32, u32);
divide!(divide_64: i64, u64);

#[test]
fn by_constants_and_by_variables() {
    let mut sheet = Sheet::new();
    let (divisors, dividends) = (both_signs(&DIVISORS), both_signs(&DIVIDENDS));
    for operator in ["div_s", "div_u", "rem_s", "rem_u"] {
        let x = "(i32.wrap_i64 (local.get $x))";
        let y = "(i32.wrap_i64 (local.get $y))";
        let variable_32 = sheet.func(format!("(i64.extend_i32_u (i32.{operator} {x} {y}))"));
        let variable_64 = sheet.func(format!("(i64.{operator} (local.get $x) (local.get $y))"));
        for &divisor in divisors.iter().chain([&0]) {
            let narrow = divisor as i32;
            let constant_32 = sheet.func(format!("(i64.extend_i32_u (i32.{operator} {x} (i32.const {narrow})))"));
            let constant_64 = sheet.func(format!("(i64.{operator} (local.get $x) (i64.const {divisor}))"));
            // As arithmetic meets them: with the sign or zeros above 32 bits.
            let dirty = sheet.func(format!(
                "(i64.extend_i32_s (i32.{operator} (i32.add {x} (i32.const 0x12345678)) (i32.const {narrow})))"
            ));
            for &dividend in &dividends {
                let (a, b) = (dividend.cast_unsigned(), divisor.cast_unsigned());
                let narrow_b = u64::from(narrow.cast_unsigned());
                sheet.call(constant_32, a, 0, divide_32(operator, a, narrow_b));
                sheet.call(variable_32, a, b, divide_32(operator, a, narrow_b));
                sheet.call(constant_64, a, 0, divide_64(operator, a, b));
                sheet.call(variable_64, a, b, divide_64(operator, a, b));
                let sum = u64::from((a as u32).wrapping_add(0x1234_5678));
                let extended = match divide_32(operator, sum, narrow_b) {
                    Expected::Value(value) => Expected::Value(i64::from(value as i32).cast_unsigned()),
                    trap => trap,
                };
                sheet.call(dirty, a, 0, extended);
            }
        }
    }
    sheet.run();
}
