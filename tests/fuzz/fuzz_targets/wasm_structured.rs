//! The body `hostile::wasm_structured`, with a fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::wasm_structured(bytes);
});
