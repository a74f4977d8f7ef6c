//! The list of what the spec suite does not pass yet: `file reason` or `file:line reason`, one a
//! line, `#` for comments. It can only shrink: whoever checks it also says what no longer belongs.

use std::collections::{BTreeMap, BTreeSet};

/// What is listed of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Entry {
    /// The whole file is listed: any of its directives may fail.
    pub whole: bool,
    /// Directives that fail, by line; what depends on their modules may fail too.
    pub lines: BTreeSet<usize>,
}

/// File name → what is listed of it.
pub type List = BTreeMap<String, Entry>;

/// Reads a list.
///
/// # Errors
///
/// One message for each line that is not well-formed: no reason, no `.wast` name, listed twice,
/// out of order.
pub fn parse(text: &str) -> Result<List, Vec<String>> {
    let mut list = List::new();
    let mut errors = Vec::new();
    let mut previous = (String::new(), 0);
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match entry(line) {
            Ok((file, place)) => {
                let this = (file.clone(), place.unwrap_or(0));
                if this <= previous {
                    errors.push(format!("line {}: `{line}` is out of order or listed twice", number + 1));
                }
                let entry = list.entry(file).or_default();
                match place {
                    Some(_) if entry.whole => {
                        errors.push(format!("line {}: `{line}` is listed already with its whole file", number + 1));
                    }
                    Some(place) => {
                        entry.lines.insert(place);
                    }
                    None => entry.whole = true,
                }
                previous = this;
            }
            Err(reason) => errors.push(format!("line {}: `{line}` {reason}", number + 1)),
        }
    }
    if errors.is_empty() { Ok(list) } else { Err(errors) }
}

fn entry(line: &str) -> Result<(String, Option<usize>), &'static str> {
    let (place, reason) = line.split_once(char::is_whitespace).ok_or("gives no reason")?;
    if reason.trim().len() < 10 {
        return Err("gives no reason that a reader could use");
    }
    let (file, line) = match place.split_once(':') {
        Some((file, line)) => (file, Some(line.parse().map_err(|_| "has a line that is no number")?)),
        None => (place, None),
    };
    if !file.ends_with(".wast") || line == Some(0) {
        return Err("does not begin with FILE.wast or FILE.wast:LINE");
    }
    Ok((file.to_owned(), line))
}
