//! The command `wasmer`, with the compiler that is its default.

use std::path::{Path, PathBuf};

use super::{Built, Found, Kernel, Peer, step, tools};
use crate::Error;
use crate::corpus::Case;

const NAME: &str = "wasmer";

struct Wasmer {
    command: PathBuf,
    version: String,
}

/// `WASMER`, or `wasmer` in PATH.
pub fn find() -> Found {
    let command = tools::command(NAME, "WASMER", &["wasmer"])?;
    let version = tools::version(&command);
    Ok(Box::new(Wasmer { command, version }))
}

impl Wasmer {
    fn built(&self, name: &str, wasm: &Path, folder: &Path) -> Result<Built, Error> {
        let file = folder.join(format!("{name}.wasmu"));
        let built = step(&self.command, ["compile".as_ref(), wasm.as_os_str(), "-o".as_ref(), file.as_os_str()])?;
        Ok(Built::new(&self.command, file, vec![built]).arg("run"))
    }
}

impl Peer for Wasmer {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let built = self.built(kernel.name, &kernel.wasm, folder)?;
        let file = built.file.clone();
        Ok(built.args(["--invoke", "run"]).arg(file).arg("--"))
    }

    fn program(&self, case: &Case, folder: &Path) -> Result<Built, Error> {
        let mut built = self.built(&case.name, &case.wasm, folder)?;
        for (host, guest) in &case.dirs {
            let host = host.as_deref().unwrap_or(folder);
            built = built.arg(format!("--mapdir={guest}:{}", host.display()));
        }
        let file = built.file.clone();
        Ok(built.arg(file).arg("--").args(&case.args))
    }
}
