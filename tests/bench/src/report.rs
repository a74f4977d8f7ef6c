//! Results: aligned tables for people, JSON for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::stats::{Stats, geometric_mean};

/// One thing that was measured, on both sides where that was possible.
#[derive(Clone, Debug)]
pub struct Row {
    /// What.
    pub name: String,
    /// By this project.
    pub ours: Option<Stats>,
    /// By wasmtime.
    pub theirs: Option<Stats>,
    /// Anything else there is to say.
    pub remark: String,
}

impl Row {
    /// A row with both sides.
    pub fn new(name: impl Into<String>, ours: Option<Stats>, theirs: Option<Stats>) -> Row {
        Row { name: name.into(), ours, theirs, remark: String::new() }
    }

    /// A row that could not be measured.
    pub fn skipped(name: impl Into<String>, reason: impl std::fmt::Display) -> Row {
        Row { name: name.into(), ours: None, theirs: None, remark: format!("skipped: {reason}") }
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

    fn ratio_of_minima(&self) -> Option<f64> {
        ratio(self.ours?.min, self.theirs?.min)
    }
}

fn ratio(ours: f64, theirs: f64) -> Option<f64> {
    (theirs > 0.0).then(|| ours / theirs)
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
            notes: Vec::new(),
        }
    }

    /// Geometric mean of the ratios.
    pub fn mean_ratio(&self) -> Option<f64> {
        let ratios: Vec<f64> = self.rows.iter().filter_map(Row::ratio).collect();
        geometric_mean(&ratios).filter(|_| self.mean)
    }

    /// As text.
    pub fn text(&self) -> String {
        let head = ["", "iwasm", "±", "min", self.peer, "±", "min", "ratio", "of min", ""];
        let mut lines = vec![head.map(str::to_string)];
        for row in &self.rows {
            let [ours, our_mad, our_min] = cells(row.ours);
            let [theirs, their_mad, their_min] = cells(row.theirs);
            lines.push([
                row.name.clone(),
                ours,
                our_mad,
                our_min,
                theirs,
                their_mad,
                their_min,
                row.ratio().map_or(String::new(), |ratio| format!("{ratio:.2}")),
                row.ratio_of_minima().map_or(String::new(), |ratio| format!("{ratio:.2}")),
                row.remark.clone(),
            ]);
        }
        if let Some(mean) = self.mean_ratio() {
            let mut line = [const { String::new() }; 10];
            line[0] = "geometric mean".into();
            line[7] = format!("{mean:.3}");
            lines.push(line);
        }
        let mut text = format!("\n{} [{}]\n  {}\n", self.title, self.unit, self.method);
        let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        for line in &lines {
            let mut out = format!("  {:<1$}", line[0], widths[0]);
            for (column, cell) in line.iter().enumerate().skip(1).take(head.len() - 2) {
                let _ = write!(out, "  {:>1$}", cell, widths[column]);
            }
            let _ = writeln!(text, "{}", format!("{out}  {}", line[head.len() - 1]).trim_end());
        }
        for note in &self.notes {
            let _ = writeln!(text, "  {note}");
        }
        text
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                json!({
                    "name": row.name, "iwasm": stats(row.ours), self.peer: stats(row.theirs),
                    "ratio": row.ratio(), "ratio_of_minima": row.ratio_of_minima(), "remark": row.remark,
                })
            })
            .collect();
        json!({
            "title": self.title, "unit": self.unit, "method": self.method, "rows": rows,
            "geometric_mean_ratio": self.mean_ratio(), "notes": self.notes,
        })
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
    if stats.count == 1 && stats.mad == 0.0 {
        return [number(stats.median), String::new(), String::new()];
    }
    [number(stats.median), number(stats.mad), number(stats.min)]
}

/// Four digits or more.
fn number(value: f64) -> String {
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
