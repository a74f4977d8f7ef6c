//! The body `hostile::fat`, with a fuzzer's bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    hostile::fat(bytes);
});
