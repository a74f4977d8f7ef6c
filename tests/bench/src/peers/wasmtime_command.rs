//! The command `wasmtime`, of whatever version; it may use all that this CPU has, as is its default.

use std::path::{Path, PathBuf};

use super::{Built, Found, Kernel, Peer, step, tools};
use crate::Error;
use crate::corpus::Case;

const NAME: &str = "wasmtime";

struct Command {
    command: PathBuf,
    version: String,
}

/// `WASMTIME`, or `wasmtime` in PATH.
pub fn find() -> Found {
    let command = tools::command("wasmtime (command)", "WASMTIME", &["wasmtime"])?;
    let version = tools::version(&command);
    Ok(Box::new(Command { command, version }))
}

impl Command {
    fn built(&self, name: &str, wasm: &Path, folder: &Path) -> Result<Built, Error> {
        let file = folder.join(format!("{name}.cwasm"));
        let options = ["compile", "-W", "exceptions=y", "-o"].map(AsRef::as_ref);
        let args = options.into_iter().chain([file.as_os_str(), wasm.as_os_str()]);
        let built = step(&self.command, args)?;
        let run = ["run", "-W", "exceptions=y", "--allow-precompiled"];
        Ok(Built::new(&self.command, file, vec![built]).args(run))
    }
}

impl Peer for Command {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let built = self.built(kernel.name, &kernel.wasm, folder)?;
        let file = built.file.clone();
        Ok(built.args(["--invoke", "run"]).arg(file))
    }

    fn program(&self, case: &Case, folder: &Path) -> Result<Built, Error> {
        let mut built = self.built(&case.name, &case.wasm, folder)?;
        for (host, guest) in &case.dirs {
            let host = host.as_deref().unwrap_or(folder);
            built = built.arg(format!("--dir={}::{guest}", host.display()));
        }
        let file = built.file.clone();
        Ok(built.arg(file).args(&case.args))
    }
}
