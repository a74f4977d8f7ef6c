//! C compilers, of the kernels' sources: what is possible without WebAssembly. They vectorise, and they may assume no
//! more of the CPU than the portable baseline of this project does.

use std::path::{Path, PathBuf};

use super::{Absent, Built, Found, Kernel, Peer, cannot, step, tools};
use crate::corpus::Case;
use crate::{Error, error};

const MAIN: &str = "#include <stdio.h>\n#include <stdlib.h>\nint run(int);\n\
                    int main(int argc, char **argv) { printf(\"%d\\n\", run(argc > 1 ? atoi(argv[1]) : 0)); }\n";

/// What x86-64 code may assume, as ours does.
#[cfg(target_arch = "x86_64")]
const BASELINE: &[&str] = &["-march=x86-64-v2"];
#[cfg(not(target_arch = "x86_64"))]
const BASELINE: &[&str] = &[];

struct Native {
    name: &'static str,
    command: PathBuf,
    version: String,
}

/// Clang.
pub fn clang() -> Found {
    find("clang -O3", "CLANG", "clang")
}

/// GCC.
pub fn gcc() -> Found {
    find("gcc -O3", "GCC", "gcc")
}

fn find(name: &'static str, variable: &str, command: &str) -> Found {
    let command = tools::command(name, variable, &[command])?;
    let version = tools::version(&command);
    if version == "?" {
        return Err(Absent { name, reason: format!("{} does not run", command.display()) });
    }
    Ok(Box::new(Native { name, command, version }))
}

impl Peer for Native {
    fn name(&self) -> &str {
        self.name
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let main = folder.join("main.c");
        error::write(&main, MAIN.as_bytes())?;
        let compiler = self.name.split(' ').next().unwrap_or_default();
        let file = folder.join(format!("{}-{compiler}", kernel.name));
        let mut args = vec!["-O3".into(), "-w".into()];
        args.extend(BASELINE.iter().map(Into::into));
        args.extend([kernel.source.clone().into(), main.into_os_string(), "-lm".into(), "-o".into()]);
        args.push(file.clone().into());
        let built = step(&self.command, args)?;
        Ok(Built::new(&file.clone(), file, vec![built]))
    }

    fn program(&self, _: &Case, _: &Path) -> Result<Built, Error> {
        Err(cannot(self.name, "the corpus has no sources of programs"))
    }
}
