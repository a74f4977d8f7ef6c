//! What is said of a series of measurements. Medians and not means: what disturbs a measurement only
//! ever makes it longer.

/// A series of measurements in one unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// The one in the middle.
    pub median: f64,
    /// The smallest.
    pub min: f64,
    /// Median of the distances from the median.
    pub mad: f64,
    /// How many there are.
    pub count: usize,
    /// Whether it would be the same again: a size, and no measurement.
    pub exact: bool,
}

impl Stats {
    /// Of a series; nothing of an empty one.
    pub fn of(mut values: Vec<f64>) -> Option<Stats> {
        let count = values.len();
        let median = median(&mut values)?;
        let min = *values.first()?;
        let mut distances: Vec<f64> = values.iter().map(|value| (value - median).abs()).collect();
        Some(Stats { median, min, mad: median_of(&mut distances), count, exact: false })
    }

    /// A number that does not vary.
    pub fn exact(value: f64) -> Stats {
        Stats { median: value, min: value, mad: 0.0, count: 1, exact: true }
    }

    /// The same in a unit that is `factor` times smaller.
    pub fn scaled(self, factor: f64) -> Stats {
        Stats { median: self.median * factor, min: self.min * factor, mad: self.mad * factor, ..self }
    }
}

/// Sorts, and gives the middle.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { (values[middle - 1] + upper) / 2.0 })
}

fn median_of(values: &mut [f64]) -> f64 {
    median(values).unwrap_or(0.0)
}

/// Geometric mean; nothing of an empty series.
pub fn geometric_mean(values: &[f64]) -> Option<f64> {
    let sum: f64 = values.iter().map(|value| value.ln()).sum();
    (!values.is_empty()).then(|| (sum / values.len() as f64).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_odd_and_even_series() {
        let stats = Stats::of(vec![5.0, 1.0, 2.0]).unwrap();
        assert_eq!((stats.median, stats.min, stats.mad, stats.count), (2.0, 1.0, 1.0, 3));
        let stats = Stats::of(vec![4.0, 2.0, 10.0, 0.0]).unwrap();
        assert_eq!((stats.median, stats.min, stats.mad), (3.0, 0.0, 2.0));
        assert_eq!(Stats::of(Vec::new()), None);
    }

    #[test]
    fn mean_of_ratios() {
        assert!((geometric_mean(&[2.0, 0.5]).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(geometric_mean(&[]), None);
    }
}
