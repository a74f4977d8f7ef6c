//! This project's commands, as they are built beside the benchmark.

use std::path::{Path, PathBuf};

use super::{Absent, Built, Found, Kernel, Peer, step, tools};
use crate::Error;
use crate::child::beside;
use crate::corpus::Case;

/// Its column's head.
pub const NAME: &str = "iwasm";

struct Ours {
    wamrc: PathBuf,
    iwasm: PathBuf,
    version: String,
}

/// The commands.
pub fn find() -> Found {
    let absent = |error: Error| Absent { name: NAME, reason: error.to_string() };
    let (wamrc, iwasm) = (beside("wamrc").map_err(absent)?, beside("iwasm").map_err(absent)?);
    let version = tools::version(&wamrc);
    Ok(Box::new(Ours { wamrc, iwasm, version }))
}

impl Ours {
    fn built(&self, name: &str, wasm: &Path, folder: &Path) -> Result<Built, Error> {
        let file = folder.join(format!("{name}.aot"));
        let built = step(&self.wamrc, [wasm.as_os_str(), "-o".as_ref(), file.as_os_str()])?;
        Ok(Built::new(&self.iwasm, file, vec![built]))
    }
}

impl Peer for Ours {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let built = self.built(kernel.name, &kernel.wasm, folder)?;
        let file = built.file.clone();
        Ok(built.args(["-f", "run"]).arg(file))
    }

    fn program(&self, case: &Case, folder: &Path) -> Result<Built, Error> {
        let mut built = self.built(&case.name, &case.wasm, folder)?;
        for (host, guest) in &case.dirs {
            let host = host.as_deref().unwrap_or(folder);
            built = built.arg(format!("--map-dir={guest}::{}", host.display()));
        }
        let file = built.file.clone();
        Ok(built.arg(file).args(&case.args))
    }
}
