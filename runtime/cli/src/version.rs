//! What `--version` says.

use aot_format::cpu::Isa;
use aot_format::features::Feature;
use iwasm::Engine;

use crate::wasi;

/// Version, instruction set with the features of this CPU, WebAssembly and WASI.
pub(crate) fn text() -> String {
    let isa = match Isa::HOST {
        Some(isa) => {
            let names = isa.names_of(Engine::default().cpu_features());
            let names: Vec<&str> = names.into_iter().flatten().collect();
            format!("{} ({})", isa.name(), names.join(", "))
        }
        None => format!("{} (no code can be run on it)", std::env::consts::ARCH),
    };
    let wasm = Feature::names(true).collect::<Vec<_>>().join(", ");
    let version = env!("CARGO_PKG_VERSION");
    format!("iwasm {version}\nInstruction set: {isa}\nWebAssembly: {wasm}\nWASI: {}\n", wasi::VERSION)
}
