//! WebAssembly → artifacts for this CPU, in a library with the feature `compiler`. A device has none, and says so.

use std::path::Path;

use runtime::{Artifact, LoadError};

/// Whether bytes are what the compiler takes, rather than what it makes.
pub fn is_wasm(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\0asm")
}

/// The artifact that bytes are, or what WebAssembly is compiled to; `read` is for the former.
pub fn artifact<B: AsRef<[u8]>>(
    bytes: B,
    read: impl FnOnce(B) -> Result<Artifact, LoadError>,
) -> Result<Artifact, String> {
    let read = match bytes.as_ref() {
        [] => return Err("there are no bytes".to_owned()),
        wasm if is_wasm(wasm) => Artifact::from_bytes(compile(wasm)?),
        _ => read(bytes),
    };
    read.map_err(|error| error.to_string())
}

/// The WebAssembly in a file.
#[cfg(feature = "compiler")]
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| error.to_string())
}

/// Nothing, for nobody can compile it.
#[cfg(not(feature = "compiler"))]
pub fn read(_: &Path) -> Result<Vec<u8>, String> {
    compile(&[])
}

/// Compiles for this CPU.
#[cfg(feature = "compiler")]
pub fn compile(wasm: &[u8]) -> Result<Vec<u8>, String> {
    use std::sync::OnceLock;
    // Made when it is first needed, which is seldom.
    static COMPILER: OnceLock<Result<wamrc::Compiler, String>> = OnceLock::new();
    let compiler = COMPILER.get_or_init(|| {
        let target = wamrc::Target::resolve(None, Some("native"), &[]).map_err(|error| error.to_string())?;
        wamrc::Compiler::new(wamrc::Options::new().target(target)).map_err(|error| error.to_string())
    });
    compiler.as_ref().map_err(Clone::clone)?.compile(wasm).map_err(|error| error.to_string())
}

/// There is no compiler in this build.
#[cfg(not(feature = "compiler"))]
pub fn compile(_: &[u8]) -> Result<Vec<u8>, String> {
    Err("this is WebAssembly, but this library has no compiler; compile it with wamrc".to_owned())
}
