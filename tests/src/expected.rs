//! Lists of cases that are expected to fail: `name reason`, one a line, `#` for comments. A case on
//! a list that passes fails the run, so that lists can only shrink.

use std::collections::BTreeMap;

/// Name of a case → why it cannot pass yet.
pub type Expected = BTreeMap<String, String>;

/// Reads a list.
///
/// # Errors
///
/// One message for each line that has no reason, comes twice or stands out of order.
pub fn parse(text: &str) -> Result<Expected, Vec<String>> {
    let mut list = Expected::new();
    let mut errors = Vec::new();
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, reason) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if reason.trim().len() < 10 {
            errors.push(format!("line {}: `{line}` gives no reason that a reader could use", number + 1));
        }
        if list.last_key_value().is_some_and(|(last, _)| last.as_str() >= name) {
            errors.push(format!("line {}: `{line}` is out of order or listed twice", number + 1));
        }
        list.insert(name.to_owned(), reason.trim().to_owned());
    }
    if errors.is_empty() { Ok(list) } else { Err(errors) }
}
