//! What a case of the corpus did, held against what other engines recorded of it: exit status, output, files.

use std::path::{Path, PathBuf};

use serde_json::Value;
use sha1::{Digest, Sha1};

use crate::program::Outcome;

/// Holds what a case did against what is recorded of it.
///
/// # Errors
///
/// A message that names everything that differs, or says that nothing is recorded.
pub fn compare(case: &Value, corpus: &Path, outcome: &Outcome) -> Result<(), String> {
    let expect = &case["expect"];
    let tail = |bytes: &[u8]| String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(600)..]).into_owned();
    let mut checks = 0;
    let mut wrong = Vec::new();
    let mut check = |holds: bool, message: String| {
        checks += 1;
        if !holds {
            wrong.push(message);
        }
    };
    if let Some(exit) = expect["exit"].as_i64() {
        check(i64::from(outcome.exit) == exit, format!("exit status {}, not {exit}", outcome.exit));
    }
    if let Some(digest) = expect["stdout_sha1"].as_str() {
        let found = sha1(&outcome.stdout);
        check(found == digest, format!("standard output has SHA-1 {found}, not {digest}: {}", tail(&outcome.stdout)));
    }
    for (key, bytes) in [("stdout_file", &outcome.stdout), ("stderr_file", &outcome.messages)] {
        if let Some(file) = expect[key].as_str() {
            let recorded = std::fs::read(corpus.join(file)).map_err(|error| format!("{file}: {error}"))?;
            check(*bytes == recorded, format!("{key} differs: {}", tail(bytes)));
        }
    }
    for part in expect["stdout_contains"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        let found = String::from_utf8_lossy(&outcome.stdout).contains(part);
        check(found, format!("standard output lacks {part:?}: {}", tail(&outcome.stdout)));
    }
    for (name, digest) in expect["out_sha1"].as_object().into_iter().flatten() {
        let path: PathBuf = outcome.folder.as_ref().map(|folder| folder.path().join(name)).unwrap_or_default();
        let found = std::fs::read(&path).map(|bytes| sha1(&bytes)).unwrap_or_else(|error| error.to_string());
        check(digest.as_str() == Some(&found), format!("file {name}: {found}"));
    }
    if checks == 0 {
        return Err("nothing is expected of the case".to_owned());
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(format!("{}; messages: {}", wrong.join("; "), tail(&outcome.messages)))
}

fn sha1(bytes: &[u8]) -> String {
    Sha1::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
