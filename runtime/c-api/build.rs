//! Gives the shared library the name that programs ask the system for: it changes when they would have to.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libiwasm.so.0");
}
