//! Text → floats: decimal as the standard library reads it, and hexadecimal as in WebAssembly's text
//! format. NaN payloads and everything that is no float stand above.

/// How a float is laid out.
#[derive(Clone, Copy)]
struct Format {
    /// Bits of the fraction that are stored.
    fraction: u32,
    /// What is added to an exponent to store it.
    bias: i32,
}

const F32: Format = Format { fraction: 23, bias: 127 };
const F64: Format = Format { fraction: 52, bias: 1023 };

/// An `f32`. A number that is too large for one is none.
pub(super) fn parse_f32(text: &str) -> Option<f32> {
    match hexadecimal(text, F32) {
        Some(bits) => Some(f32::from_bits(u32::try_from(bits?).ok()?)),
        None => text.parse().ok().filter(|value: &f32| value.is_finite() || is_word(text)),
    }
}

/// An `f64`. A number that is too large for one is none.
pub(super) fn parse_f64(text: &str) -> Option<f64> {
    match hexadecimal(text, F64) {
        Some(bits) => Some(f64::from_bits(bits?)),
        None => text.parse().ok().filter(|value: &f64| value.is_finite() || is_word(text)),
    }
}

/// Whether this is `inf`, `nan` and the like, rather than digits.
fn is_word(text: &str) -> bool {
    text.trim_start_matches(['-', '+']).starts_with(|first: char| first.is_ascii_alphabetic())
}

/// The bits of `[+-]0xH.HpD`; the outer option is for text without `0x`.
fn hexadecimal(text: &str, format: Format) -> Option<Option<u64>> {
    let (negative, text) = match text.strip_prefix('-') {
        Some(text) => (true, text),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?;
    let sign_bit = if format.fraction == F32.fraction { 31 } else { 63 };
    Some(magnitude(digits, format).map(|bits| u64::from(negative) << sign_bit | bits))
}

fn magnitude(text: &str, format: Format) -> Option<u64> {
    let (digits, power) = match text.split_once(['p', 'P']) {
        Some((digits, power)) => (digits, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // value = mantissa · 2^exponent; its lowest bit stands for all that is cut off.
    let (mut mantissa, mut exponent) = (0u64, 0i64);
    for (position, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(digit.to_digit(16)?);
        let is_fraction = position >= whole.len();
        if mantissa >> 60 == 0 {
            mantissa = mantissa << 4 | digit;
            exponent -= if is_fraction { 4 } else { 0 };
        } else {
            mantissa |= u64::from(digit != 0);
            exponent += if is_fraction { 0 } else { 4 };
        }
    }
    encode(mantissa, exponent + i64::from(power), format)
}

/// The bits of `mantissa · 2^exponent`, rounded to nearest, ties to even; nothing if it is too large.
fn encode(mantissa: u64, exponent: i64, format: Format) -> Option<u64> {
    if mantissa == 0 {
        return Some(0);
    }
    let shift = mantissa.leading_zeros();
    let (mantissa, exponent) = (mantissa << shift, exponent - i64::from(shift));
    let (fraction, bias) = (i64::from(format.fraction), i64::from(format.bias));
    // The exponent of the highest bit; below the least one, the float is subnormal.
    let high = (exponent + 63).max(1 - bias);
    if high > bias {
        return None;
    }
    // Bits to cut off, so that the last one that stays is worth 2^(high - fraction).
    let cut = high - fraction - exponent;
    let kept = match u32::try_from(cut).ok()? {
        64 if mantissa > 1 << 63 => 1,
        cut @ 1..64 => {
            let (kept, rest, half) = (mantissa >> cut, mantissa & ((1 << cut) - 1), 1 << (cut - 1));
            kept + u64::from(rest > half || (rest == half && kept & 1 == 1))
        }
        _ => 0,
    };
    // With its highest bit, the fraction adds one to the exponent; a carry does, too.
    let bits = (u64::try_from(high + bias - 1).ok()? << format.fraction).checked_add(kept)?;
    let infinity = (2 * bias as u64 + 1) << format.fraction;
    Some(bits).filter(|bits| *bits < infinity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_floats() {
        let exact = [
            ("0x1p3", 8.0),
            ("0x10", 16.0),
            ("-0x1.8p1", -3.0),
            ("0x.8", 0.5),
            ("0X1.P-1", 0.5),
            ("+0x0p9", 0.0),
            ("0x1.fffffffffffffp1023", f64::MAX),
            ("0x1p-1022", f64::MIN_POSITIVE),
            ("0x1p-1074", f64::from_bits(1)),
            ("0x0.8p-1074", 0.0),
            ("0x0.80000000000000000001p-1074", f64::from_bits(1)),
            ("0x1p-5000", 0.0),
            ("0x1.00000000000008p0", 1.0),
            ("0x1.000000000000080000000001p0", 1.0 + f64::EPSILON),
            ("0x1.00000000000018p0", 1.0 + 2.0 * f64::EPSILON),
            ("0x1fffffffffffffffffffffp-84", 2.0),
        ];
        for (text, value) in exact {
            assert_eq!(parse_f64(text).map(f64::to_bits), Some(value.to_bits()), "{text}");
        }
        for wrong in [
            "0x",
            "0x.",
            "0x1p",
            "0xp1",
            "0x1p1.0",
            "0x1g",
            "0x1p1024",
            "0x1p2000000000",
            "0x1.fffffffffffff8p1023",
            "0x-1",
        ] {
            assert_eq!(parse_f64(wrong), None, "{wrong}");
        }
        assert_eq!(parse_f32("0x1.fffffep127"), Some(f32::MAX));
        assert_eq!(parse_f32("0x1.ffffffp127"), None);
        assert_eq!(parse_f32("-0x1p-149"), Some(-f32::from_bits(1)));
        assert_eq!(parse_f32("0x1.000001p0"), Some(1.0));
    }

    #[test]
    fn decimal_floats() {
        assert_eq!(parse_f64("1e400"), None);
        assert_eq!(parse_f64("-1e400"), None);
        assert_eq!(parse_f32("1e39"), None);
        assert_eq!(parse_f64("1e-400"), Some(0.0));
        assert_eq!(parse_f64("-inf"), Some(f64::NEG_INFINITY));
        assert_eq!(parse_f32("+Infinity"), Some(f32::INFINITY));
    }
}
