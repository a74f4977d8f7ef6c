//! What the tests of translation and trampolines share: ISAs, and wat → verified CLIF → code.

use std::sync::Arc;

use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::isa::{self, TargetIsa};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CompiledCode, Context, FinalizedRelocTarget, verify_function};
use wasmparser::FuncToValidate;

use super::{Surroundings, TranslateContext, TranslateSettings, translate_function};
use crate::error::BodyError;
use crate::module::{Body, parse};
use crate::set::{Definition, Set};

fn isa_named(triple: &str, features: &[&str]) -> Arc<dyn TargetIsa> {
    let mut flags = settings::builder();
    for (name, value) in [
        ("opt_level", "speed"),
        ("preserve_frame_pointers", "true"),
        ("enable_multi_ret_implicit_sret", "true"),
        ("enable_verifier", "true"),
    ] {
        flags.set(name, value).unwrap();
    }
    let mut builder = isa::lookup_by_name(triple).unwrap();
    for feature in features {
        builder.enable(feature).unwrap();
    }
    builder.finish(settings::Flags::new(flags)).unwrap()
}

const X86_64_V2: [&str; 6] = ["has_sse3", "has_ssse3", "has_cmpxchg16b", "has_sse41", "has_sse42", "has_popcnt"];

/// The baselines of the three instruction sets.
pub fn isas() -> Vec<Arc<dyn TargetIsa>> {
    vec![
        isa_named("x86_64-unknown-linux-gnu", &X86_64_V2),
        isa_named("aarch64-unknown-linux-gnu", &[]),
        isa_named("riscv64gc-unknown-linux-gnu", &[]),
    ]
}

/// Baselines that have vectors, and what has the most of them.
pub fn vector_isas() -> Vec<Arc<dyn TargetIsa>> {
    let v4 = ["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt", "avx512f", "avx512vl", "avx512dq", "avx512bitalg"];
    let v4: Vec<String> = v4.iter().map(|name| format!("has_{name}")).collect();
    let v4: Vec<&str> = X86_64_V2.into_iter().chain(v4.iter().map(String::as_str)).collect();
    vec![
        isa_named("x86_64-unknown-linux-gnu", &X86_64_V2),
        isa_named("x86_64-unknown-linux-gnu", &v4),
        isa_named("aarch64-unknown-linux-gnu", &[]),
        isa_named("riscv64gc-unknown-linux-gnu", &["has_v"]),
    ]
}

/// Baselines, and aarch64 with atomic instructions.
pub fn atomic_isas() -> Vec<Arc<dyn TargetIsa>> {
    isas().into_iter().chain([isa_named("aarch64-unknown-linux-gnu", &["has_lse"])]).collect()
}

/// Verifies a function and compiles it. Nothing but the module's own functions may be left to bind.
pub fn compile(func: &Function, isa: &dyn TargetIsa) -> CompiledCode {
    if let Err(errors) = verify_function(func, isa) {
        panic!("{errors}\n{func}");
    }
    let mut context = Context::for_function(func.clone());
    match context.compile(isa, &mut ControlPlane::default()) {
        Ok(code) => {
            for relocation in code.buffer.relocs() {
                let own = matches!(relocation.target, FinalizedRelocTarget::ExternalName(ExternalName::User(_)));
                assert!(own, "{}: {:?} cannot be bound\n{func}", isa.triple(), relocation.target);
            }
            code.clone()
        }
        Err(error) => panic!("{}: {:?}\n{func}", isa.triple(), error.inner),
    }
}

fn translate_one(
    cx: &mut TranslateContext,
    set: &Set<'_>,
    settings: &TranslateSettings,
    body: &Body<'_>,
) -> Result<Function, BodyError> {
    let FuncToValidate { ref resources, index, ty, features } = body.to_validate;
    let to_validate = FuncToValidate { resources: resources.clone(), index, ty, features };
    let mut validator = to_validate.into_validator(Default::default());
    let definition = Definition { member: 0, index: index - set.module(0).counts.imported_functions };
    let surroundings = Surroundings { set, settings, inlined: &|_| false };
    translate_function(cx, surroundings, definition, &body.body, &mut validator)
}

/// Translates all functions of a module in text form.
pub fn translate_with(wat: &str, settings: &TranslateSettings) -> Result<Vec<Function>, BodyError> {
    let wasm = wat::parse_str(wat).unwrap();
    let set = Set::alone(parse(&wasm).unwrap());
    let mut cx = TranslateContext::new();
    set.module(0).bodies.iter().map(|body| translate_one(&mut cx, &set, settings, body)).collect()
}

/// All combinations of settings for an ISA.
pub fn all_settings(isa: &dyn TargetIsa) -> Vec<TranslateSettings> {
    let mut all = Vec::new();
    for guarded_memories in [true, false] {
        for spectre in [true, false] {
            let base = TranslateSettings::new(isa);
            all.push(TranslateSettings { guarded_memories, spectre_heap: spectre, spectre_table: spectre, ..base });
        }
    }
    all
}

/// Translates a module with every combination of settings, verifies and compiles it for every ISA.
pub fn check(wat: &str) {
    check_for(&isas(), wat);
}

/// The same for these ISAs only.
pub fn check_for(isas: &[Arc<dyn TargetIsa>], wat: &str) {
    for isa in isas {
        for settings in all_settings(&**isa) {
            for func in translate_with(wat, &settings).unwrap() {
                compile(&func, &**isa);
            }
        }
    }
}

/// CLIF of the first function of a module, guarded and masked, for x86-64.
pub fn clif(wat: &str) -> String {
    let isa = &isas()[0];
    let funcs = translate_with(wat, &TranslateSettings::new(&**isa)).unwrap();
    compile(&funcs[0], &**isa);
    funcs[0].to_string()
}
