//! What the writer writes, byte for byte: header, directory, where sections stand, golden file.

mod common;

use aot_format::abi::ABI_HASH;
use aot_format::layout::*;
use aot_format::limits::MAX_SHARED_NAME_BYTES;
use aot_format::write::{self, Contents};
use common::{sample, verify};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/v2-minimal.aot");

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

fn long(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

#[test]
fn header_bytes() {
    let bytes = sample::minimal().write().unwrap();
    assert_eq!(bytes[..8], [0x89, 0x41, 0x4f, 0x54, 0x0d, 0x0a, 0x1a, 0x0a]);
    assert_eq!(word(&bytes, 8), 2, "format version");
    assert_eq!(word(&bytes, 12), 128, "header length");
    assert_eq!(long(&bytes, 16), ABI_HASH);
    assert_eq!(long(&bytes, 24), bytes.len() as u64);
    assert_eq!(word(&bytes, 32), 1, "x86_64");
    assert_eq!(word(&bytes, 36), 12, "pages of 4 KiB");
    assert_eq!(long(&bytes, 40), 0b11_1111, "x86-64-v2");
    assert_ne!(bytes[48..64], [0; 16], "digest");
    assert_eq!(bytes[64..96], [0x5a; 32], "source digest");
    assert_eq!(word(&bytes, 96), 9, "sections");
    assert_eq!(word(&bytes, 100), 0, "reserved");
    assert_ne!(long(&bytes, 104), 0, "directory digest");
    assert_eq!(bytes[112..128], [0; 16], "reserved");
}

#[test]
fn sections_stand_in_order_of_their_codes_with_the_least_padding() {
    let bytes = sample::rich().write().unwrap();
    let artifact = verify(&bytes).unwrap();
    let mut end = HEADER_BYTES + SectionKind::ALL.len() * 24;
    for (index, kind) in SectionKind::ALL.iter().enumerate() {
        let at = HEADER_BYTES + index * 24;
        let range = artifact.section_range(*kind);
        assert_eq!(word(&bytes, at), *kind as u32);
        assert_eq!(word(&bytes, at + 4), 0);
        assert_eq!(long(&bytes, at + 8), range.start as u64);
        assert_eq!(long(&bytes, at + 16), range.len() as u64);
        assert_eq!(range.start, end.next_multiple_of(if kind.page_aligned() { 4096 } else { 8 }), "{}", kind.label());
        assert!(bytes[end..range.start].iter().all(|byte| *byte == 0), "padding before {}", kind.label());
        end = range.end;
    }
    assert_eq!(end, bytes.len());
}

#[test]
fn short_strings_are_shared_and_long_ones_are_not() {
    let strings = |letters: usize| {
        let name: String = std::iter::repeat_n('n', letters).collect();
        let twice = (name.clone(), vec![]);
        let contents = Contents { custom_sections: vec![twice.clone(), twice], name, ..sample::minimal() };
        let bytes = contents.write().unwrap();
        verify(&bytes).unwrap().section_range(SectionKind::Strings).len()
    };
    let most = MAX_SHARED_NAME_BYTES as usize;
    assert_eq!(strings(most) - strings(most - 1), 1);
    assert_eq!(strings(most + 2) - strings(most + 1), 3);
}

/// The golden file pins the layout of version 2: whoever changes it must change the version. The ABI
/// is not part of the layout, so its hash is brought up to date first.
#[test]
fn the_golden_file_is_what_would_be_written_today() {
    let written = sample::minimal().write().unwrap();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(GOLDEN, &written).unwrap();
    }
    let mut golden = std::fs::read(GOLDEN).unwrap();
    if word(&golden, 8) == FORMAT_VERSION {
        golden[16..24].copy_from_slice(&ABI_HASH.to_le_bytes());
        write::seal(&mut golden);
        assert!(golden == written, "the layout changed: change FORMAT_VERSION, then bless with BLESS=1");
    }
}
