//! Memory images: active data segments of a memory laid out as its first contents, so that a runtime
//! maps pages copy-on-write instead of copying bytes it may never touch.
//!
//! An image has the effect of its segments only if none of them can fail, and if nobody can see the
//! memory between the element segments and them. So all active segments of the memory must be
//! constant and in bounds, and none of the module's element segments may write to an imported table:
//! were instantiation to fail later, functions of the half-made instance would already be there.

use aot_format::write::{DataSegment, MemoryImage, SegmentMode};

use crate::module::{Module, index_of};

/// Memories with less data keep their segments: copying is cheaper than mapping, and the file has no
/// page to fill up.
pub const MIN_DATA_BYTES: u64 = 16 << 10;
/// An image may have this many bytes beyond twice the data.
pub const SLACK_BYTES: u64 = 64 << 10;

/// What becomes of a module's data segments.
#[derive(Clone, Debug, PartialEq)]
pub struct Initial<'data> {
    /// All segments; those in an image are dropped and empty.
    pub segments: Vec<DataSegment<'data>>,
    /// Images, memories ascending.
    pub images: Vec<MemoryImage>,
}

/// Decides, for pages of `page_bytes`.
pub fn initial<'data>(module: &Module<'data>, page_bytes: u64) -> Initial<'data> {
    let mut initial = Initial { segments: module.data.clone(), images: Vec::new() };
    if elements_reach_out(module) {
        return initial;
    }
    for memory in 0..module.counts.defined_memories {
        let Some(placed) = placed_segments(module, memory) else { continue };
        let Some(image) = image(memory, &placed, page_bytes) else { continue };
        initial.images.push(image);
        for placed in placed {
            initial.segments[placed.segment] = DataSegment { mode: SegmentMode::Dropped, bytes: &[] };
        }
    }
    initial
}

/// Whether an active element segment writes to a table of another instance.
fn elements_reach_out(module: &Module<'_>) -> bool {
    module.elements.iter().any(|segment| match segment.mode {
        SegmentMode::Active { index, .. } => module.defined_table(index).is_none(),
        _ => false,
    })
}

/// An active segment whose place is known.
struct Placed<'data> {
    segment: usize,
    start: u64,
    bytes: &'data [u8],
}

/// The active segments of one of the module's own memories, if each is constant and in bounds.
fn placed_segments<'data>(module: &Module<'data>, memory: u32) -> Option<Vec<Placed<'data>>> {
    let ty = module.memories.get((module.counts.imported_memories + memory) as usize)?;
    let length = ty.min_bytes()?;
    let mut placed = Vec::new();
    for (segment, data) in module.data.iter().enumerate() {
        let SegmentMode::Active { index, offset } = &data.mode else { continue };
        if module.defined_memory(*index) != Some(memory) {
            continue;
        }
        let [op] = offset.as_slice() else { return None };
        let start = index_of(op)?;
        if start.checked_add(data.bytes.len() as u64)? > length {
            return None;
        }
        placed.push(Placed { segment, start, bytes: data.bytes });
    }
    Some(placed)
}

/// The image of these segments, if it is worth having.
fn image(memory: u32, placed: &[Placed<'_>], page_bytes: u64) -> Option<MemoryImage> {
    let data_bytes: u64 = placed.iter().map(|placed| placed.bytes.len() as u64).sum();
    if data_bytes < MIN_DATA_BYTES {
        return None;
    }
    let with_data = || placed.iter().filter(|placed| !placed.bytes.is_empty());
    let first = with_data().map(|placed| placed.start).min()?;
    let end = with_data().map(|placed| placed.start + placed.bytes.len() as u64).max()?;
    let memory_offset = first - first % page_bytes;
    let image_bytes = end.checked_next_multiple_of(page_bytes)? - memory_offset;
    if image_bytes > data_bytes.checked_mul(2)?.checked_add(SLACK_BYTES)? {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(image_bytes).ok()?];
    // In the segments' order: later ones overwrite earlier ones.
    for placed in with_data() {
        let start = (placed.start - memory_offset) as usize;
        bytes[start..start + placed.bytes.len()].copy_from_slice(placed.bytes);
    }
    Some(MemoryImage { memory, memory_offset, bytes })
}
