//! Floats ↔ their decimal digits, exactly, by natural numbers of any length: a float times a power of two is natural, and so
//! is one times a power of ten. The standard library's ways are the fast ones, with 36 KB of code and tables, and nothing
//! else here needs them.

use super::float::Format;

/// A natural number in digits of 32 bits, the lowest first and the highest not zero.
#[derive(Default)]
struct Natural(Vec<u32>);

impl Natural {
    fn new(value: u64) -> Natural {
        let mut natural = Natural(vec![value as u32, (value >> 32) as u32]);
        natural.trim();
        natural
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Multiplies it, and adds something.
    fn scale(&mut self, factor: u32, add: u32) {
        let mut carry = add;
        for digit in &mut self.0 {
            let wide = u64::from(*digit) * u64::from(factor) + u64::from(carry);
            (*digit, carry) = (wide as u32, (wide >> 32) as u32);
        }
        if carry != 0 {
            self.0.push(carry);
        }
    }

    /// Divides it; gives what is left over.
    fn divide(&mut self, divisor: u32) -> u32 {
        let mut rest = 0;
        for digit in self.0.iter_mut().rev() {
            let wide = rest << 32 | u64::from(*digit);
            (*digit, rest) = ((wide / u64::from(divisor)) as u32, wide % u64::from(divisor));
        }
        self.trim();
        rest as u32
    }

    fn trim(&mut self) {
        while self.0.pop_if(|highest| *highest == 0).is_some() {}
    }

    /// It as `mantissa · 2^exponent`. The lowest bit of the mantissa stands for all that is cut off, and for `rest`; where
    /// something is, it has at least 64 bits above that.
    fn binary(&self, rest: bool) -> (u64, i64) {
        let low = self.0.len().saturating_sub(3);
        let (below, highest) = self.0.split_at(low);
        let top = highest.iter().rev().fold(0u128, |top, digit| top << 32 | u128::from(*digit));
        let cut = 64u32.saturating_sub(top.leading_zeros());
        let rest = rest || below.iter().any(|digit| *digit != 0) || top & ((1 << cut) - 1) != 0;
        ((top >> cut) as u64 | u64::from(rest), 32 * low as i64 + i64::from(cut))
    }
}

/// Digits of a decimal number that are looked at; half way between two floats are numbers of 767 at most. Those behind count
/// as something or nothing.
const MOST_DIGITS: i64 = 800;

/// No float of ours has its highest digit so far from the point.
const FAR: i64 = 400;

/// The bits of `D`, `D.`, `D.D` or `.D`, each with or without `eD`, rounded to nearest, ties to even; nothing for what is no
/// number, or is too large.
pub(super) fn parse(text: &str, format: Format) -> Option<u64> {
    let (number, mut power) = match text.split_once(['e', 'E']) {
        Some((number, power)) => (number, parse_power(power)?),
        None => (text, 0),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // value = natural · 10^power, and a rest.
    let (mut natural, mut rest, mut digits) = (Natural::default(), false, 0);
    for (position, digit) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = digit.to_digit(10)?;
        let is_fraction = position >= whole.len();
        if digits < MOST_DIGITS {
            natural.scale(10, digit);
            digits += i64::from(!natural.is_zero());
            power -= i64::from(is_fraction);
        } else {
            rest |= digit != 0;
            power += i64::from(!is_fraction);
        }
    }
    if natural.is_zero() || digits + power < -FAR {
        return Some(0);
    }
    if digits + power > FAR {
        return None;
    }
    for _ in 0..power {
        natural.scale(10, 0);
    }
    // As many bits more as the divisions will take, and 64.
    let mut shift = 0;
    if power < 0 {
        shift = (power.unsigned_abs() as usize * 4 + 64).div_ceil(32);
        natural = Natural([vec![0; shift], natural.0].concat());
    }
    for _ in power..0 {
        rest |= natural.divide(10) != 0;
    }
    let (mantissa, exponent) = natural.binary(rest);
    format.encode(mantissa, exponent - 32 * shift as i64)
}

/// The power of ten behind an `e`. What has too many digits is as far away as anything.
fn parse_power(text: &str) -> Option<i64> {
    let (negative, digits) = super::sign(text);
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let power = digits.parse().unwrap_or(i64::from(i32::MAX)).min(i64::MAX / 4);
    Some(if negative { -power } else { power })
}

/// A decimal number that is not negative, digit by digit, without zeros at the end.
pub(super) struct Decimal {
    digits: Vec<u8>,
    /// The power of ten that the first digit is worth.
    exponent: i32,
}

impl Decimal {
    /// A finite float, without its sign; all of it.
    pub(super) fn of(value: f64) -> Decimal {
        let fraction = value.to_bits() & ((1 << 52) - 1);
        let (mantissa, exponent) = match (value.to_bits() >> 52 & 0x7ff) as i32 {
            0 => (fraction, -1074),
            stored => (fraction | 1 << 52, stored - 1075),
        };
        let mut natural = Natural::new(mantissa);
        // m · 2^-k is m · 5^k · 10^-k.
        let factor = if exponent < 0 { 5 } else { 2 };
        for _ in 0..exponent.unsigned_abs() {
            natural.scale(factor, 0);
        }
        let mut digits = Vec::new();
        while !natural.is_zero() {
            digits.push(natural.divide(10) as u8);
        }
        digits.reverse();
        let exponent = if digits.is_empty() { 0 } else { digits.len() as i32 - 1 + exponent.min(0) };
        Decimal { digits, exponent }.trimmed()
    }

    /// Rounded to so many digits, ties to even.
    fn rounded(&self, count: usize) -> Decimal {
        let Some((kept, rest)) = self.digits.split_at_checked(count) else {
            return Decimal { digits: self.digits.clone(), exponent: self.exponent };
        };
        let mut rounded = Decimal { digits: kept.to_vec(), exponent: self.exponent };
        let is_odd = kept.last().is_some_and(|last| last % 2 == 1);
        if rest > &[5] || (rest == [5] && is_odd) {
            // Nines become zeros, which are not kept.
            while rounded.digits.pop_if(|digit| *digit == 9).is_some() {}
            match rounded.digits.last_mut() {
                Some(last) => *last += 1,
                None => rounded = Decimal { digits: vec![1], exponent: self.exponent + 1 },
            }
        }
        rounded.trimmed()
    }

    fn trimmed(mut self) -> Decimal {
        while self.digits.pop_if(|digit| *digit == 0).is_some() {}
        self
    }

    /// C's `%.{count}g`.
    pub(super) fn general(&self, count: usize) -> String {
        let Decimal { digits, exponent } = self.rounded(count);
        let digit = |place: i32| char::from(b'0' + digits.get(place as usize).copied().unwrap_or(0));
        let last = digits.len().max(1) as i32 - 1;
        let is_far = !(-4..count as i32).contains(&exponent);
        // The place before the point. In places before the first, and behind the last, are zeros.
        let point = if is_far { 0 } else { exponent };
        let mut text: String = (point.min(0)..=point.max(last)).map(digit).collect();
        if point < last {
            text.insert(point.max(0) as usize + 1, '.');
        }
        if is_far {
            let sign = if exponent < 0 { '-' } else { '+' };
            text += &format!("e{sign}{:02}", exponent.unsigned_abs());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_the_standard_librarys() {
        let mut state = 1u64;
        let random = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from_bits(state >> 1)
        });
        let ends = [0.0, f64::MAX, f64::MIN_POSITIVE, f64::from_bits(1), 1.0, 9.5, 99.99, 999_999_950.0, 0.5, 2.5, 3.5];
        for value in ends.into_iter().chain(random.filter(|value| value.is_finite()).take(3000)) {
            let decimal = Decimal::of(value);
            for count in [1, 2, 7, 9, 16, 17, 40] {
                let Decimal { digits, exponent } = decimal.rounded(count);
                let digits: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
                let standard = format!("{value:.*e}", count - 1);
                let (mantissa, power) = standard.split_once('e').expect("it has one");
                let mantissa = mantissa.replace('.', "");
                assert_eq!(
                    (digits.as_str(), exponent.to_string()),
                    (mantissa.trim_end_matches('0'), power.to_string())
                );
            }
        }
    }

    #[test]
    fn general_is_cs() {
        for (value, count, text) in [
            (0.0, 7, "0"),
            (1.0, 1, "1"),
            (123_456_789.0, 7, "1.234568e+08"),
            (1_234_567.0, 7, "1234567"),
            (1_200_000.0, 7, "1200000"),
            (9_999_999.6, 7, "1e+07"),
            (0.000_123_45, 7, "0.00012345"),
            (0.000_099_999_999, 7, "0.0001"),
            (0.000_012_345, 7, "1.2345e-05"),
            (12.5, 2, "12"),
            (13.5, 2, "14"),
            (100.25, 7, "100.25"),
        ] {
            assert_eq!(Decimal::of(value).general(count), text);
        }
    }
}
