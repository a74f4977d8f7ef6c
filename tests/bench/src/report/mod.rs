//! Results of two sides: aligned tables for people, JSON for programs. [`matrix`] has those of more than two;
//! [`html`] puts all of them on a page.

pub mod html;
pub mod matrix;

use std::fmt::Write as _;

pub use matrix::Matrix;

use serde_json::{Value, json};

use crate::stats::{Stats, geometric_mean};

/// Samples without which nothing is known of their spread.
const FEWEST: usize = 3;

/// One thing that was measured, on both sides where that was possible.
#[derive(Clone, Debug)]
pub struct Row {
    /// What.
    pub name: String,
    /// By this project.
    pub ours: Option<Stats>,
    /// By wasmtime.
    pub theirs: Option<Stats>,
    /// How much of what grows there is, in tables that show growth.
    pub at: Option<f64>,
    /// Anything else there is to say.
    pub remark: String,
}

impl Row {
    /// A row with both sides.
    pub fn new(name: impl Into<String>, ours: Option<Stats>, theirs: Option<Stats>) -> Row {
        Row { name: name.into(), ours, theirs, at: None, remark: String::new() }
    }

    /// A row that could not be measured.
    pub fn skipped(name: impl Into<String>, reason: impl std::fmt::Display) -> Row {
        Row { name: name.into(), ours: None, theirs: None, at: None, remark: format!("skipped: {reason}") }
    }

    /// A row of a table that shows growth.
    pub fn at(mut self, at: f64) -> Row {
        self.at = Some(at);
        self
    }

    /// With a remark.
    pub fn remark(mut self, remark: impl Into<String>) -> Row {
        self.remark = remark.into();
        self
    }

    /// Ratio of the medians, ours to theirs: below 1 is good for us.
    pub fn ratio(&self) -> Option<f64> {
        ratio(self.ours?.median, self.theirs?.median)
    }

    /// Whether both sides vary more than they differ, or were measured too seldom to know: then the ratio says nothing.
    pub fn is_noise(&self) -> bool {
        let (Some(ours), Some(theirs)) = (self.ours, self.theirs) else { return false };
        if [ours, theirs].iter().any(|stats| !stats.exact && stats.count < FEWEST) {
            return true;
        }
        let spread = ours.mad + theirs.mad;
        spread > 0.0 && spread >= (ours.median - theirs.median).abs()
    }

    fn ratio_of_minima(&self) -> Option<f64> {
        ratio(self.ours?.min, self.theirs?.min)
    }
}

fn ratio(ours: f64, theirs: f64) -> Option<f64> {
    (theirs > 0.0).then(|| ours / theirs)
}

/// What plot a table has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plot {
    /// None.
    No,
    /// Ratios of the rows as bars, sorted.
    Ratios,
    /// Both sides against [`Row::at`], whose name and unit this is.
    Growth(&'static str),
}

/// Rows in one unit.
#[derive(Clone, Debug)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// Unit of all numbers.
    pub unit: &'static str,
    /// How it was measured.
    pub method: String,
    /// The rows.
    pub rows: Vec<Row>,
    /// What the other side is.
    pub peer: &'static str,
    /// Whether the ratios have a meaningful mean.
    pub mean: bool,
    /// What plot shows it.
    pub plot: Plot,
    /// Sentences below the table.
    pub notes: Vec<String>,
}

impl Table {
    /// An empty table.
    pub fn new(title: impl Into<String>, unit: &'static str, method: impl Into<String>) -> Table {
        Table {
            title: title.into(),
            unit,
            method: method.into(),
            rows: Vec::new(),
            peer: "wasmtime",
            mean: false,
            plot: Plot::No,
            notes: Vec::new(),
        }
    }

    /// With the geometric mean of the ratios, and a plot of them.
    pub fn of_ratios(mut self) -> Table {
        self.mean = true;
        self.plot = Plot::Ratios;
        self
    }

    /// With a plot of both sides against what grows: its name and unit.
    pub fn of_growth(mut self, axis: &'static str) -> Table {
        self.plot = Plot::Growth(axis);
        self
    }

    /// Says how both sides grow in the last part of the table: the exponent of a power law through the last row
    /// and the one before it that is at least ten times smaller.
    pub fn note_exponents(&mut self) {
        let exponent = |side: fn(&Row) -> Option<Stats>| {
            let points: Vec<(f64, f64)> =
                self.rows.iter().filter_map(|row| Some((row.at?, side(row)?.median))).collect();
            let (at, value) = points.last()?;
            let (before, old) = points.iter().rev().find(|(before, _)| *before * 9.9 <= *at)?;
            (*value > 0.0 && *old > 0.0).then(|| format!("{:.2}", (value / old).ln() / (at / before).ln()))
        };
        let [ours, theirs] = [exponent(|row| row.ours), exponent(|row| row.theirs)];
        let known = |exponent: Option<String>| exponent.unwrap_or_else(|| "?".into());
        self.notes.push(format!(
            "At the end it grows as what grows to the power of: iwasm {}, {} {}.",
            known(ours),
            self.peer,
            known(theirs)
        ));
    }

    /// Geometric mean of the ratios.
    pub fn mean_ratio(&self) -> Option<f64> {
        let ratios: Vec<f64> = self.rows.iter().filter_map(Row::ratio).collect();
        geometric_mean(&ratios).filter(|_| self.mean)
    }

    /// As text.
    pub fn text(&self) -> String {
        let lines = self.lines();
        let mut text = format!("\n{} [{}]\n  {}\n", self.title, self.unit, self.method);
        text.push_str(&aligned(&lines));
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    /// The cells of a printed table, with its head and the mean.
    pub fn lines(&self) -> Vec<Vec<String>> {
        let head = ["", "iwasm", "±", "min", "n", self.peer, "±", "min", "ratio", "", "of min", ""];
        let mut lines = vec![head.map(str::to_string).to_vec()];
        for row in &self.rows {
            let [ours, our_mad, our_min] = cells(row.ours);
            let [theirs, their_mad, their_min] = cells(row.theirs);
            let count = [row.ours, row.theirs].into_iter().flatten().map(|stats| stats.count).min();
            lines.push(vec![
                row.name.clone(),
                ours,
                our_mad,
                our_min,
                count.map_or(String::new(), |count| count.to_string()),
                theirs,
                their_mad,
                their_min,
                row.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}")),
                if row.is_noise() { "~".into() } else { String::new() },
                row.ratio_of_minima().map_or(String::new(), |ratio| format!("{ratio:.2}")),
                row.remark.clone(),
            ]);
        }
        if let Some(mean) = self.mean_ratio() {
            let mut line = vec![String::new(); head.len()];
            line[0] = "geometric mean".into();
            line[8] = format!("{mean:.3}");
            lines.push(line);
        }
        lines
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name, "at": row.at, "iwasm": stats(row.ours), self.peer: stats(row.theirs),
                    "ratio": row.ratio(), "ratio_of_minima": row.ratio_of_minima(),
                    "within_noise": row.is_noise(), "remark": row.remark,
                })
            })
            .collect();
        json!({
            "title": self.title, "unit": self.unit, "method": self.method, "rows": rows,
            "geometric_mean_ratio": self.mean_ratio(), "notes": self.notes,
        })
    }
}

/// Columns under each other: the first to the left, the last as it is, all others to the right.
fn aligned(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for line in lines {
        let mut out = format!("  {:<1$}", line[0], widths[0]);
        for (cell, width) in line.iter().zip(&widths).skip(1).take(columns - 2) {
            let _ = write!(out, "  {cell:>width$}");
        }
        let _ = writeln!(text, "{}", format!("{out}  {}", line[columns - 1]).trim_end());
    }
    text
}

/// What a section shows.
pub enum Shown {
    /// Two sides.
    Table(Table),
    /// More than two.
    Matrix(Matrix),
}

impl From<Table> for Shown {
    fn from(table: Table) -> Shown {
        Shown::Table(table)
    }
}

impl From<Matrix> for Shown {
    fn from(matrix: Matrix) -> Shown {
        Shown::Matrix(matrix)
    }
}

impl Shown {
    /// Title and unit.
    pub fn title(&self) -> String {
        match self {
            Shown::Table(table) => format!("{} [{}]", table.title, table.unit),
            Shown::Matrix(matrix) => format!("{} [{}]", matrix.title, matrix.unit),
        }
    }

    /// How it was measured.
    pub fn method(&self) -> &str {
        match self {
            Shown::Table(table) => &table.method,
            Shown::Matrix(matrix) => &matrix.method,
        }
    }

    /// Sentences below it.
    pub fn notes(&self) -> &[String] {
        match self {
            Shown::Table(table) => &table.notes,
            Shown::Matrix(matrix) => &matrix.notes,
        }
    }

    /// The cells, with the head.
    pub fn lines(&self) -> Vec<Vec<String>> {
        match self {
            Shown::Table(table) => table.lines(),
            Shown::Matrix(matrix) => matrix.lines(),
        }
    }

    /// As text.
    pub fn text(&self) -> String {
        match self {
            Shown::Table(table) => table.text(),
            Shown::Matrix(matrix) => matrix.text(),
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        match self {
            Shown::Table(table) => table.json(),
            Shown::Matrix(matrix) => matrix.json(),
        }
    }
}

fn stats(stats: Option<Stats>) -> Value {
    stats.map_or(
        Value::Null,
        |stats| json!({ "median": stats.median, "min": stats.min, "mad": stats.mad, "count": stats.count }),
    )
}

fn cells(stats: Option<Stats>) -> [String; 3] {
    let Some(stats) = stats else { return [const { String::new() }; 3] };
    if stats.count == 1 {
        return [number(stats.median), String::new(), String::new()];
    }
    [number(stats.median), number(stats.mad), number(stats.min)]
}

/// Three digits or more.
pub fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 1e4 => grouped(value),
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_digits() {
        assert_eq!(number(1234567.0), "1,234,567");
        assert_eq!(number(0.456), "0.46");
        assert_eq!(number(45.67), "45.7");
        assert_eq!(number(-12345.0), "-12,345");
    }

    #[test]
    fn noise_is_marked() {
        let row = |ours: &[f64], theirs: &[f64]| Row::new("", Stats::of(ours.to_vec()), Stats::of(theirs.to_vec()));
        assert!(row(&[1.0, 2.0, 3.0], &[2.0, 3.0, 4.0]).is_noise());
        assert!(!row(&[1.0, 1.1, 1.2], &[2.0, 2.1, 2.2]).is_noise());
        assert!(row(&[1.0], &[2.0]).is_noise(), "one sample says nothing");
        assert!(!Row::new("", Some(Stats::exact(1.0)), Some(Stats::exact(2.0))).is_noise());
    }

    #[test]
    fn a_table_has_a_line_for_each_row_and_the_mean() {
        let mut table = Table::new("title", "ns", "how");
        table.mean = true;
        table.rows.push(Row::new("a", Stats::of(vec![2.0, 2.0]), Stats::of(vec![1.0, 1.0])));
        table.rows.push(Row::new("b", Stats::of(vec![1.0, 1.0]), Stats::of(vec![2.0, 2.0])));
        table.rows.push(Row::skipped("c", "no corpus"));
        let text = table.text();
        assert!(text.contains("1.000") && text.contains("skipped: no corpus"), "{text}");
        assert_eq!(table.json()["rows"].as_array().map(Vec::len), Some(3));
    }
}
