//! Sets of 32-bit numbers: what lies between two, in steps. What operations make of them, and what conditions leave.
//!
//! Numbers are taken as signed. A set that would have to go around is all numbers, unless all of it goes around.

/// Smallest and greatest of what 32 bits hold.
const MIN: i64 = i32::MIN as i64;
const MAX: i64 = i32::MAX as i64;

/// Numbers `low`, `low + step`, … up to `high`; nothing if that is below `low`. The step of a single one is 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    pub low: i64,
    pub high: i64,
    step: i64,
}

impl Range {
    /// No number: what is not reached.
    pub const NONE: Range = Range { low: MAX, high: MIN, step: 0 };
    /// Any number.
    pub const ALL: Range = Range { low: MIN, high: MAX, step: 1 };

    /// One number.
    pub const fn one(value: i32) -> Range {
        Range { low: value as i64, high: value as i64, step: 0 }
    }

    /// From one to another, both within 32 bits.
    pub fn between(low: i64, high: i64) -> Range {
        Range::stepped(low, high, 1)
    }

    fn stepped(low: i64, high: i64, step: i64) -> Range {
        if low > high {
            return Range::NONE;
        }
        let high = if step > 1 { high - (high - low) % step } else { high };
        Range { low, high, step: if low == high { 0 } else { step.max(1) } }
    }

    /// The same, where numbers may not fit 32 bits.
    fn wrapping(low: i64, high: i64, step: i64) -> Range {
        let turns = |bound: i64| (bound - MIN).div_euclid(1 << 32);
        match turns(low) {
            turn if turn == turns(high) => Range::stepped(low - (turn << 32), high - (turn << 32), step),
            _ => Range::ALL,
        }
    }

    pub fn is_none(self) -> bool {
        self.low > self.high
    }

    /// The number, if it is one.
    pub fn single(self) -> Option<i64> {
        (self.low == self.high).then_some(self.low)
    }

    fn is_natural(self) -> bool {
        self.low >= 0
    }

    /// What is in one or the other.
    pub fn join(self, other: Range) -> Range {
        if self.is_none() || other.is_none() {
            return if self.is_none() { other } else { self };
        }
        let step = gcd(gcd(self.step, other.step), (self.low - other.low).abs());
        Range::stepped(self.low.min(other.low), self.high.max(other.high), step)
    }

    /// What is in this and between the bounds of the other.
    pub fn meet(self, other: Range) -> Range {
        let behind = other.low - self.low;
        let low = if behind > 0 && self.step > 1 {
            self.low + (behind + self.step - 1) / self.step * self.step
        } else {
            self.low.max(other.low)
        };
        Range::stepped(low, self.high.min(other.high), self.step)
    }

    pub fn add(self, other: Range) -> Range {
        self.both(other, |a, b| Range::wrapping(a.low + b.low, a.high + b.high, gcd(a.step, b.step)))
    }

    pub fn sub(self, other: Range) -> Range {
        self.both(other, |a, b| Range::wrapping(a.low - b.high, a.high - b.low, gcd(a.step, b.step)))
    }

    pub fn mul(self, other: Range) -> Range {
        self.both(other, |a, b| {
            let (set, factor) = match (a.single(), b.single()) {
                (_, Some(factor)) => (a, factor),
                (Some(factor), _) => (b, factor),
                _ => return Range::ALL,
            };
            let (low, high) = (set.low * factor, set.high * factor);
            Range::wrapping(low.min(high), low.max(high), set.step * factor.abs())
        })
    }

    pub fn shl(self, bits: Range) -> Range {
        self.shifted(bits, |a, bits| Range::wrapping(a.low << bits, a.high << bits, a.step << bits))
    }

    /// Shift to the right of natural numbers.
    pub fn ushr(self, bits: Range) -> Range {
        self.shifted(bits, |a, bits| match bits {
            0 => a,
            _ if a.is_natural() => Range::between(a.low >> bits, a.high >> bits),
            _ => Range::between(0, (1 << (32 - bits)) - 1),
        })
    }

    pub fn sshr(self, bits: Range) -> Range {
        self.shifted(bits, |a, bits| Range::between(a.low >> bits, a.high >> bits))
    }

    fn shifted(self, bits: Range, shift: impl Fn(Range, u32) -> Range) -> Range {
        self.both(bits, |a, bits| bits.single().map_or(Range::ALL, |bits| shift(a, (bits & 31) as u32)))
    }

    pub fn and(self, other: Range) -> Range {
        self.both(other, |a, b| match (a.is_natural(), b.is_natural()) {
            (true, true) => Range::between(0, a.high.min(b.high)),
            (true, false) => Range::between(0, a.high),
            (false, true) => Range::between(0, b.high),
            (false, false) => Range::ALL,
        })
    }

    /// Or, and exclusive or.
    pub fn or(self, other: Range) -> Range {
        self.both(other, |a, b| match a.is_natural() && b.is_natural() {
            true => Range::between(0, (1 << (64 - (a.high | b.high).leading_zeros())) - 1),
            false => Range::ALL,
        })
    }

    /// The rest after division by it.
    pub fn urem(self, divisor: Range) -> Range {
        self.both(divisor, |_, divisor| match divisor.low > 0 {
            true => Range::between(0, divisor.high - 1),
            false => Range::ALL,
        })
    }

    fn both(self, other: Range, of: impl Fn(Range, Range) -> Range) -> Range {
        if self.is_none() || other.is_none() { Range::NONE } else { of(self, other) }
    }

    /// All but the one that `other` is, if it stands at an end.
    pub fn without(self, other: Range) -> Range {
        match other.single() {
            Some(value) if self.single() == Some(value) => Range::NONE,
            Some(value) if self.low == value => Range::stepped(value + self.step, self.high, self.step),
            Some(value) if self.high == value => Range::stepped(self.low, value - self.step, self.step),
            _ => self,
        }
    }

    /// What is less than (or equal to) something of the other.
    pub fn below(self, other: Range, or_equal: bool) -> Range {
        self.meet(Range { low: MIN, high: other.high - i64::from(!or_equal), step: 1 })
    }

    /// What is greater than (or equal to) something of the other.
    pub fn above(self, other: Range, or_equal: bool) -> Range {
        self.meet(Range { low: other.low + i64::from(!or_equal), high: MAX, step: 1 })
    }

    /// The same where all numbers are taken as natural ones.
    pub fn below_as_natural(self, other: Range, or_equal: bool) -> Range {
        match other.is_natural() {
            true => self.meet(Range::between(0, MAX)).below(other, or_equal),
            false => self,
        }
    }

    /// The same where all numbers are taken as natural ones.
    pub fn above_as_natural(self, other: Range, or_equal: bool) -> Range {
        match self.is_natural() && other.is_natural() {
            true => self.above(other, or_equal),
            false => self,
        }
    }

    /// At least `wanted`, of which it is a part, and with each bound that is not that of `self` one of `bounds` (which are
    /// in order), or as far as numbers go.
    pub fn widened(self, wanted: Range, bounds: &[i64]) -> Range {
        let (mut low, mut high) = (wanted.low, wanted.high);
        if low < self.low {
            let after = bounds.partition_point(|bound| *bound <= low);
            low = after.checked_sub(1).map_or(MIN, |index| bounds[index]);
            low = wanted.low - (wanted.low - low) / wanted.step.max(1) * wanted.step.max(1);
        }
        if high > self.high {
            let index = bounds.partition_point(|bound| *bound < high);
            high = bounds.get(index).copied().unwrap_or(MAX);
        }
        Range::stepped(low, high, wanted.step)
    }
}

fn gcd(a: i64, b: i64) -> i64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All sets of few numbers, near the ends of 32 bits and near zero.
    fn sets() -> Vec<(Range, Vec<i32>)> {
        let mut sets = vec![];
        for start in [i32::MIN, i32::MIN + 3, -70, -5, -1, 0, 1, 7, 250, 0xffff, i32::MAX - 12] {
            for (count, step) in [(1, 0), (2, 1), (4, 1), (3, 4), (2, 6), (5, 3)] {
                let numbers: Vec<i32> = (0..count).map(|index| start + index * step).collect();
                let high = i64::from(numbers[numbers.len() - 1]);
                sets.push((Range::stepped(start.into(), high, step.into()), numbers));
            }
        }
        sets
    }

    fn has(range: Range, value: i32) -> bool {
        let value = i64::from(value);
        let on_step = if range.step == 0 { value == range.low } else { (value - range.low) % range.step == 0 };
        range.low <= value && value <= range.high && on_step
    }

    /// What an operation gives of two numbers, if anything, is in what it gives of the sets.
    fn holds(of_sets: impl Fn(Range, Range) -> Range, of_numbers: impl Fn(i32, i32) -> Option<i32>) {
        for (a, numbers) in sets() {
            for (b, others) in sets() {
                let range = of_sets(a, b);
                for (x, y) in numbers.iter().flat_map(|x| others.iter().map(move |y| (*x, *y))) {
                    let Some(result) = of_numbers(x, y) else { continue };
                    assert!(has(range, result), "{a:?}, {b:?}: {range:?} has not {result}, of {x} and {y}");
                }
            }
        }
    }

    #[test]
    fn operations_lose_no_number() {
        let as_unsigned = |f: fn(u32, u32) -> u32| move |x: i32, y: i32| Some(f(x as u32, y as u32) as i32);
        holds(Range::add, |x, y| Some(x.wrapping_add(y)));
        holds(Range::sub, |x, y| Some(x.wrapping_sub(y)));
        holds(Range::mul, |x, y| Some(x.wrapping_mul(y)));
        holds(Range::shl, |x, y| Some(x.wrapping_shl(y as u32)));
        holds(Range::sshr, |x, y| Some(x.wrapping_shr(y as u32)));
        holds(Range::ushr, as_unsigned(|x, y| x.wrapping_shr(y)));
        holds(Range::and, |x, y| Some(x & y));
        holds(Range::or, |x, y| Some(x | y));
        holds(Range::or, |x, y| Some(x ^ y));
        holds(Range::urem, |x, y| (x as u32).checked_rem(y as u32).map(|rest| rest as i32));
        holds(Range::join, |x, _| Some(x));
        holds(Range::join, |_, y| Some(y));
    }

    #[test]
    fn conditions_leave_what_meets_them() {
        for or_equal in [false, true] {
            let less = |x: i64, y: i64| x < y || or_equal && x == y;
            holds(|a, b| a.below(b, or_equal), |x, y| less(x.into(), y.into()).then_some(x));
            holds(|a, b| a.above(b, or_equal), |x, y| less(y.into(), x.into()).then_some(x));
            let natural = |x: i32| i64::from(x as u32);
            holds(|a, b| a.below_as_natural(b, or_equal), |x, y| less(natural(x), natural(y)).then_some(x));
            holds(|a, b| a.above_as_natural(b, or_equal), |x, y| less(natural(y), natural(x)).then_some(x));
        }
        holds(Range::without, |x, y| (x != y).then_some(x));
        holds(Range::meet, |x, y| (x == y).then_some(x));
    }

    #[test]
    fn widening_takes_the_next_bound() {
        let bounds = [-9, 0, 99, 65535];
        let from = Range::one(0);
        assert_eq!(from.widened(Range::stepped(0, 4, 4), &bounds), Range::stepped(0, 96, 4));
        assert_eq!(from.widened(Range::stepped(0, 100, 4), &bounds), Range::stepped(0, 65532, 4));
        assert_eq!(from.widened(Range::between(0, 70000), &bounds), Range::between(0, MAX));
        assert_eq!(from.widened(Range::stepped(-2, 0, 2), &bounds), Range::stepped(-8, 0, 2));
        assert_eq!(Range::between(-9, 0).widened(Range::between(-10, 0), &bounds), Range::between(MIN, 0));
        // It is at least what is wanted, and what it was.
        for (a, _) in sets() {
            for (b, numbers) in sets() {
                let wanted = a.join(b);
                let widened = a.widened(wanted, &bounds);
                assert!(widened.low <= wanted.low && widened.high >= wanted.high, "{a:?} {b:?} {widened:?}");
                assert!(numbers.iter().all(|number| has(widened, *number)), "{a:?} {b:?} {widened:?}");
            }
        }
    }

    #[test]
    fn some_are_told_exactly() {
        assert_eq!(Range::between(0, 9).shl(Range::one(3)), Range::stepped(0, 72, 8));
        assert_eq!(Range::one(-8).add(Range::one(0x2_0000)), Range::one(0x1_fff8));
        assert_eq!(Range::between(-4, 4).add(Range::one(i32::MAX)), Range::ALL);
        assert_eq!(Range::stepped(4, 65536, 4).without(Range::one(65536)), Range::stepped(4, 65532, 4));
        assert_eq!(Range::ALL.and(Range::one(255)), Range::between(0, 255));
        assert_eq!(Range::between(0, 255).or(Range::between(3, 20)), Range::between(0, 255));
        assert_eq!(Range::ALL.below_as_natural(Range::one(100), false), Range::between(0, 99));
        assert_eq!(Range::ALL.ushr(Range::one(24)), Range::between(0, 255));
    }
}
