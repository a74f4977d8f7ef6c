//! The judge of files of any bytes: verifies, measures, relies, and counts.

use std::collections::BTreeMap;

use aot_format::FormatError;
use aot_format::dump::dump;

use super::{strict, verify, walk};

/// What became of many files.
#[derive(Default)]
pub struct Tally {
    /// Files that were accepted.
    pub accepted: u64,
    /// Files that were refused.
    pub refused: u64,
    /// Variants of the errors, with section and field where they have them.
    pub causes: BTreeMap<String, u64>,
    /// The most that verifying one of them allocated.
    pub most_bytes: u64,
}

impl Tally {
    /// Verifies a file, relies on it if it is accepted, and counts.
    pub fn judge(&mut self, bytes: &[u8]) {
        let mut result = None;
        let spent = allocation_counter::measure(|| {
            result = Some(verify(bytes));
        });
        let most = 2 * bytes.len() as u64 + (1 << 20);
        assert!(spent.bytes_total <= most, "{} bytes allocated for a file of {}", spent.bytes_total, bytes.len());
        self.most_bytes = self.most_bytes.max(spent.bytes_total);
        match result.expect("measured") {
            Ok(artifact) => {
                self.accepted += 1;
                let spent = allocation_counter::measure(|| {
                    walk(&artifact);
                });
                assert!(spent.bytes_max <= most, "{} bytes at once for accessors", spent.bytes_max);
                strict::trust(&artifact);
                let text = dump(&artifact).len();
                assert!(text <= 32 * bytes.len() + 4096, "a dump of {text} bytes of a file of {}", bytes.len());
            }
            Err(error) => {
                self.refused += 1;
                assert!(!error.to_string().is_empty());
                *self.causes.entry(cause(&error)).or_default() += 1;
            }
        }
    }

    /// Checks that the files were not all alike.
    #[track_caller]
    pub fn at_least(&self, accepted: u64, refused: u64) {
        assert!(self.accepted >= accepted, "only {} accepted", self.accepted);
        assert!(self.refused >= refused, "only {} refused", self.refused);
    }
}

/// Names the check that refused a file.
pub fn cause(error: &FormatError) -> String {
    match error {
        FormatError::BadEntry { section, field, .. } => format!("{}: {field}", section.label()),
        FormatError::BadHeader { field, .. } => format!("header: {field}"),
        FormatError::LimitExceeded { what, .. } => format!("limit: {what}"),
        FormatError::BadName { section, .. } => format!("name: {}", section.label()),
        other => format!("{other:?}").split([' ', '{']).next().unwrap_or_default().into(),
    }
}
