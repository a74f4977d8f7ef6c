//! Results of more than two engines: a column for each, and how many times the first column's value the others have.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{aligned, number, stats};
use crate::stats::{Stats, geometric_mean};

/// What each engine took, of each row.
#[derive(Clone, Debug)]
pub struct Matrix {
    /// What it shows.
    pub title: String,
    /// Unit of all numbers.
    pub unit: &'static str,
    /// How it was measured.
    pub method: String,
    /// The engines, the one that all are compared with first.
    pub columns: Vec<String>,
    /// Name and cells of each row, which are as many as the columns.
    pub rows: Vec<(String, Vec<Option<Stats>>)>,
    /// Sentences below the table.
    pub notes: Vec<String>,
}

impl Matrix {
    /// An empty one.
    pub fn new(
        title: impl Into<String>,
        unit: &'static str,
        method: impl Into<String>,
        columns: Vec<String>,
    ) -> Matrix {
        Matrix { title: title.into(), unit, method: method.into(), columns, rows: Vec::new(), notes: Vec::new() }
    }

    /// By how many times a cell's median exceeds that of the first column; below 1 it is better.
    fn ratio(cells: &[Option<Stats>], column: usize) -> Option<f64> {
        let (first, cell) = (cells.first()?.as_ref()?, cells.get(column)?.as_ref()?);
        (first.median > 0.0 && cell.median > 0.0).then(|| cell.median / first.median)
    }

    /// Geometric means of the ratios to the first column, over the rows that a column has, and how many those are.
    pub fn means(&self) -> Vec<(Option<f64>, usize)> {
        let column = |column: usize| {
            let ratios: Vec<f64> = self.rows.iter().filter_map(|(_, cells)| Matrix::ratio(cells, column)).collect();
            (geometric_mean(&ratios), ratios.len())
        };
        (0..self.columns.len()).map(column).collect()
    }

    /// The cells of a printed table: medians with their spread, the ratio behind each.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let mut head = vec![String::new()];
        for column in &self.columns {
            head.extend([column.clone(), "±".into(), "×".into()]);
        }
        head.push("n".into());
        let mut lines = vec![head];
        for (name, cells) in &self.rows {
            let mut line = vec![name.clone()];
            for (column, cell) in cells.iter().enumerate() {
                let spread = |stats: &Stats| if stats.count > 1 { number(stats.mad) } else { String::new() };
                line.push(cell.as_ref().map_or("-".into(), |stats| number(stats.median)));
                line.push(cell.as_ref().map_or(String::new(), spread));
                line.push(Matrix::ratio(cells, column).map_or(String::new(), |ratio| format!("{ratio:.2}")));
            }
            let count = cells.iter().flatten().map(|stats| stats.count).min();
            line.push(count.map_or(String::new(), |count| count.to_string()));
            lines.push(line);
        }
        let mut mean = vec!["geometric mean".to_owned()];
        for (ratio, _) in self.means() {
            mean.extend([String::new(), String::new(), ratio.map_or(String::new(), |ratio| format!("{ratio:.3}"))]);
        }
        mean.push(String::new());
        lines.push(mean);
        lines
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut text = format!("\n{} [{}]\n  {}\n", self.title, self.unit, self.method);
        text.push_str(&aligned(&self.lines()));
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let row = |(name, cells): &(String, Vec<Option<Stats>>)| {
            let cells: Map<String, Value> =
                self.columns.iter().zip(cells).map(|(column, cell)| (column.clone(), stats(*cell))).collect();
            json!({ "name": name, "engines": cells })
        };
        let means: Map<String, Value> = self
            .columns
            .iter()
            .zip(self.means())
            .map(|(column, (mean, rows))| (column.clone(), json!({ "ratio": mean, "rows": rows })))
            .collect();
        json!({
            "title": self.title, "unit": self.unit, "method": self.method,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(), "geometric_means": means, "notes": self.notes,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_are_over_the_rows_that_a_column_has() {
        let mut matrix = Matrix::new("title", "ms", "how", vec!["native".into(), "iwasm".into(), "other".into()]);
        let cell = |value: f64| Some(Stats::exact(value));
        matrix.rows.push(("a".into(), vec![cell(1.0), cell(2.0), None]));
        matrix.rows.push(("b".into(), vec![cell(1.0), cell(0.5), cell(3.0)]));
        matrix.rows.push(("c".into(), vec![None, cell(0.5), cell(3.0)]));
        let means = matrix.means();
        assert_eq!((means[0], means[2].1), ((Some(1.0), 2), 1));
        assert!(means[1].0.is_some_and(|mean| (mean - 1.0).abs() < 1e-9));
        assert!(matrix.text().contains("geometric mean"));
    }
}
