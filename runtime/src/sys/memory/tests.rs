//! Reservations grow, move, take images, and know their addresses.
//!
//! # Safety contract
//!
//! Bytes are read and written only where the reservation says that it is accessible.

use std::io::Write;

use super::*;
use crate::sys::mapping::ArtifactMapping;

const WASM_PAGE: usize = 65536;

fn made(result: Result<Reservation, MemoryError>) -> Reservation {
    result.unwrap_or_else(|error| panic!("{error}"))
}

fn contents(memory: &mut Reservation) -> &mut [u8] {
    // SAFETY: that much is accessible, and the reservation is borrowed meanwhile.
    unsafe { core::slice::from_raw_parts_mut(memory.base(), memory.accessible_bytes()) }
}

#[test]
fn a_guarded_memory_grows_in_place() {
    let mut memory = made(Reservation::guarded());
    let base = memory.base();
    assert!(!memory.may_move());
    assert_eq!(memory.accessible_bytes(), 0);
    for pages in [0, 1, 2, 2, 1, 17] {
        assert!(memory.grow_to(pages * WASM_PAGE).is_ok());
        assert_eq!(memory.base(), base);
        assert!(memory.accessible_bytes() >= pages * WASM_PAGE);
        let last = memory.accessible_bytes().checked_sub(1);
        if let Some(last) = last {
            contents(&mut memory)[last] = 1;
        }
    }
    let dirty: usize = contents(&mut memory).iter().map(|byte| usize::from(*byte)).sum();
    assert_eq!(dirty, 3, "everything else is zero");
    let whole = GUARDED_RESERVATION_BYTES as usize;
    assert_eq!(memory.reserved_bytes(), whole);
    assert!(matches!(memory.grow_to(whole + 1), Err(MemoryError::Outgrown { .. })));
    assert!(matches!(memory.grow_to(usize::MAX), Err(MemoryError::Commit { .. })));
    assert_eq!(memory.accessible_bytes(), 17 * WASM_PAGE);
}

#[test]
fn it_knows_its_addresses() {
    let mut memory = made(Reservation::guarded());
    assert!(memory.grow_to(WASM_PAGE).is_ok());
    let base = memory.base().addr();
    let whole = (GUARDED_RESERVATION_BYTES + GUARD_BYTES) as usize;
    let expected = [
        (base.wrapping_sub(1), false, false),
        (base, true, false),
        (base + WASM_PAGE - 1, true, false),
        (base + WASM_PAGE, true, true),
        (base + whole - 1, true, true),
        (base + whole, false, false),
        (0, false, false),
        (usize::MAX, false, false),
    ];
    for (address, contained, inaccessible) in expected {
        assert_eq!(memory.contains(address), contained, "{address:#x}");
        assert_eq!(memory.is_inaccessible(address), inaccessible, "{address:#x}");
    }
    let empty = made(Reservation::checked(0));
    assert!(!empty.contains(empty.base().addr()));
}

#[test]
fn a_checked_memory_moves_with_its_contents() {
    let mut memory = made(Reservation::checked(WASM_PAGE));
    assert!(memory.may_move());
    let mut expected = Vec::new();
    for pages in 1..40usize {
        assert!(memory.grow_to(pages * WASM_PAGE).is_ok());
        expected.resize(memory.accessible_bytes(), 0);
        let at = pages * WASM_PAGE - 3;
        contents(&mut memory)[at] = pages as u8;
        expected[at] = pages as u8;
        assert!(contents(&mut memory) == expected, "at {pages} pages");
    }
}

#[test]
fn a_fenced_memory_has_its_guard_wherever_it_is() {
    let mut memory = made(Reservation::fenced(WASM_PAGE));
    assert!(memory.may_move());
    for pages in [0, 1, 2, 3, 40] {
        assert!(memory.grow_to(pages * WASM_PAGE).is_ok());
        let end = memory.base().addr() + pages * WASM_PAGE;
        let guard = GUARD_BYTES as usize;
        assert!(memory.is_inaccessible(end) && memory.is_inaccessible(end + guard - 1), "at {pages} pages");
        assert!(pages == 0 || !memory.is_inaccessible(end - 1), "at {pages} pages");
    }
    let empty = made(Reservation::fenced(0));
    assert!(empty.is_inaccessible(empty.base().addr()), "an empty memory has one, too");
}

#[test]
fn a_checked_memory_can_begin_with_nothing() {
    let mut memory = made(Reservation::checked(0));
    assert!(memory.grow_to(0).is_ok());
    assert_eq!(memory.accessible_bytes(), 0);
    assert!(memory.grow_to(1).is_ok());
    assert_eq!(memory.accessible_bytes(), crate::sys::page_size());
    assert_eq!(contents(&mut memory)[0], 0);
}

#[test]
fn reservations_are_cheap() {
    let memories: Vec<_> = (0..1000).map(|_| made(Reservation::guarded())).collect();
    assert_eq!(memories.len(), 1000);
    assert!(matches!(Reservation::checked(usize::MAX), Err(MemoryError::Reserve { .. })));
    assert!(matches!(Reservation::checked(1 << 60), Err(MemoryError::Reserve { .. })));
}

/// In a process of its own, since the kept ones are its.
#[test]
fn kept_reservations() {
    crate::sys::tests::run_in_child("sys::memory::tests::keeping");
}

#[test]
#[ignore = "runs in a child process"]
fn keeping() {
    let mut with_image = made(Reservation::reused(0));
    let (_file, artifact) = image_file();
    let Some(image) = artifact.image(0..crate::sys::page_size()) else { panic!("no image") };
    assert!(with_image.grow_to(WASM_PAGE).is_ok());
    assert!(with_image.map_image(0, &image).is_ok());
    drop(with_image);
    for (pages, grown) in [(1, 3), (2, 2), (2, 300), (2, 2), (0, 1), (1, 1)] {
        let mut memory = made(Reservation::reused(pages * WASM_PAGE));
        assert!(memory.accessible_bytes() <= pages * WASM_PAGE);
        assert!(memory.grow_to(grown * WASM_PAGE).is_ok());
        assert!(memory.is_inaccessible(memory.base().addr() + grown * WASM_PAGE));
        assert!(contents(&mut memory).iter().all(|byte| *byte == 0), "{pages} pages, then {grown}");
        contents(&mut memory).fill(1);
    }
    let kept = || KEPT.lock().map_or(0, |kept| kept.len());
    assert_eq!(kept(), 1, "one after the other they were the same");
    let many: Vec<_> = (0..MOST_KEPT + 2).map(|_| made(Reservation::reused(WASM_PAGE))).collect();
    drop(many);
    assert_eq!(kept(), MOST_KEPT);
    // What the system refuses for want of room, it is asked for again without them.
    assert!(matches!(Reservation::checked(1 << 60), Err(MemoryError::Reserve { .. })));
    assert_eq!(kept(), 0);
    drop(made(Reservation::reused(WASM_PAGE)));
    assert!(give_back() && !give_back());
}

/// Three pages of which the first is skipped, and a bit.
fn image_bytes() -> Vec<u8> {
    let page = crate::sys::page_size();
    (0..3 * page + 100).map(|i| (i / 7) as u8).collect()
}

fn image_is_private(artifact: &ArtifactMapping) {
    let page = crate::sys::page_size();
    let range = page..3 * page + 100;
    let Some(image) = artifact.image(range.clone()) else { panic!("no image") };
    let expected = &image_bytes()[range];
    let kinds = [Reservation::guarded(), Reservation::checked(16 * page), Reservation::fenced(16 * page)];
    for mut memory in kinds.map(made) {
        assert!(memory.grow_to(16 * page).is_ok());
        contents(&mut memory)[2 * page + expected.len()] = 5;
        // At a page boundary, where it can be mapped, and elsewhere, where it is copied.
        for offset in [2 * page, 8 * page + 1] {
            assert!(memory.map_image(offset, &image).is_ok());
            assert!(contents(&mut memory)[offset..].starts_with(expected));
        }
        assert_eq!(contents(&mut memory)[2 * page + expected.len()], 5, "nothing behind it changes");
        contents(&mut memory)[2 * page] = !expected[0];
        assert!(artifact.bytes() == image_bytes(), "the artifact stays as it is");
        let before = contents(&mut memory).to_vec();
        assert!(memory.grow_to(16 * page).is_ok());
        if memory.may_move() {
            assert!(memory.grow_to(40 * page).is_ok());
        }
        assert!(contents(&mut memory).starts_with(&before));
    }
}

fn image_file() -> (tempfile::NamedTempFile, ArtifactMapping) {
    let mut file = tempfile::NamedTempFile::new().unwrap_or_else(|error| panic!("{error}"));
    assert!(file.write_all(&image_bytes()).is_ok());
    let Ok(artifact) = ArtifactMapping::from_path(file.path()) else { panic!("not mapped") };
    (file, artifact)
}

#[test]
fn an_image_from_a_file_is_copied_on_write() {
    let (file, artifact) = image_file();
    image_is_private(&artifact);
    assert!(std::fs::read(file.path()).is_ok_and(|bytes| bytes == image_bytes()));
}

#[test]
fn an_image_from_bytes_is_copied() {
    let Ok(artifact) = ArtifactMapping::from_bytes(Box::new(image_bytes())) else { panic!("not taken") };
    image_is_private(&artifact);
}

#[test]
fn an_image_outside_the_memory_is_refused() {
    let mut memory = made(Reservation::guarded());
    assert!(memory.grow_to(WASM_PAGE).is_ok());
    let image = Image { bytes: &[1; 100], file: None };
    for offset in [WASM_PAGE - 99, WASM_PAGE, usize::MAX - 50, usize::MAX] {
        assert!(matches!(memory.map_image(offset, &image), Err(MemoryError::ImageOutOfBounds { .. })));
    }
    assert!(memory.map_image(WASM_PAGE - 100, &image).is_ok());
    assert!(contents(&mut memory).ends_with(image.bytes));
}
