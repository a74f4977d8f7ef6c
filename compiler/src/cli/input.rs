//! Files → wasm bytes. Text is recognised by its name, or by its beginning where the name does not
//! say; `-` is standard input.

use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use super::error::InputError;

/// Reads a module.
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let bytes = if path == Path::new("-") { read_stdin() } else { fs::read(path) }.map_err(InputError::Read)?;
    if bytes.starts_with(b"\0asm") || !is_text(path, &bytes) {
        return Ok(bytes);
    }
    let parsed = wat::Parser::new().parse_bytes(Some(path), &bytes)?;
    Ok(parsed.into_owned())
}

fn read_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn is_text(path: &Path, bytes: &[u8]) -> bool {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("wat" | "wast") => true,
        Some("wasm") => false,
        _ => matches!(bytes.trim_ascii_start().first(), Some(b'(' | b';')),
    }
}
