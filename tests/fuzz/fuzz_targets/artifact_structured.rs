//! The body `hostile::artifact_structured`, with a fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::artifact_structured(bytes);
});
