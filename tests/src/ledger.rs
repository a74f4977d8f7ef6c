//! The ledger: a line of JSON for each run, of what it did. `docs/reliability.md` is made from it, and says nothing
//! that is not in it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::single::operators;

/// Where the ledger is, from the project's root.
pub const LEDGER: &str = "docs/ledger.jsonl";
/// What is made from it.
pub const REPORT: &str = "docs/reliability.md";

/// The commit that is checked out, with `+` where files differ from it.
pub fn commit() -> String {
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(crate::paths::project()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "--short=10", "HEAD"]) else { return "unknown".to_owned() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|changed| !changed.is_empty());
    if changed { commit + "+" } else { commit }
}

/// What every line begins with.
pub fn head(kind: &str, isa: &str) -> Value {
    json!({ "kind": kind, "date": date(), "commit": commit(), "cranelift": cranelift_codegen::VERSION, "isa": isa })
}

/// The day.
fn date() -> String {
    let output = Command::new("date").args(["-u", "+%F"]).output();
    output.map_or_else(|_| "unknown".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Adds a line.
///
/// # Errors
///
/// When the file cannot be written.
pub fn append(path: &Path, line: &Value) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "{line}")
}

/// The lines of the ledger.
///
/// # Errors
///
/// When it cannot be read, or a line is no JSON.
pub fn read(path: &Path) -> std::io::Result<Vec<Value>> {
    let text = std::fs::read_to_string(path)?;
    let parse = |line: &str| serde_json::from_str(line).map_err(std::io::Error::other);
    text.lines().filter(|line| !line.is_empty()).map(parse).collect()
}

fn number(line: &Value, path: &str) -> u64 {
    line.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

fn word<'a>(line: &'a Value, key: &str) -> &'a str {
    line.get(key).and_then(Value::as_str).unwrap_or("?")
}

/// A number with a comma after each three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let first = (digits.len() + 2) % 3 + 1;
    let mut text = digits[..first.min(digits.len())].to_owned();
    for group in digits.as_bytes()[first.min(digits.len())..].chunks(3) {
        text.push(',');
        text.push_str(&String::from_utf8_lossy(group));
    }
    text
}

/// The report that is made from the lines.
pub fn report(lines: &[Value]) -> String {
    let mut text = String::from(
        "# Reliability, as measured\n\nMade from `docs/ledger.jsonl` by `make reliability`; a test compares the two. \
         Nothing is claimed here that no line\nof the ledger says. How the runs work: ARCHITECTURE.md, \"Against the \
         interpreter\".\n",
    );
    compared(&mut text, lines);
    operators(&mut text, lines);
    faults(&mut text, lines);
    hostile(&mut text, lines);
    text
}

fn of_kind<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| word(line, "kind") == kind)
}

fn compared(text: &mut String, lines: &[Value]) {
    text.push_str(
        "\n## Compared calls\n\nResults, kinds of traps, exported globals, digests of memories, sizes of memories and \
         tables. NaNs of compiled\ncode are canonical: equal to wasmtime's to the bit, and wanted wherever wasmi \
         has any. What memories hold after a\nstore past their end is not compared on emulated machines (README, \
         \"Limits of today\").\n\n\
         | instruction set | generator | runs | sets | modules | calls against wasmi | against wasmtime | refused | \
         poisoned | differences |\n|---|---|---|---|---|---|---|---|---|---|\n",
    );
    let mut rows: BTreeMap<(&str, &str), [u64; 8]> = BTreeMap::new();
    for line in of_kind(lines, "night") {
        let row = rows.entry((word(line, "isa"), word(line, "generator"))).or_default();
        let columns = ["/sets", "/modules", "/calls/wasmi", "/calls/wasmtime", "/refused", "/poisoned", "/differences"];
        row[0] += 1;
        columns.iter().enumerate().for_each(|(index, column)| row[index + 1] += number(line, column));
    }
    for ((isa, generator), row) in &rows {
        let cells: Vec<String> = row.iter().map(|cell| grouped(*cell)).collect();
        let _ = writeln!(text, "| {isa} | {generator} | {} |", cells.join(" | "));
    }
    text.push_str("\nWhat the differences were:\n\n");
    for line in of_kind(lines, "night").filter(|line| number(line, "/differences") > 0) {
        let _ = writeln!(text, "* {} on {}: {}", word(line, "generator"), word(line, "isa"), word(line, "note"));
    }
    let mut ends: BTreeMap<&str, u64> = BTreeMap::new();
    for line in of_kind(lines, "night") {
        let outcomes = line.get("outcomes").and_then(Value::as_object);
        for (outcome, count) in outcomes.into_iter().flatten() {
            *ends.entry(outcome).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    text.push_str("\nHow the calls ended:\n\n| end | calls |\n|---|---|\n");
    for (end, count) in ends {
        let _ = writeln!(text, "| {end} | {} |", grouped(count));
    }
}

/// Executions that the goal asks of every operator.
const WANTED_EXECUTIONS: u64 = 10_000;
/// Operators that a report names at most.
const MOST_NAMED: usize = 12;

fn operators(text: &mut String, lines: &[Value]) {
    let mut executed: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
    for line in of_kind(lines, "night") {
        let operators = line.get("executed").and_then(Value::as_object);
        for (operator, count) in operators.into_iter().flatten() {
            let of_isa = executed.entry(word(line, "isa")).or_default();
            *of_isa.entry(operator).or_default() += count.as_u64().unwrap_or(0);
        }
    }
    let all: BTreeSet<&str> = operators::all().iter().map(|operator| operator.variant).collect();
    let all: Vec<&str> = all.into_iter().filter(|operator| !operators::is_never_valid(operator)).collect();
    let _ = write!(
        text,
        "\n## Operators\n\nHow often operators were executed, as they counted it themselves in code that was compared: \
         every so many sets are\ncompiled with a counter before each operator. The parser lists {} operators of the \
         proposals that are compiled.\nNeither oracle knows legacy exceptions (`Try`, `Catch`, `CatchAll`, `Delegate`, \
         `Rethrow`): `tests/exceptions_model.rs` holds them\nagainst a model.\n\n\
         | instruction set | executed at all | executed {} times | least executed of these | its executions | executed \
         fewer times |\n|---|---|---|---|---|---|\n",
        all.len(),
        grouped(WANTED_EXECUTIONS),
    );
    for (isa, executed) in executed {
        let count = |operator: &str| executed.get(operator).copied().unwrap_or(0);
        let (often, seldom): (Vec<&str>, Vec<&str>) =
            all.iter().partition(|operator| count(operator) >= WANTED_EXECUTIONS);
        let least = often.iter().min_by_key(|operator| count(operator)).copied().unwrap_or("none");
        let mut named: Vec<String> = seldom
            .iter()
            .take(MOST_NAMED)
            .map(|operator| format!("`{operator}` {}", grouped(count(operator))))
            .collect();
        if seldom.len() > MOST_NAMED {
            named.push(format!("{} more", seldom.len() - MOST_NAMED));
        }
        let at_all = all.iter().filter(|operator| count(operator) > 0).count();
        let named = if named.is_empty() { "none".to_owned() } else { named.join(", ") };
        let _ =
            writeln!(text, "| {isa} | {at_all} | {} | `{least}` | {} | {named} |", often.len(), grouped(count(least)));
    }
}

fn faults(text: &mut String, lines: &[Value]) {
    let mut latest: BTreeMap<&str, &Value> = BTreeMap::new();
    of_kind(lines, "fault").for_each(|line| {
        latest.insert(word(line, "fault"), line);
    });
    text.push_str(
        "\n## Planted faults\n\nEach fault was planted, and the ordinary run left to find it. The latest run of each \
         counts.\n\n| fault | what goes wrong | found | after s | by |\n|---|---|---|---|---|\n",
    );
    for (name, line) in latest {
        let found = if line.get("found") == Some(&Value::Bool(true)) { "yes" } else { "no" };
        let seconds = line.get("seconds").and_then(Value::as_f64).unwrap_or(0.0);
        let _ = writeln!(text, "| {name} | {} | {found} | {seconds:.1} | {} |", word(line, "what"), word(line, "by"));
    }
}

fn hostile(text: &mut String, lines: &[Value]) {
    text.push_str(
        "\n## Hostile input\n\nBytes that were loaded, or compiled: each ended in `Ok` or a named error.\n\n\
         | input | runs | tried | accepted | refused | causes | most bytes allocated, by bytes of input |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut rows: BTreeMap<&str, ([u64; 5], f64)> = BTreeMap::new();
    for line in of_kind(lines, "hostile") {
        let (row, ratio) = rows.entry(word(line, "input")).or_default();
        row[0] += 1;
        row[1] += number(line, "/tried");
        row[2] += number(line, "/accepted");
        row[3] += number(line, "/refused");
        row[4] = row[4].max(number(line, "/causes"));
        *ratio = ratio.max(line.get("allocated").and_then(Value::as_f64).unwrap_or(0.0));
    }
    for (input, (row, ratio)) in rows {
        let cells: Vec<String> = row.iter().map(|cell| grouped(*cell)).collect();
        let _ = writeln!(text, "| {input} | {} | {ratio:.2} |", cells.join(" | "));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped() {
        for (number, text) in [(0, "0"), (12, "12"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(number), text);
        }
    }
}
