//! Values as text: what people write for a parameter, and results as WAMR prints them.

mod decimal;
mod float;

use aot_format::types::{FuncType, HeapType, RefType, ValType};

use crate::engine::Engine;
use crate::value::Val;

/// The value of a type that a text says: integers decimal or hexadecimal, signed or not; floats as the text format
/// writes them, or as C does; vectors as `0x` and up to 32 digits; `null`. None for what is no such value.
pub fn parse_value(engine: &Engine, ty: ValType, text: &str) -> Option<Val> {
    Some(match ty {
        ValType::I32 => Val::I32(u32::try_from(integer(text, 32)?).ok()?.cast_signed()),
        ValType::I64 => Val::I64(u64::try_from(integer(text, 64)?).ok()?.cast_signed()),
        ValType::F32 => match nan_payload(text) {
            Some((sign, payload)) => {
                let payload = u32::try_from(payload).ok().filter(|payload| (1..1 << 23).contains(payload))?;
                Val::F32(u32::from(sign) << 31 | 0x7f80_0000 | payload)
            }
            None => Val::f32(float::parse_f32(text)?),
        },
        ValType::F64 => match nan_payload(text) {
            Some((sign, payload)) => {
                let payload = Some(payload).filter(|payload| (1..1 << 52).contains(payload))?;
                Val::F64(u64::from(sign) << 63 | 0x7ff0_0000_0000_0000 | payload)
            }
            None => Val::f64(float::parse_f64(text)?),
        },
        ValType::V128 => Val::V128(u128::from_str_radix(text.strip_prefix("0x")?, 16).ok()?),
        ValType::Ref(RefType { nullable, .. }) if !nullable || text != "null" => return None,
        ty @ ValType::Ref(_) => Val::default_for(ty, engine),
    })
}

/// The bits of a decimal or hexadecimal integer, signed or not, of that many bits.
fn integer(text: &str, bits: u32) -> Option<u128> {
    let (negative, digits) = sign(text);
    let hexadecimal = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let (digits, radix) = hexadecimal.map_or((digits, 10), |digits| (digits, 16));
    // The standard library takes a sign of its own here.
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok().map(u128::from)?;
    match negative {
        true if magnitude <= 1 << (bits - 1) => Some(((1 << bits) - magnitude) % (1 << bits)),
        false if magnitude < 1 << bits => Some(magnitude),
        _ => None,
    }
}

/// Whether there is a minus before a number, and what stands behind the sign.
fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Sign and payload of `nan:0x…`.
fn nan_payload(text: &str) -> Option<(bool, u64)> {
    let (sign, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
    Some((sign, u64::from_str_radix(text.strip_prefix("nan:0x")?, 16).ok()?))
}

/// Results on one line, comma separated, with their types.
pub fn format_results(ty: &FuncType, results: &[Val]) -> String {
    let texts: Vec<String> = ty.results.iter().zip(results).map(|(ty, value)| format_value(*ty, value)).collect();
    texts.join(",")
}

/// A value with its type.
pub fn format_value(ty: ValType, value: &Val) -> String {
    match value {
        Val::I32(value) => format!("{value:#x}:i32"),
        Val::I64(value) => format!("{value:#x}:i64"),
        Val::F32(bits) => format!("{}:f32", format_f32(f32::from_bits(*bits))),
        Val::F64(bits) => format!("{}:f64", format_f64(f64::from_bits(*bits))),
        Val::V128(value) => format!("<{:#018x} {:#018x}>:v128", *value as u64, (value >> 64) as u64),
        Val::FuncRef(None) => "func:ref.null".into(),
        Val::FuncRef(Some(_)) => "ref.func".into(),
        Val::ExnRef(None) => "exn:ref.null".into(),
        Val::ExnRef(Some(_)) => "ref.exn".into(),
        Val::ExternRef(None) => format!("{}:ref.null", heap_name(ty)),
        Val::ExternRef(Some(_)) => format!("ref.{}", heap_name(ty)),
        Val::AnyRef(None) => "any:ref.null".into(),
        Val::AnyRef(Some(value)) => match value.i31() {
            Some(value) => format!("{value:#x}:i31"),
            None => "ref.any".into(),
        },
    }
}

fn heap_name(ty: ValType) -> &'static str {
    match ty {
        ValType::Ref(RefType { heap: HeapType::Extern | HeapType::NoExtern, .. }) => "extern",
        _ => "any",
    }
}

/// A float with as many digits as it takes.
pub(crate) fn format_f32(value: f32) -> String {
    show_float(f64::from(value), &|text| float::parse_f32(text) == Some(value.abs()))
}

/// The same for an `f64`.
pub(crate) fn format_f64(value: f64) -> String {
    show_float(value, &|text| float::parse_f64(text) == Some(value.abs()))
}

/// A float as C's `%.7g` writes it, which is what WAMR prints; with more digits where seven do not
/// say which float it is.
fn show_float(value: f64, exact: &dyn Fn(&str) -> bool) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    if value.is_nan() {
        return format!("{sign}nan");
    }
    if value.is_infinite() {
        return format!("{sign}inf");
    }
    let decimal = decimal::Decimal::of(value);
    let mut texts = (7..17).map(|digits| decimal.general(digits));
    let text = texts.find(|text| exact(text)).unwrap_or_else(|| decimal.general(17));
    format!("{sign}{text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(ty: ValType, text: &str) -> Option<Val> {
        parse_value(&Engine::default(), ty, text)
    }

    #[test]
    fn integers() {
        let i32 = |text| value(ValType::I32, text);
        assert_eq!(i32("-1"), Some(Val::I32(-1)));
        assert_eq!(i32("4294967295"), Some(Val::I32(-1)));
        assert_eq!(i32("0xffffffff"), Some(Val::I32(-1)));
        assert_eq!(i32("-0x80000000"), Some(Val::I32(i32::MIN)));
        assert_eq!(i32("+7"), Some(Val::I32(7)));
        for wrong in ["", "-", "0x", "4294967296", "-2147483649", "1.5", "--1", "0x-1", "-+1", "1 ", "a"] {
            assert_eq!(i32(wrong), None, "{wrong:?}");
        }
        assert_eq!(value(ValType::I64, "-9223372036854775808"), Some(Val::I64(i64::MIN)));
        assert_eq!(value(ValType::I64, "18446744073709551615"), Some(Val::I64(-1)));
        assert_eq!(value(ValType::I64, "-0"), Some(Val::I64(0)));
        assert_eq!(value(ValType::I64, "18446744073709551616"), None);
    }

    #[test]
    fn floats() {
        assert_eq!(value(ValType::F32, "-1.5"), Some(Val::f32(-1.5)));
        assert_eq!(value(ValType::F64, "inf"), Some(Val::f64(f64::INFINITY)));
        assert_eq!(value(ValType::F32, "nan:0x200001"), Some(Val::F32(0x7fa0_0001)));
        assert_eq!(value(ValType::F64, "-nan:0x1"), Some(Val::F64(0xfff0_0000_0000_0001)));
        assert_eq!(value(ValType::F32, "nan:0x0"), None);
        assert_eq!(value(ValType::F32, "0x1p3"), Some(Val::f32(8.0)));
        assert_eq!(value(ValType::F64, "1e400"), None);
        assert!(matches!(value(ValType::F64, "nan"), Some(Val::F64(bits)) if f64::from_bits(bits).is_nan()));
    }

    #[test]
    fn others() {
        assert_eq!(value(ValType::Ref(RefType::FUNCREF), "null"), Some(Val::FuncRef(None)));
        assert_eq!(value(ValType::Ref(RefType::EXTERNREF), "null"), Some(Val::ExternRef(None)));
        assert_eq!(value(ValType::Ref(RefType::EXTERNREF), "1"), None);
        assert_eq!(value(ValType::V128, "0x10"), Some(Val::V128(16)));
    }

    #[test]
    fn results_look_like_wamrs() {
        let show = |ty, value| format_value(ty, &value);
        assert_eq!(show(ValType::I32, Val::I32(31)), "0x1f:i32");
        assert_eq!(show(ValType::I32, Val::I32(-1)), "0xffffffff:i32");
        assert_eq!(show(ValType::I64, Val::I64(42)), "0x2a:i64");
        assert_eq!(show(ValType::V128, Val::V128(1 << 64)), "<0x0000000000000000 0x0000000000000001>:v128");
        assert_eq!(show(ValType::Ref(RefType::FUNCREF), Val::FuncRef(None)), "func:ref.null");
        assert_eq!(show(ValType::Ref(RefType::EXTERNREF), Val::ExternRef(None)), "extern:ref.null");
        let f64 = |value| show(ValType::F64, Val::f64(value));
        let expected = [
            (1.5, "1.5"),
            (2.0, "2"),
            (-0.0, "-0"),
            (0.1, "0.1"),
            (1e7, "1e+07"),
            (12_345_678.0, "12345678"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (std::f64::consts::PI, "3.141592653589793"),
            (1e100, "1e+100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
        ];
        for (value, text) in expected {
            assert_eq!(f64(value), format!("{text}:f64"));
        }
        assert_eq!(f64(f64::NAN), "nan:f64");
        assert_eq!(f64(0.5f64.powi(1074)), "4.940656e-324:f64");
        assert_eq!(show(ValType::F32, Val::f32(0.1)), "0.1:f32");
        assert_eq!(show(ValType::F32, Val::f32(16_777_216.0)), "16777216:f32");
    }
}
