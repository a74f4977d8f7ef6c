//! The wasmtime that this benchmark is built with, as a process: it is always there.

use std::path::{Path, PathBuf};

use super::{Absent, Built, Found, Kernel, Peer, cannot, step};
use crate::Error;
use crate::child::beside;
use crate::corpus::Case;

const NAME: &str = "wasmtime 48 (library)";

struct Library {
    child: PathBuf,
}

/// The program that calls it.
pub fn find() -> Found {
    let child = beside("bench-child").map_err(|error| Absent { name: NAME, reason: error.to_string() })?;
    Ok(Box::new(Library { child }))
}

impl Peer for Library {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        "48.0.8, built with this benchmark"
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let file = folder.join(format!("{}-library.cwasm", kernel.name));
        let args = ["compile".as_ref(), "wasmtime".as_ref(), kernel.wasm.as_os_str(), file.as_os_str()];
        let built = step(&self.child, args)?;
        Ok(Built::new(&self.child, file.clone(), vec![built]).arg("call").arg(file))
    }

    fn program(&self, _: &Case, _: &Path) -> Result<Built, Error> {
        Err(cannot(NAME, "it is built without WASI"))
    }
}
