//! Files → wasm bytes. Text is recognised by its name, or by its beginning where the name does not
//! say; `-` is standard input. What is neither is refused by its first bytes, so that no more of it is
//! read; of the rest, no more than a limit.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aot_format::layout::is_artifact;
use wamrc::limits::MAX_MODULE_BYTES;

use crate::error::InputError;

/// What is read first, to see what it is.
const HEAD_BYTES: u64 = 4 << 10;
/// How a binary module begins.
const WASM_MAGIC: &[u8] = b"\0asm";
/// What some editors write before text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// What a file is, by its first bytes and its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Wasm,
    Text,
    Artifact,
    Other,
}

/// Reads a module.
pub fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    read_kinds(path, &[Kind::Wasm, Kind::Text])
}

/// Reads a module, or an artifact as it is.
pub fn read_or_artifact(path: &Path) -> Result<Vec<u8>, InputError> {
    read_kinds(path, &[Kind::Wasm, Kind::Text, Kind::Artifact])
}

/// Reads an artifact; whether it is one, verification says.
pub fn read_artifact(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(aot_format::limits::MAX_FILE_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn read_kinds(path: &Path, wanted: &[Kind]) -> Result<Vec<u8>, InputError> {
    let (reader, length): (Box<dyn Read>, u64) = if path == Path::new("-") {
        (Box::new(io::stdin().lock()), 0)
    } else {
        let file = File::open(path).map_err(InputError::Read)?;
        let length = file.metadata().map_or(0, |metadata| metadata.len());
        (Box::new(file), length)
    };
    let mut bytes = Vec::new();
    let mut head = reader.take(HEAD_BYTES);
    head.read_to_end(&mut bytes).map_err(InputError::Read)?;
    let kind = kind(path, &bytes);
    if !wanted.contains(&kind) {
        return Err(not_wasm(&bytes));
    }
    let limit = if kind == Kind::Artifact { aot_format::limits::MAX_FILE_BYTES } else { MAX_MODULE_BYTES };
    if length > limit {
        return Err(InputError::TooLarge { limit });
    }
    let mut rest = head.into_inner().take((limit + 1).saturating_sub(bytes.len() as u64));
    rest.read_to_end(&mut bytes).map_err(InputError::Read)?;
    match kind {
        _ if bytes.len() as u64 > limit => Err(InputError::TooLarge { limit }),
        Kind::Text => parse_text(path, &bytes),
        _ => Ok(bytes),
    }
}

fn kind(path: &Path, head: &[u8]) -> Kind {
    let extension = path.extension().and_then(|extension| extension.to_str());
    if head.starts_with(WASM_MAGIC) || (!head.is_empty() && WASM_MAGIC.starts_with(head)) {
        return Kind::Wasm;
    }
    match extension {
        Some("wat" | "wast") => Kind::Text,
        _ if is_artifact(head) => Kind::Artifact,
        Some("wasm") => Kind::Other,
        _ if matches!(without_mark(head).trim_ascii_start().first(), Some(b'(' | b';')) => Kind::Text,
        _ => Kind::Other,
    }
}

fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)
}

fn parse_text(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, InputError> {
    let bytes = without_mark(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| InputError::NotUtf8 { offset: error.valid_up_to() })?;
    Ok(wat::Parser::new().parse_str(Some(path), text)?)
}

/// Says what begins like this instead.
fn not_wasm(head: &[u8]) -> InputError {
    if head.is_empty() {
        return InputError::Empty;
    }
    let shown: Vec<String> = head.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    InputError::NotWasm { begin: shown.join(" "), hint: hint(head) }
}

fn hint(head: &[u8]) -> &'static str {
    let is_text = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    if is_artifact(head) {
        " (it is an .aot artifact; --emit=aot-dump shows it)"
    } else if head.starts_with(b"\0aot") {
        " (it is an .aot file of WAMR's; compile the .wasm that it was made from)"
    } else if head.starts_with(b"\x7fELF") {
        " (it is an ELF file)"
    } else if without_mark(head).iter().all(is_text) {
        " (it looks like text; a module in the text format must be named .wat)"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart() {
        let of = |name: &str, head: &[u8]| kind(Path::new(name), head);
        assert_eq!(of("a.wat", b"\0asm\x01"), Kind::Wasm);
        assert_eq!(of("a", b"\0as"), Kind::Wasm);
        assert_eq!(of("a.wasm", b""), Kind::Other);
        assert_eq!(of("a.wasm", b"(module)"), Kind::Other);
        assert_eq!(of("a.wat", b""), Kind::Text);
        assert_eq!(of("-", b"\xef\xbb\xbf \n(module)"), Kind::Text);
        assert_eq!(of("-", b";; x"), Kind::Text);
        assert_eq!(of("a.aot", &aot_format::layout::MAGIC), Kind::Artifact);
        assert_eq!(of("/dev/zero", &[0; 4096]), Kind::Other);
    }

    #[test]
    fn what_is_no_module_is_named_by_its_beginning() {
        let of = |head: &[u8]| not_wasm(head).to_string();
        assert_eq!(of(b""), "not a WebAssembly module: it is empty");
        assert_eq!(of(&[0xff, 1]), "not a WebAssembly module: it begins with ff 01");
        assert!(of(b"garb").starts_with("not a WebAssembly module: it begins with 67 61 72 62 (it looks like text;"));
        assert!(of(b"\x7fELF\x02").ends_with("(it is an ELF file)"));
        assert!(of(b"\0aot\x05").contains("WAMR's"));
        assert!(of(&aot_format::layout::MAGIC).contains("an .aot artifact"));
    }
}
