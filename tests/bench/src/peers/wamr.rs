//! WAMR's own `wamrc` and `iwasm`. This project's commands have the same names, so they are never looked for in PATH.

use std::path::{Path, PathBuf};

use super::{Built, Found, Kernel, Peer, step, tools};
use crate::Error;
use crate::corpus::Case;

const NAME: &str = "WAMR";

struct Wamr {
    wamrc: PathBuf,
    iwasm: PathBuf,
    version: String,
}

/// What `WAMRC` and `WAMR_IWASM` name.
pub fn find() -> Found {
    let (wamrc, iwasm) = (tools::command(NAME, "WAMRC", &[])?, tools::command(NAME, "WAMR_IWASM", &[])?);
    let version = format!("{}, {}", tools::version(&wamrc), tools::version(&iwasm));
    Ok(Box::new(Wamr { wamrc, iwasm, version }))
}

impl Wamr {
    fn built(&self, name: &str, wasm: &Path, folder: &Path) -> Result<Built, Error> {
        let file = folder.join(format!("{name}-wamr.aot"));
        let built = step(&self.wamrc, ["-o".as_ref(), file.as_os_str(), wasm.as_os_str()])?;
        Ok(Built::new(&self.iwasm, file, vec![built]))
    }
}

impl Peer for Wamr {
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
