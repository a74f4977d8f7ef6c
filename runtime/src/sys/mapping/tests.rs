//! Artifacts from files and from memory; pages are never writable and executable at once.
//!
//! # Safety contract
//!
//! The only code that is executed is a function that returns a constant.

use std::io::Write;

use super::*;
use crate::sys::tests::RETURN_42;

/// Two pages of which the second begins with code.
fn artifact() -> Vec<u8> {
    let page = crate::sys::page_size();
    let mut bytes = vec![7; page];
    bytes.extend_from_slice(RETURN_42);
    bytes.resize(2 * page + 100, 9);
    bytes
}

fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("{error}"));
    assert!(file.write_all(bytes).is_ok());
    file
}

/// Permissions of the mapping that holds an address, as the system lists them.
fn permissions(address: usize) -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
    assert!(!maps.lines().any(|line| line.split(' ').nth(1).is_some_and(|p| p.starts_with("rwx"))), "{maps}");
    for line in maps.lines() {
        let mut words = line.split(' ');
        let Some((from, to)) = words.next().and_then(|range| range.split_once('-')) else { continue };
        let parse = |word| usize::from_str_radix(word, 16).unwrap_or(0);
        if (parse(from)..parse(to)).contains(&address) {
            return words.next().unwrap_or("").to_string();
        }
    }
    String::new()
}

fn run(mapping: &ArtifactMapping) -> i32 {
    // SAFETY: the text is that function.
    unsafe { core::mem::transmute::<*const u8, extern "C" fn() -> i32>(mapping.text_base())() }
}

fn executes(mut mapping: ArtifactMapping, text: Range<usize>, artifact: &[u8]) {
    assert!(mapping.text_base().is_null());
    assert!(permissions(mapping.bytes().as_ptr().addr()).starts_with('r'));
    assert!(mapping.make_text_executable(text.clone()).is_ok());
    assert_eq!(run(&mapping), 42);
    assert_eq!(permissions(mapping.text_base().addr()), "r-xp");
    assert_eq!(mapping.text_range().len(), text.len());
    assert!(mapping.bytes() == artifact, "the bytes are still there");
    // SAFETY: text is readable.
    let code = unsafe { core::slice::from_raw_parts(mapping.text_base(), text.len()) };
    assert!(code == &artifact[text]);
}

#[test]
fn text_of_a_file_is_executed_where_it_is_mapped() {
    let page = crate::sys::page_size();
    let long = [artifact(), vec![0; MOST_READ_BYTES]].concat();
    // The bytes of a short file are read.
    for artifact in [artifact(), long] {
        let file = file_of(&artifact);
        let Ok(mapping) = ArtifactMapping::from_path(file.path()) else { panic!("not mapped") };
        assert_eq!(mapping.path(), Some(file.path()));
        let is_read = matches!(&*mapping.backing, Backing::File { contents: Contents::Read(_), .. });
        assert_eq!(is_read, artifact.len() <= MOST_READ_BYTES);
        let found = permissions(mapping.bytes().as_ptr().addr());
        assert!(is_read || found == "r--p", "{found}");
        executes(mapping, page..2 * page, &artifact);
    }
}

#[test]
fn what_was_read_of_a_short_file_stays_when_it_is_cut() {
    let bytes = vec![3; MOST_READ_BYTES];
    let file = file_of(&bytes);
    let Ok(mapping) = ArtifactMapping::from_path(file.path()) else { panic!("not read") };
    assert!(file.as_file().set_len(1).is_ok());
    assert!(mapping.bytes() == bytes);
}

#[test]
fn text_that_no_page_begins_with_is_copied() {
    let page = crate::sys::page_size();
    let mut shifted = artifact();
    shifted.splice(0..0, [0; 8]);
    let file = file_of(&shifted);
    let Ok(mut mapping) = ArtifactMapping::from_path(file.path()) else { panic!("not mapped") };
    assert!(mapping.make_text_executable(page + 8..page + 8 + RETURN_42.len()).is_ok());
    assert_eq!(run(&mapping), 42);
    assert_eq!(permissions(mapping.text_base().addr()), "r-xp");
}

#[test]
fn text_of_owned_bytes_is_copied() {
    let page = crate::sys::page_size();
    let Ok(mapping) = ArtifactMapping::from_bytes(Box::new(artifact())) else { panic!("not taken") };
    assert_eq!(mapping.path(), None);
    executes(mapping, page..page + RETURN_42.len(), &artifact());
}

#[test]
fn a_file_that_became_shorter_cannot_be_read() {
    let file = file_of(b"short");
    let contents = |bytes| Contents::of_file(file.as_file(), bytes, file.path());
    assert!(matches!(contents(5), Ok(Contents::Read(bytes)) if bytes == b"short"));
    assert!(matches!(contents(6), Err(MapError::Read { bytes: 6, .. })));
}

#[test]
fn a_mapping_survives_the_replacement_of_its_file() {
    let page = crate::sys::page_size();
    let file = file_of(&artifact());
    let other = file_of(b"something else");
    let Ok(mut mapping) = ArtifactMapping::from_path(file.path()) else { panic!("not mapped") };
    assert!(mapping.make_text_executable(page..2 * page).is_ok());
    assert!(std::fs::rename(other.path(), file.path()).is_ok());
    assert_eq!(run(&mapping), 42);
    assert_eq!(mapping.bytes(), artifact());
    assert!(ArtifactMapping::from_path(file.path()).is_ok_and(|new| new.bytes() == b"something else"));
}

#[test]
fn owned_bytes_are_dropped_once_and_with_the_mapping() {
    struct Owner(#[expect(dead_code, reason = "its count is what is looked at")] std::sync::Arc<()>);
    impl AsRef<[u8]> for Owner {
        fn as_ref(&self) -> &[u8] {
            b"bytes"
        }
    }
    let count = std::sync::Arc::new(());
    let mapping = ArtifactMapping::from_bytes(Box::new(Owner(count.clone())));
    assert!(mapping.as_ref().is_ok_and(|mapping| mapping.bytes() == b"bytes"));
    assert_eq!(std::sync::Arc::strong_count(&count), 2);
    drop(mapping);
    assert_eq!(std::sync::Arc::strong_count(&count), 1);
}

#[test]
fn what_cannot_be_mapped_is_named() {
    let directory = tempfile::tempdir().unwrap_or_else(|error| panic!("{error}"));
    let path = |name| directory.path().join(name);
    let error = |path: &Path| match ArtifactMapping::from_path(path) {
        Err(error) => error,
        Ok(mapping) => panic!("{mapping:?}"),
    };
    assert!(matches!(error(&path("missing")), MapError::NotFound { .. }));
    assert!(matches!(error(directory.path()), MapError::NotRegularFile { .. }));
    assert!(matches!(error(Path::new("/dev/zero")), MapError::NotRegularFile { .. }));
    let fifo = path("fifo");
    assert!(rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, Mode::RWXU, 0).is_ok());
    assert!(matches!(error(&fifo), MapError::NotRegularFile { .. }));
    let _socket = std::os::unix::net::UnixListener::bind(path("socket"));
    assert!(matches!(error(&path("socket")), MapError::NotRegularFile { .. }));
    assert!(std::fs::write(path("empty"), b"").is_ok());
    assert!(matches!(error(&path("empty")), MapError::EmptyFile { .. }));
    assert!(matches!(ArtifactMapping::from_bytes(Box::new(Vec::new())), Err(MapError::EmptyBuffer)));
    let missing = error(&path("missing")).to_string();
    // Whoever reports it says which file: the loader's error has the path.
    assert_eq!(missing, "no such file");
}

#[test]
fn a_text_range_outside_the_artifact_is_refused() {
    let Ok(mut mapping) = ArtifactMapping::from_bytes(Box::new(artifact())) else { panic!("not taken") };
    let bytes = mapping.bytes().len();
    #[allow(clippy::reversed_empty_ranges)]
    for range in [0..bytes + 1, bytes + 1..bytes + 1, 5..4, usize::MAX..usize::MAX] {
        assert!(matches!(mapping.make_text_executable(range.clone()), Err(MapError::TextRange { .. })), "{range:?}");
        assert!(mapping.image(range).is_none());
    }
    assert!(mapping.make_text_executable(bytes..bytes).is_ok());
    assert!(mapping.text_base().is_null());
    assert!(mapping.text_range().is_empty());
}
