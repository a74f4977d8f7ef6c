//! wasm2c, of the WebAssembly Binary Toolkit, and a C compiler behind it.

use std::path::{Path, PathBuf};

use super::{Absent, Built, Found, Kernel, Peer, cannot, step, tools};
use crate::corpus::Case;
use crate::{Error, error};

const NAME: &str = "wasm2c + cc";
/// Where packages put the C half of wasm2c; `WASM2C_RUNTIME` names another folder.
const RUNTIMES: [&str; 3] = ["/usr/share/wabt/wasm2c", "/usr/local/share/wabt/wasm2c", "/usr/src/wasm2c"];

struct Wasm2c {
    command: PathBuf,
    compiler: PathBuf,
    runtime: PathBuf,
    version: String,
}

/// `WASM2C` or `wasm2c` in PATH; `CLANG`, `clang` or `cc`; the runtime's sources.
pub fn find() -> Found {
    let command = tools::command(NAME, "WASM2C", &["wasm2c"])?;
    let compiler = tools::command(NAME, "CLANG", &["clang", "cc"])?;
    let named = std::env::var_os("WASM2C_RUNTIME").map(PathBuf::from);
    let mut folders = named.into_iter().chain(RUNTIMES.map(PathBuf::from));
    let Some(runtime) = folders.find(|folder| folder.join("wasm-rt-impl.c").is_file()) else {
        let reason = "no wasm-rt-impl.c; WASM2C_RUNTIME may name its folder".to_owned();
        return Err(Absent { name: NAME, reason });
    };
    let version = format!("{}, {} -O3", tools::version(&command), tools::version(&compiler));
    Ok(Box::new(Wasm2c { command, compiler, runtime, version }))
}

impl Wasm2c {
    /// C that calls the kernel, by the names that this version of wasm2c makes.
    fn main(header: &str) -> String {
        let new = header.contains("w2c_kernel_run");
        let (instance, start, call) = if new {
            ("w2c_kernel", "wasm2c_kernel_instantiate(&instance);", "w2c_kernel_run")
        } else {
            ("Z_kernel_instance_t", "Z_kernel_init_module(); Z_kernel_instantiate(&instance);", "Z_kernelZ_run")
        };
        format!(
            "#include <stdio.h>\n#include <stdlib.h>\n#include \"kernel.h\"\nstatic {instance} instance;\n\
             int main(int argc, char **argv) {{ wasm_rt_init(); {start}\n\
             printf(\"%d\\n\", (int){call}(&instance, argc > 1 ? atoi(argv[1]) : 0)); }}\n"
        )
    }
}

impl Peer for Wasm2c {
    fn name(&self) -> &str {
        NAME
    }

    fn version(&self) -> &str {
        &self.version
    }

    fn kernel(&self, kernel: &Kernel, folder: &Path) -> Result<Built, Error> {
        let folder = folder.join(format!("wasm2c-{}", kernel.name));
        let failed = |source| Error::File { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(failed)?;
        let source = folder.join("kernel.c");
        let names = ["-n".as_ref(), "kernel".as_ref(), "-o".as_ref()];
        let args = [kernel.wasm.as_os_str()].into_iter().chain(names).chain([source.as_os_str()]);
        let translated = step(&self.command, args)?;
        let header = String::from_utf8_lossy(&error::read(&folder.join("kernel.h"))?).into_owned();
        let main = folder.join("main.c");
        error::write(&main, Wasm2c::main(&header).as_bytes())?;
        let file = folder.join("kernel");
        let mut args = vec!["-O3".into(), "-w".into(), format!("-I{}", folder.display()).into()];
        args.push(format!("-I{}", self.runtime.display()).into());
        let entries = std::fs::read_dir(&self.runtime).map_err(failed)?;
        let sources = entries.flatten().map(|entry| entry.path());
        args.extend(sources.filter(|path| path.extension().is_some_and(|end| end == "c")).map(Into::into));
        args.extend([source.into_os_string(), main.into_os_string(), "-lm".into(), "-o".into(), file.clone().into()]);
        let compiled = step(&self.compiler, args)?;
        Ok(Built::new(&file.clone(), file, vec![translated, compiled]))
    }

    fn program(&self, _: &Case, _: &Path) -> Result<Built, Error> {
        Err(cannot(NAME, "it has no WASI"))
    }
}
