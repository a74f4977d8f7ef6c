//! What the reader makes of whole files: those of other versions and machines, and single wrong
//! fields that users can meet. Wrong bytes by the million are in `hostile.rs`.

mod common;

use aot_format::FormatError;
use aot_format::abi::{ABI_HASH, TrapCode};
use aot_format::cpu::Isa;
use aot_format::layout::*;
use aot_format::read::{Artifact, Integrity};
use aot_format::types::*;
use aot_format::write::{self, Contents, MemoryImage};
use common::{sample, verify};

/// The minimal file with `with` written at `at`, sealed.
fn patched(at: usize, with: &[u8]) -> FormatError {
    let mut bytes = sample::minimal().write().unwrap();
    bytes[at..at + with.len()].copy_from_slice(with);
    write::seal(&mut bytes);
    let error = verify(&bytes).expect_err("it is wrong");
    assert_eq!(Artifact::verify(&bytes, Integrity::Directory).expect_err("so it is"), error);
    error
}

#[test]
fn every_golden_file_loads_or_is_refused_by_name() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");
    let mut files = 0;
    for entry in std::fs::read_dir(directory).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        match verify(&bytes) {
            Ok(artifact) => assert_eq!(artifact.module().name, "minimal"),
            Err(FormatError::UnsupportedVersion { .. } | FormatError::AbiMismatch { .. }) => {}
            Err(other) => panic!("refused for the wrong reason: {other}"),
        }
        files += 1;
    }
    assert!(files >= 1);
}

#[test]
fn other_files_are_told_apart() {
    let error = |bytes: &[u8]| verify(bytes).expect_err("not an artifact").to_string();
    assert!(error(b"").contains("truncated"));
    assert!(error(b"\0asm\x01\0\0\0").contains("compile it with wamrc"));
    assert!(error(b"\0aot\x05\0\0\0 and so on").contains("of WAMR"));
    assert!(error(b"\x7fELF\x02\x01\x01\0").contains("ELF"));
    assert!(error(b"\x89AOT\r\n\x1a\n").contains("truncated"));
    assert!(error(b"\x89AOT\n\x1a\n and so on").contains("not an .aot file"));
}

#[test]
fn other_versions_and_machines_are_refused_by_name() {
    assert_eq!(patched(8, &[1, 0, 0, 0]), FormatError::UnsupportedVersion { found: 1, supported: 2 });
    assert_eq!(patched(16, &[0; 8]), FormatError::AbiMismatch { found: 0, expected: ABI_HASH });
    assert_eq!(patched(32, &[9, 0, 0, 0]), FormatError::UnknownIsa { code: 9 });
    assert_eq!(patched(36, &[16]), FormatError::BadHeader { field: "page size", value: 16 });
    // A known instruction set with pages of another size is no file of its compiler either.
    assert_eq!(patched(32, &[2, 0, 0, 0]), FormatError::BadHeader { field: "page size", value: 12 });
    assert_eq!(patched(12, &[127]), FormatError::BadHeader { field: "header length", value: 127 });
    assert_eq!(patched(100, &[1]), FormatError::BadHeader { field: "reserved field", value: 1 });
    assert_eq!(patched(127, &[1]), FormatError::BadHeader { field: "reserved field", value: 1 });
}

#[test]
fn truncated_and_appended_files_are_refused_by_length() {
    let bytes = sample::minimal().write().unwrap();
    let length = bytes.len() as u64;
    let longer = [&bytes[..], b"!"].concat();
    for (file, actual) in [(&bytes[..bytes.len() - 1], length - 1), (&longer, length + 1)] {
        assert_eq!(verify(file).unwrap_err(), FormatError::LengthMismatch { header: length, actual });
    }
}

#[test]
fn the_digest_covers_what_is_asked_for() {
    let mut bytes = sample::minimal().write().unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    assert!(matches!(verify(&bytes), Err(FormatError::DigestMismatch { part: "the file", .. })));
    assert!(Artifact::verify(&bytes, Integrity::Directory).is_ok(), "the text is not looked at");
    bytes[64] ^= 1;
    let error = Artifact::verify(&bytes, Integrity::Directory).expect_err("the header is");
    assert!(matches!(error, FormatError::DigestMismatch { part: "the section directory", .. }));
}

#[test]
fn accessors_say_what_is_there_and_what_is_not() {
    let bytes = sample::rich().write().unwrap();
    let artifact = verify(&bytes).unwrap();
    let counts = artifact.counts();
    assert_eq!(
        (counts.imported_functions, counts.imported_tables, counts.imported_memories, counts.imported_globals),
        (3, 1, 1, 1)
    );
    assert_eq!((counts.imported_tags, counts.defined_tags, counts.funcrefs), (1, 2, 4));
    assert_eq!((counts.defined_tables, counts.defined_memories, counts.defined_globals), (2, 4, 15));
    assert_eq!(artifact.export("again").map(|export| (export.kind, export.index)), Some((ExternKind::Func, 3)));
    assert_eq!(artifact.export("agai"), None);
    assert_eq!(artifact.export("zzz"), None);
    assert_eq!((artifact.funcref_slot(4), artifact.funcref_slot(1)), (Some(2), None));
    assert_eq!(artifact.func_type(TypeIndex(4)), None, "a structure");
    assert_eq!(artifact.trampoline(TypeIndex(1)).map(|record| (record.entry, record.host)), Some((NONE, 0)));
    assert_eq!(artifact.trampoline(TypeIndex(3)), None);
    assert_eq!(artifact.data_segment(4).map(|segment| segment.bytes), None);
    assert!(artifact.element_segment(3).is_some() && artifact.element_segment(4).is_none());
}

#[test]
fn text_offsets_say_where_they_are() {
    let bytes = sample::rich().write().unwrap();
    let artifact = verify(&bytes).unwrap();
    let functions = [(15, None), (16, Some(0)), (25, Some(0)), (26, None), (32, Some(1)), (247, Some(2)), (248, None)];
    for (at, function) in functions {
        assert_eq!(artifact.function_at(at), function, "{at}");
    }
    assert_eq!(artifact.trap_at(33), Some(TrapCode::StackOverflow));
    assert_eq!(artifact.trap_at(34), None);
    // The map begins at 49 and its last entry is at 238; the function goes from 48 to 248.
    assert_eq!(artifact.wasm_offset_at(48), None);
    assert_eq!(artifact.wasm_offset_at(49), Some(0));
    assert_eq!(artifact.wasm_offset_at(238), Some((189 * 189 * 37) % 5000));
    assert_eq!(artifact.wasm_offset_at(247), artifact.wasm_offset_at(238));
    assert_eq!(artifact.wasm_offset_at(248), None, "past the function");
    assert_eq!(artifact.function_name(0).as_deref(), Some("host"), "an export's");
    assert_eq!(artifact.function_name(2), None);
}

#[test]
fn an_entry_of_the_address_map_ends_with_its_function() {
    let contents = Contents { addresses: vec![(20, 77)], ..sample::rich() };
    let bytes = contents.write().unwrap();
    let artifact = verify(&bytes).unwrap();
    assert_eq!((artifact.wasm_offset_at(25), artifact.wasm_offset_at(33)), (Some(77), None));
}

#[track_caller]
fn refused(contents: Contents<'_>) -> FormatError {
    verify(&contents.write().unwrap()).expect_err("no valid module has this")
}

#[test]
fn memories_and_tables_of_any_valid_length_and_no_other() {
    let memory = |index64, page_size_log2, min| {
        let ty = MemoryType { index64, shared: false, page_size_log2, min, max: None };
        Contents { memories: vec![ty], ..sample::minimal() }
    };
    for (index64, page_size_log2, most) in [(false, 16, 1 << 16), (false, 0, 1 << 32), (true, 16, 1 << 48)] {
        assert!(verify(&memory(index64, page_size_log2, most).write().unwrap()).is_ok());
        refused(memory(index64, page_size_log2, most + 1));
    }
    assert!(verify(&memory(true, 0, u64::MAX).write().unwrap()).is_ok());
    let table = |index64, min, max| {
        let ty = TableType { element: RefType::EXTERNREF, index64, min, max };
        Contents { tables: vec![(ty, None)], ..sample::minimal() }
    };
    assert!(verify(&table(false, 0, Some(u64::from(u32::MAX))).write().unwrap()).is_ok());
    assert!(verify(&table(true, u64::MAX, None).write().unwrap()).is_ok());
    refused(table(false, 1 << 32, None));
    refused(table(false, 0, Some(1 << 32)));
    refused(table(false, 2, Some(1)));
}

#[test]
fn images_lie_in_their_memory_without_overlap() {
    let page = 4096;
    let ty = MemoryType { index64: false, shared: false, page_size_log2: 16, min: 1, max: None };
    let with = |images: &[(u64, usize)]| {
        let image = |(memory_offset, bytes): &(u64, usize)| MemoryImage {
            memory: 0,
            memory_offset: *memory_offset,
            bytes: vec![1; *bytes],
        };
        Contents { memories: vec![ty], images: images.iter().map(image).collect(), ..sample::minimal() }
    };
    assert!(verify(&with(&[(15 * page, 4096), (0, 8192), (2 * page, 1)]).write().unwrap()).is_ok());
    refused(with(&[(15 * page, 4097)]));
    refused(with(&[(16 * page, 1)]));
    refused(with(&[(page / 2, 1)]));
    refused(with(&[(0, 4097), (page, 1)]));
}

#[test]
fn whoever_is_referred_to_has_a_slot() {
    refused(Contents { funcrefs: vec![3, 4, 5], ..sample::rich() });
    refused(Contents { funcrefs: vec![0, 4, 5], ..sample::rich() });
    refused(Contents { funcrefs: vec![0, 3, 5], ..sample::rich() });
    refused(Contents { funcrefs: vec![0, 3, 4], ..sample::rich() });
    refused(Contents { funcrefs: vec![0, 3, 4, 5, 6], ..sample::rich() });
    refused(Contents { funcrefs: vec![0, 3, 4, 4, 5], ..sample::rich() });
}

#[test]
fn an_artifact_of_every_instruction_set() {
    for isa in Isa::ALL {
        let contents = Contents { isa, cpu_features: isa.baseline(), images: vec![], ..sample::rich() };
        let bytes = contents.write().unwrap();
        let artifact = verify(&bytes).unwrap();
        assert_eq!((artifact.isa(), artifact.page_size_log2()), (isa, isa.page_size_log2()));
        assert!(artifact.section_range(SectionKind::Text).start.is_multiple_of(1 << isa.page_size_log2()));
    }
}
