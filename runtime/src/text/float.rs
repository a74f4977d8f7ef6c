//! Text → floats: decimal with an exponent or without, and hexadecimal as in WebAssembly's text format. NaN payloads and
//! everything that is no float stand above.

use super::{decimal, sign};

/// How a float is laid out.
#[derive(Clone, Copy)]
pub(super) struct Format {
    /// Bits of the fraction that are stored.
    fraction: u32,
    /// What is added to an exponent to store it.
    bias: i32,
}

const F32: Format = Format { fraction: 23, bias: 127 };
const F64: Format = Format { fraction: 52, bias: 1023 };

/// An `f32`. A number that is too large for one is none.
pub(super) fn parse_f32(text: &str) -> Option<f32> {
    Some(f32::from_bits(u32::try_from(bits(text, F32)?).ok()?))
}

/// An `f64`. A number that is too large for one is none.
pub(super) fn parse_f64(text: &str) -> Option<f64> {
    Some(f64::from_bits(bits(text, F64)?))
}

/// The bits of a number, or of `inf`, `infinity` or `nan`, with or without a sign.
fn bits(text: &str, format: Format) -> Option<u64> {
    let (negative, text) = sign(text);
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    let magnitude = if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        hexadecimal(digits, format)?
    } else if is("inf") || is("infinity") {
        format.infinity()
    } else if is("nan") {
        format.infinity() | 1 << (format.fraction - 1)
    } else {
        decimal::parse(text, format)?
    };
    let sign_bit = if format.fraction == F32.fraction { 31 } else { 63 };
    Some(u64::from(negative) << sign_bit | magnitude)
}

/// The bits of `H.HpD`.
fn hexadecimal(text: &str, format: Format) -> Option<u64> {
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
    format.encode(mantissa, exponent + i64::from(power))
}

impl Format {
    /// The bits of infinity.
    fn infinity(self) -> u64 {
        (2 * self.bias as u64 + 1) << self.fraction
    }

    /// The bits of `mantissa · 2^exponent`, rounded to nearest, ties to even; nothing if it is too large.
    pub(super) fn encode(self, mantissa: u64, exponent: i64) -> Option<u64> {
        if mantissa == 0 {
            return Some(0);
        }
        let shift = mantissa.leading_zeros();
        let (mantissa, exponent) = (mantissa << shift, exponent - i64::from(shift));
        let (fraction, bias) = (i64::from(self.fraction), i64::from(self.bias));
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
        let bits = (u64::try_from(high + bias - 1).ok()? << self.fraction).checked_add(kept)?;
        Some(bits).filter(|bits| *bits < self.infinity())
    }
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
        assert_eq!(parse_f32("-NaN").map(f32::to_bits), Some((-f32::NAN).to_bits()));
    }

    /// What the standard library reads as a finite number.
    fn standard<F: std::str::FromStr>(text: &str, is_finite: fn(&F) -> bool) -> Option<F> {
        text.parse().ok().filter(is_finite)
    }

    fn compare(text: &str) {
        let f64 = standard(text, |value: &f64| value.is_finite());
        assert_eq!(parse_f64(text).map(f64::to_bits), f64.map(f64::to_bits), "{text}");
        let f32 = standard(text, |value: &f32| value.is_finite());
        assert_eq!(parse_f32(text).map(f32::to_bits), f32.map(f32::to_bits), "{text}");
    }

    #[test]
    fn decimal_numbers_are_the_standard_librarys() {
        for text in [
            "",
            ".",
            "+",
            "-",
            "-.",
            "e1",
            ".e1",
            "1e",
            "1e+",
            "1e-",
            "1.e1",
            "1.5e1.5",
            "--1",
            "+-1",
            "1_0",
            " 1",
            "1 ",
            "1e1e1",
            "0",
            "-0",
            "0.",
            ".0",
            "+.5",
            "5.",
            "1e5",
            "1E5",
            "1e+5",
            "1e-5",
            "0e999999999999999999999",
            "1e999999999999999999999",
            "1e-999999999999999999999",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "4.9e-324",
            "2.2250738585072011e-308",
            "3.4028235e38",
            "3.4028236e38",
            "16777217",
            "9007199254740993",
            "９",
        ] {
            compare(text);
        }
        // Half way between two floats, and next to that, with digits far behind.
        let half = format!("1{}", "0".repeat(1000));
        for text in [format!("0.{half}"), format!("{half}e-1000"), format!("9007199254740993.{}1", "0".repeat(2000))] {
            compare(&text);
        }
        let mut state = 1u64;
        for _ in 0..4_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (f64, f32) = (f64::from_bits(state), f32::from_bits((state >> 32) as u32));
            if f64.is_finite() && f32.is_finite() {
                compare(&format!("{f64:e}"));
                compare(&format!("{f32}"));
                compare(&format!("{:.*e}", (state >> 7) as usize % 30, f64));
                // Half way to the next one, exactly.
                let next = f64::from(f32::from_bits(f32.to_bits() + 1));
                compare(&format!("{:.200e}", (f64::from(f32) + next) / 2.0));
            }
        }
    }
}
