//! The body `hostile::wasm`, with a fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::wasm(bytes);
});
