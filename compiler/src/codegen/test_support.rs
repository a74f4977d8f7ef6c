//! What tests of code generation look at.

use aot_format::cpu::Isa;

use crate::set::Set;
use crate::{Compiler, Options, Target};

/// The assembly of a module, verified on its way.
pub fn assembly(isa: Isa, wat: &str) -> String {
    let wasm = wat::parse_str(wat).expect("text that parses");
    let target = Target::resolve(Some(isa.name()), None, &[]).expect("a target");
    let compiler = Compiler::new(Options::new().target(target).verifier(true)).expect("a compiler");
    let set = Set::alone(compiler.parse(&wasm).expect("a module"));
    compiler.asm_of(&set).expect("code")
}
