//! Linked sets: written, read back, and wrong in every way there is.

mod common;

use aot_format::cpu::Isa;
use aot_format::layout::{Record, SET_HEADER_BYTES, SetHeader, SetMember};
use aot_format::limits::MAX_MEMBERS;
use aot_format::set::{MemberContents, is_set, members, read, write};
use aot_format::{FormatError, Integrity, write::Contents};
use common::{sample, verify};

/// An artifact whose code of one byte stands elsewhere.
fn artifact(isa: Isa) -> Vec<u8> {
    Contents { isa, cpu_features: isa.baseline(), text: vec![], ..sample::minimal() }
        .write()
        .expect("within all limits")
}

/// One with memory images, and code of 250 bytes.
fn with_images() -> Vec<u8> {
    let baseline = Isa::X86_64.baseline();
    let contents = Contents { isa: Isa::X86_64, cpu_features: baseline, text: vec![], ..sample::rich() };
    contents.write().expect("within all limits")
}

fn two() -> Vec<MemberContents> {
    let member = |name: &str, artifact: Vec<u8>, text| MemberContents { name: name.into(), artifact, text };
    vec![member("lib", with_images(), 0..250), member("main", artifact(Isa::X86_64), 256..257)]
}

fn set() -> Vec<u8> {
    write(&two(), &[0xc3; 257]).expect("within all limits")
}

#[test]
fn what_is_written_is_read_back() {
    let bytes = set();
    assert!(is_set(&bytes) && !is_set(&artifact(Isa::X86_64)));
    for integrity in [Integrity::Full, Integrity::Directory] {
        let found = read(&bytes, integrity).unwrap();
        assert_eq!((found.isa, found.cpu_features), (Isa::X86_64, Isa::X86_64.baseline()));
        assert_eq!(bytes[found.text.clone()], [0xc3; 257]);
        assert_eq!(found.text.start % 4096, 0);
        for (member, written) in found.members.iter().zip(two()) {
            assert_eq!((&member.name, &member.text), (&written.name, &written.text));
            assert_eq!(bytes[member.artifact.clone()], written.artifact[..]);
        }
        // Images are mapped.
        assert_eq!(found.members[0].artifact.start % 4096, 0);
    }
    let verified = members(&bytes, Integrity::Full).unwrap();
    let names: Vec<&str> = verified.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["lib", "main"]);
    assert_eq!(write(&two(), &[0xc3; 257]).unwrap(), bytes);
}

/// Writes the directory again with a change, its digest computed anew.
fn with(change: impl Fn(&mut SetHeader, &mut [SetMember])) -> Vec<u8> {
    let mut bytes = set();
    let mut header = SetHeader::decode(&bytes).unwrap();
    let at = |index: usize| SET_HEADER_BYTES + index * SetMember::SIZE;
    let mut records: Vec<SetMember> = (0..2).map(|index| SetMember::decode(&bytes[at(index)..]).unwrap()).collect();
    change(&mut header, &mut records);
    let names = bytes[at(2)..at(2) + header.names_bytes as usize].to_vec();
    let directory = |header: &SetHeader| {
        let mut directory = Vec::new();
        header.encode(&mut directory);
        records.iter().for_each(|record| record.encode(&mut directory));
        directory.extend_from_slice(&names);
        directory
    };
    let digest = header.digest;
    (header.digest, header.directory_digest) = ([0; 16], 0);
    header.directory_digest = xxhash_rust::xxh3::xxh3_64(&directory(&header));
    header.digest = digest;
    let directory = directory(&header);
    bytes[..directory.len()].copy_from_slice(&directory);
    bytes
}

#[test]
fn wrong_directories_are_refused_by_name() {
    assert_eq!(with(|_, _| ()), set());
    let error = |change: fn(&mut SetHeader, &mut [SetMember])| read(&with(change), Integrity::Directory).unwrap_err();
    let bad = |error: FormatError, wanted: &str| match error {
        FormatError::BadMember { field, .. } | FormatError::BadHeader { field, .. } => {
            assert!(field.starts_with(wanted), "{field}, not {wanted}");
        }
        other => panic!("{other}"),
    };
    bad(error(|_, records| records[0].name_bytes = 0), "name");
    bad(error(|_, records| records[0].name_bytes = 100), "name");
    bad(error(|_, records| (records[0].name_bytes, records[1].name_bytes) = (3, 3)), "length of the names");
    bad(error(|header, _| header.names_bytes += 1), "length of the names");
    bad(error(|_, records| records[0].align_log2 = 4), "alignment");
    bad(error(|_, records| records[0].align_log2 = 3), "");
    bad(error(|_, records| records[1].align_log2 = 12), "");
    bad(error(|_, records| records[1].offset += 8), "offset");
    bad(error(|_, records| records[1].offset = records[0].offset), "offset");
    bad(error(|_, records| records[0].bytes = 0), "");
    bad(error(|_, records| records[1].bytes = u64::MAX), "offset");
    bad(error(|_, records| records[1].text_offset = 100), "text offset");
    bad(error(|_, records| records[1].text_offset = u64::MAX), "text offset");
    bad(error(|_, records| records[1].text_bytes = 2), "text offset");
    bad(error(|header, _| header.cpu_features ^= 1), "machine");
    bad(error(|header, _| header.page_size_log2 = 13), "page size");
    bad(error(|header, _| header.text_offset += 4096), "text offset");
    bad(error(|header, _| header.text_bytes += 1), "text offset");
    bad(error(|header, _| header.reserved = 1), "reserved");
    bad(error(|header, _| header.reserved2[15] = 1), "reserved");
    bad(error(|header, _| header.member_count = 0), "member count");
    assert!(matches!(error(|header, _| header.isa = 9), FormatError::UnknownIsa { code: 9 }));
    assert!(matches!(error(|header, _| header.format_version += 1), FormatError::UnsupportedVersion { .. }));
    assert!(matches!(error(|header, _| header.abi_hash ^= 1), FormatError::AbiMismatch { .. }));
    assert!(matches!(error(|header, _| header.file_bytes += 1), FormatError::LengthMismatch { .. }));
    assert!(matches!(error(|header, _| header.member_count = MAX_MEMBERS + 1), FormatError::LimitExceeded { .. }));
    // A member's code is as long as the record says, and its own header says nothing of that.
    let shorter = with(|_, records| records[0].text_bytes = 10);
    let error = members(&shorter, Integrity::Directory).unwrap_err();
    assert!(matches!(&error, FormatError::Member { name, .. } if name == "lib"), "{error}");
}

#[test]
fn every_bit_and_every_length() {
    let bytes = set();
    let text = read(&bytes, Integrity::Full).unwrap().text;
    for bit in 0..text.start * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(read(&flipped, Integrity::Full).is_err(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(read(&bytes[..length], Integrity::Directory).is_err(), "{length} bytes");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert!(read(&longer, Integrity::Directory).is_err());
}

#[test]
fn names_are_not_shared_and_code_stands_once() {
    let mut same = two();
    same[1].name = "lib".into();
    let error = read(&write(&same, &[0; 257]).unwrap(), Integrity::Full).unwrap_err();
    assert!(matches!(error, FormatError::BadMember { index: 1, field: "name", .. }), "{error}");
    // A member that has code of its own, too.
    let mut two = two();
    two[1].artifact = sample::minimal().write().unwrap();
    let error = members(&write(&two, &[0; 257]).unwrap(), Integrity::Full).unwrap_err();
    assert!(matches!(&error, FormatError::Member { name, .. } if name == "main"), "{error}");
    assert!(matches!(write(&[], &[]), Err(FormatError::BadHeader { field: "member count", .. })));
    // A linked set is no artifact, and a member alone has no code: what looks at one says so.
    let error = verify(&set()).unwrap_err().to_string();
    assert!(error.contains("a linked set"), "{error}");
    assert!(verify(&artifact(Isa::X86_64)).is_err());
}

#[test]
fn a_fat_artifact_can_hold_linked_sets() {
    let fat = aot_format::fat::write(&[set(), sample::minimal().write().unwrap()]).unwrap();
    let slices = aot_format::fat::slices(&fat).unwrap();
    assert_eq!(members(&fat[slices[0].range.clone()], Integrity::Full).unwrap().len(), 2);
}
