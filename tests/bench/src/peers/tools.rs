//! Finding commands, and asking them for their version.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Absent;

/// A command: what a variable of the environment names, or else the first of these names that is in PATH.
pub fn command(peer: &'static str, variable: &str, names: &[&str]) -> Result<PathBuf, Absent> {
    if let Some(path) = std::env::var_os(variable).map(PathBuf::from) {
        if path.is_file() {
            return Ok(path);
        }
        return in_path(&path.to_string_lossy())
            .ok_or_else(|| Absent { name: peer, reason: format!("{variable} names no file: {}", path.display()) });
    }
    names.iter().find_map(|name| in_path(name)).ok_or_else(|| {
        let reason = match names {
            [] => format!("{variable} is not set"),
            names => format!("no command {} in PATH, and {variable} is not set", names.join(" or ")),
        };
        Absent { name: peer, reason }
    })
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// The first line of what `--version` prints.
pub fn version(command: &Path) -> String {
    let output = Command::new(command).arg("--version").output();
    let said = output.map_or(Vec::new(), |output| [output.stdout, output.stderr].concat());
    String::from_utf8_lossy(&said).lines().next().unwrap_or("?").trim().to_owned()
}
