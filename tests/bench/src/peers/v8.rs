//! V8, in Node.js: it compiles when it starts, and better while it runs, so that part of its compile time is in what
//! is measured. That is how it is used.

use std::path::{Path, PathBuf};

use super::{Built, Found, Kernel, Peer, tools};
use crate::corpus::Case;
use crate::{Error, error};

const NAME: &str = "V8";

/// Calls `run` of a module.
const KERNEL: &str = "const code = new WebAssembly.Module(require('fs').readFileSync(process.argv[2]));\n\
                      console.log(new WebAssembly.Instance(code, {}).exports.run(Number(process.argv[3])));\n";
/// Runs a WASI program: folders as JSON, the module, its arguments.
const PROGRAM: &str = "const { WASI } = require('node:wasi');\n\
    const [preopens, file, ...args] = process.argv.slice(2);\n\
    const wasi = new WASI({ version: 'preview1', args: [file, ...args], env: {}, preopens: JSON.parse(preopens) });\n\
    const code = new WebAssembly.Module(require('fs').readFileSync(file));\n\
    process.exitCode = wasi.start(new WebAssembly.Instance(code, wasi.getImportObject()));\n";

struct Node {
    command: PathBuf,
    version: String,
}

/// `NODE`, or `node` in PATH.
pub fn find() -> Found {
    let command = tools::command(NAME, "NODE", &["node"])?;
    let version = format!("Node.js {}, with what it compiles while it runs", tools::version(&command));
    Ok(Box::new(Node { command, version }))
}

impl Peer for Node {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let script = folder.join("kernel.js");
        error::write(&script, KERNEL.as_bytes())?;
        Ok(Built::new(&self.command, kernel.wasm.clone(), Vec::new()).arg(script).arg(&kernel.wasm))
    }

    fn program(&self, case: &Case, folder: &Path) -> Result<Built, Error> {
        let script = folder.join("program.js");
        error::write(&script, PROGRAM.as_bytes())?;
        let mut preopens = serde_json::Map::new();
        for (host, guest) in &case.dirs {
            let host = host.as_deref().unwrap_or(folder).display().to_string();
            preopens.insert(guest.clone(), host.into());
        }
        let preopens = serde_json::Value::Object(preopens).to_string();
        let built = Built::new(&self.command, case.wasm.clone(), Vec::new()).arg("--no-warnings").arg(script);
        Ok(built.arg(preopens).arg(&case.wasm).args(&case.args))
    }
}
