//! The body `hostile::artifact`, with a fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::artifact(bytes);
});
