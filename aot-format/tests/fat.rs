//! Fat artifacts: written, read back, chosen from, and wrong in every way there is.

mod common;

use aot_format::cpu::Isa;
use aot_format::fat::{choose, is_fat, slices, write};
use aot_format::layout::{FAT_HEADER_BYTES, FatHeader, FatSlice, HEADER_BYTES, Header, Record};
use aot_format::limits::MAX_SLICES;
use aot_format::{FormatError, write::Contents};
use common::{sample, verify};

fn artifact(isa: Isa, cpu_features: u64) -> Vec<u8> {
    Contents { isa, cpu_features, ..sample::minimal() }.write().expect("within all limits")
}

fn three() -> Vec<u8> {
    let parts = [(Isa::X86_64, 0b111), (Isa::Aarch64, 1), (Isa::X86_64, 0)];
    write(&parts.map(|(isa, features)| artifact(isa, features))).expect("within all limits")
}

#[test]
fn what_is_written_is_read_back() {
    let parts = Isa::ALL.map(|isa| artifact(isa, isa.baseline()));
    let fat = write(&parts).unwrap();
    assert!(is_fat(&fat) && !is_fat(&parts[0]));
    let found = slices(&fat).unwrap();
    assert_eq!(found.len(), 3);
    for ((slice, part), isa) in found.iter().zip(&parts).zip(Isa::ALL) {
        assert_eq!((slice.isa, slice.cpu_features), (isa, isa.baseline()));
        assert_eq!(fat[slice.range.clone()], part[..]);
        assert_eq!(slice.range.start % (1 << isa.page_size_log2()), 0);
        assert!(verify(&fat[slice.range.clone()]).is_ok());
    }
    assert_eq!(write(&parts).unwrap(), fat);
}

#[test]
fn the_first_that_can_run_is_chosen() {
    let found = slices(&three()).unwrap();
    let chosen = |isa, features| choose(&found, isa, features).map(|slice| slice.cpu_features);
    assert_eq!(chosen(Isa::X86_64, 0b1111), Some(0b111));
    assert_eq!(chosen(Isa::X86_64, 0b011), Some(0));
    assert_eq!(chosen(Isa::Aarch64, 0b1), Some(1));
    assert_eq!(chosen(Isa::Aarch64, 0b10), None);
    assert_eq!(chosen(Isa::Riscv64, u64::MAX), None);
}

/// Writes the directory again with a change, its digest computed anew.
fn with(change: impl Fn(&mut FatHeader, &mut [FatSlice])) -> Vec<u8> {
    let mut fat = three();
    let mut header = FatHeader::decode(&fat).unwrap();
    let at = |index: usize| FAT_HEADER_BYTES + index * FatSlice::SIZE;
    let mut records: Vec<FatSlice> = (0..3).map(|index| FatSlice::decode(&fat[at(index)..]).unwrap()).collect();
    change(&mut header, &mut records);
    let mut directory = Vec::new();
    header.directory_digest = 0;
    header.encode(&mut directory);
    records.iter().for_each(|record| record.encode(&mut directory));
    header.directory_digest = xxhash_rust::xxh3::xxh3_64(&directory);
    directory.clear();
    header.encode(&mut directory);
    records.iter().for_each(|record| record.encode(&mut directory));
    fat[..directory.len()].copy_from_slice(&directory);
    fat
}

#[test]
fn wrong_directories_are_refused_by_name() {
    assert_eq!(with(|_, _| ()), three());
    let error = |change: fn(&mut FatHeader, &mut [FatSlice])| slices(&with(change)).unwrap_err();
    let bad = |error: FormatError, wanted: &str| match error {
        FormatError::BadSlice { field, .. } => assert!(field.starts_with(wanted), "{field}, not {wanted}"),
        other => panic!("{other}"),
    };
    bad(error(|_, records| records[1].offset += 1), "offset");
    bad(error(|_, records| records[1].offset += 1 << 16), "offset");
    bad(error(|_, records| records[1].offset = records[0].offset), "offset");
    bad(error(|_, records| records[1].page_size_log2 = 12), "page size");
    bad(error(|_, records| records[1].page_size_log2 = 63), "page size");
    bad(error(|_, records| records[0].bytes = 0), "length");
    bad(error(|_, records| records[2].bytes += 1), "length");
    bad(error(|_, records| records[2].bytes = u64::MAX), "length");
    bad(error(|_, records| records[0].cpu_features = 0), "machine");
    bad(error(|_, records| (records[0].isa, records[0].page_size_log2) = (3, 12)), "machine");
    assert!(matches!(error(|_, records| records[0].isa = 9), FormatError::UnknownIsa { code: 9 }));
    assert!(matches!(error(|header, _| header.format_version += 1), FormatError::UnsupportedVersion { .. }));
    assert!(matches!(error(|header, _| header.file_bytes += 1), FormatError::LengthMismatch { .. }));
    assert!(matches!(error(|header, _| header.slice_count = MAX_SLICES + 1), FormatError::LimitExceeded { .. }));
    for count in [0, 1, 2, 4] {
        let mut fat = three();
        fat[12..16].copy_from_slice(&u32::to_le_bytes(count));
        assert!(slices(&fat).is_err(), "{count} slices");
    }
    // What lies between is nobody's.
    let mut fat = three();
    let behind_the_first = slices(&fat).unwrap()[0].range.end;
    fat[behind_the_first] = 1;
    bad(slices(&fat).unwrap_err(), "padding");
}

#[test]
fn every_bit_and_every_length() {
    let fat = three();
    let directory = FAT_HEADER_BYTES + 3 * FatSlice::SIZE;
    for bit in 0..directory * 8 {
        let mut bytes = fat.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert!(slices(&bytes).is_err(), "bit {bit}");
    }
    for length in 0..fat.len() {
        assert!(slices(&fat[..length]).is_err(), "{length} bytes");
    }
    let mut longer = fat;
    longer.push(0);
    assert!(slices(&longer).is_err());
}

#[test]
fn only_artifacts_go_in() {
    assert!(matches!(write(&[b"short"]), Err(FormatError::TooShort { bytes: 5, needed: HEADER_BYTES })));
    let many = vec![artifact(Isa::X86_64, 0); MAX_SLICES as usize + 1];
    assert!(matches!(write(&many), Err(FormatError::LimitExceeded { .. })));
    assert_eq!(slices(&write(&many[1..]).unwrap()).unwrap().len(), MAX_SLICES as usize);
    // A fat artifact is none: what looks at one says so.
    let error = verify(&three()).unwrap_err().to_string();
    assert!(error.contains("a fat artifact"), "{error}");
    let error = slices(&many[0]).unwrap_err();
    assert!(matches!(error, FormatError::BadMagic { .. }), "{error}");
    assert!(Header::decode(&many[0]).is_some());
}
