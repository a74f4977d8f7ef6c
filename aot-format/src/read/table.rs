//! The entries of a section, in place. Which sections there are, and what stands in them, is not
//! known here.

use core::marker::PhantomData;

use crate::layout::{Record, Span};

/// Entries of a section, decoded as they are asked for.
#[derive(Debug)]
pub struct Table<'a, R> {
    bytes: &'a [u8],
    record: PhantomData<fn() -> R>,
}

impl<R> Clone for Table<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<R> Copy for Table<'_, R> {}

impl<'a, R: Record> Table<'a, R> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Table { bytes, record: PhantomData }
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.bytes.len() / R::SIZE
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.bytes.len() < R::SIZE
    }

    /// Entry `index`.
    pub fn get(&self, index: usize) -> Option<R> {
        R::decode(self.bytes.get(index.checked_mul(R::SIZE)?..)?)
    }

    /// All entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = R> + DoubleEndedIterator + use<'a, R> {
        // `chunks_exact` gives whole records only, so decoding cannot fail and skip one.
        let decode = |bytes: &'a [u8]| R::decode(bytes);
        Decoded { chunks: self.bytes.chunks_exact(R::SIZE), decode }
    }

    /// The entries of a span, or nothing if it leaves the table.
    pub fn span(&self, span: Span) -> Option<Table<'a, R>> {
        let start = (span.start as usize).checked_mul(R::SIZE)?;
        let end = start.checked_add((span.len as usize).checked_mul(R::SIZE)?)?;
        self.bytes.get(start..end).map(Table::new)
    }

    /// Number of leading entries for which `holds` is true, by bisection.
    pub fn partition_point(&self, mut holds: impl FnMut(R) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(record) if holds(record) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

struct Decoded<'a, F> {
    chunks: core::slice::ChunksExact<'a, u8>,
    decode: F,
}

impl<'a, R, F: FnMut(&'a [u8]) -> Option<R>> Iterator for Decoded<'a, F> {
    type Item = R;
    fn next(&mut self) -> Option<R> {
        self.chunks.next().and_then(&mut self.decode)
    }
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.chunks.size_hint()
    }
}
impl<'a, R, F: FnMut(&'a [u8]) -> Option<R>> DoubleEndedIterator for Decoded<'a, F> {
    fn next_back(&mut self) -> Option<R> {
        self.chunks.next_back().and_then(&mut self.decode)
    }
}
impl<'a, R, F: FnMut(&'a [u8]) -> Option<R>> ExactSizeIterator for Decoded<'a, F> {}
