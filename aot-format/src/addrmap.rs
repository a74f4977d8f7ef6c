//! The address map: text offset → wasm offset, for back traces.
//!
//! Entries are delta coded in blocks of [`BLOCK_ENTRIES`]. A block record holds its first entry;
//! each further entry is the distance in text (LEB128) and the distance in wasm (zigzag LEB128)
//! modulo 2^32. An entry holds from its text offset to the next entry's, or to the end of its
//! function. The first one of a function stands at its beginning, for the beginning of its body.
//! Looked up only when something trapped: bisect the block records, then walk one block.

use alloc::vec::Vec;

use crate::layout::AddressBlockRecord;

/// Entries in a block, the first one included.
pub const BLOCK_ENTRIES: usize = 64;

/// Codes entries in ascending order of text offset.
pub(crate) fn encode(entries: &[(u32, u32)]) -> (Vec<AddressBlockRecord>, Vec<u8>) {
    let mut blocks = Vec::new();
    let mut map = Vec::new();
    for chunk in entries.chunks(BLOCK_ENTRIES) {
        let [first, rest @ ..] = chunk else { continue };
        blocks.push(AddressBlockRecord { text_offset: first.0, wasm_offset: first.1, map_offset: map.len() as u32 });
        let mut last = *first;
        for entry in rest {
            put_leb(&mut map, entry.0.wrapping_sub(last.0));
            let distance = entry.1.wrapping_sub(last.1) as i32;
            put_leb(&mut map, (distance << 1 ^ distance >> 31) as u32);
            last = *entry;
        }
    }
    (blocks, map)
}

/// The entry that holds at `text_offset` within a block, as text and wasm offset: `end` is where the
/// next block begins in `map`. Looks at no more than a block's entries, whatever the map says.
pub(crate) fn lookup(map: &[u8], block: AddressBlockRecord, end: usize, text_offset: u32) -> Option<(u32, u32)> {
    let mut rest = map.get(block.map_offset as usize..end.min(map.len()))?;
    let (mut text, mut wasm) = (block.text_offset, block.wasm_offset);
    if text > text_offset {
        return None;
    }
    for _ in 1..BLOCK_ENTRIES {
        if rest.is_empty() {
            break;
        }
        let next_text = text.checked_add(take_leb(&mut rest)?)?;
        let zigzag = take_leb(&mut rest)?;
        if next_text > text_offset {
            break;
        }
        text = next_text;
        wasm = wasm.wrapping_add((zigzag >> 1) ^ (zigzag & 1).wrapping_neg());
    }
    Some((text, wasm))
}

fn put_leb(out: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn take_leb(bytes: &mut &[u8]) -> Option<u32> {
    let mut value = 0u32;
    for shift in (0..35).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_holds_until_the_next() {
        let entries: Vec<(u32, u32)> =
            (0..1000u32).map(|i| (i * 3 + (i / 7) * 200, i.wrapping_mul(2654435761) >> 8)).collect();
        let (blocks, map) = encode(&entries);
        let find = |text: u32| {
            let index = blocks.partition_point(|block| block.text_offset <= text).checked_sub(1)?;
            let end = blocks.get(index + 1).map_or(map.len(), |next| next.map_offset as usize);
            lookup(&map, blocks[index], end, text)
        };
        for (i, (text, wasm)) in entries.iter().enumerate() {
            assert_eq!(find(*text), Some((*text, *wasm)), "entry {i}");
            assert_eq!(find(*text + 2), Some((*text, *wasm)), "inside entry {i}");
        }
    }
}
