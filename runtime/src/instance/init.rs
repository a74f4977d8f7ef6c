//! The third step of making an instance: active segments are copied in the module's order, element
//! segments first, and the start function runs. What was written stays written when a later step
//! traps, as the specification says.
//!
//! # Safety contract
//!
//! Segments are copied only after their range has been checked against the definition's length.

use aot_format::abi::TrapCode;
use aot_format::layout::{ElementItem, SEGMENT_DROPPED};
use aot_format::read::{ElementSegment, SegmentMode};

use crate::error::Error;
use crate::faults::{Fault, is_planted};
use crate::store::{Allocator, InstanceId, StoreOpaque};
use crate::trap::Trap;
use crate::vm::racy;
use crate::vm::structs::{VMMemory, ValRaw};

use super::InstanceData;

impl StoreOpaque {
    /// Makes passive segments usable. Code may run before the instance is initialised, called by one
    /// it has a circle of imports with.
    pub(super) fn prepare_segments(&mut self, id: InstanceId) -> Result<(), Error> {
        let module = self.instance(id)?.module.clone();
        let (data, mut allocator) = self.instance_and_heap(id)?;
        if module.has_passive_data() {
            data.usable_data = module.artifact().data_modes().map(|mode| mode != SEGMENT_DROPPED).collect();
        }
        let passive = module.artifact().elements().map(|segment| match segment.mode {
            SegmentMode::Passive => data.elements_of(&segment, &mut allocator),
            _ => Ok(Box::default()),
        });
        data.passive_elements = passive.collect::<Result<_, _>>()?;
        Ok(())
    }

    /// Copies active segments. The caller runs the start function afterwards.
    pub(crate) fn copy_segments(&mut self, id: InstanceId) -> Result<(), Error> {
        let module = self.instance(id)?.module.clone();
        let (data, mut allocator) = self.instance_and_heap(id)?;
        for (number, segment) in module.artifact().elements().enumerate() {
            let SegmentMode::Active { index, offset } = segment.mode else { continue };
            let start = data.index_value(offset, data.module.table_is_64(index), &mut allocator)?;
            let elements = data.elements_of(&segment, &mut allocator)?;
            // SAFETY: linking made or patched the table.
            let table = unsafe { data.vm_table(index).read() };
            check(start, elements.len() as u64, table.length)
                .ok_or_else(|| data.segment_trap(TrapCode::TableOutOfBounds, "element", number as u32))?;
            let copied = elements.len().saturating_sub(usize::from(is_planted(Fault::ShortSegment)));
            // SAFETY: the range lies within the table.
            unsafe {
                let to = table.elements.add(start as usize);
                to.copy_from_nonoverlapping(elements.as_ptr(), copied);
            }
        }
        let of_thread = self.origin.is_of_thread();
        for number in module.active_data() {
            let Some(segment) = module.artifact().data_segment(*number) else { continue };
            let SegmentMode::Active { index, offset } = segment.mode else { continue };
            let data = self.instance(id)?;
            let memory = self.memory(data.memory(self.id, index))?;
            let (shared, made_here) = (memory.shared().is_some(), memory.made_here);
            let (data, mut allocator) = self.instance_and_heap(id)?;
            if of_thread && !made_here {
                // It was copied when the memory was made, and threads have written there since.
                data.drop_data(*number);
                continue;
            }
            let start = data.index_value(offset, data.module.memory_is_64(index), &mut allocator)?;
            // SAFETY: linking made or patched the memory.
            let memory = unsafe { VMMemory::load(data.vm_memory(index)) };
            check(start, segment.bytes.len() as u64, memory.length)
                .ok_or_else(|| data.segment_trap(TrapCode::MemoryOutOfBounds, "data", *number))?;
            // SAFETY: the range lies within the memory; the artifact's bytes lie in no memory.
            unsafe {
                let (from, to) = (segment.bytes.as_ptr(), memory.base.add(start as usize));
                match shared {
                    true => racy::copy(from, to, segment.bytes.len()),
                    false => to.copy_from_nonoverlapping(from, segment.bytes.len()),
                }
            }
            data.drop_data(*number);
        }
        Ok(())
    }
}

fn check(start: u64, len: u64, length: u64) -> Option<()> {
    start.checked_add(len).filter(|end| *end <= length).map(|_| ())
}

impl InstanceData {
    fn segment_trap(&self, code: TrapCode, kind: &str, number: u32) -> Error {
        Error::Trap(Trap::at(code, format!("{kind} segment {number} of module {}", self.name)))
    }

    /// The value of an offset expression, as the unsigned number it is.
    fn index_value(&self, expr: u32, index64: bool, allocator: &mut Allocator<'_>) -> Result<u64, Error> {
        let value: ValRaw = self.evaluate(expr, allocator)?;
        Ok(if index64 { value.i64() as u64 } else { u64::from(value.i32() as u32) })
    }

    fn elements_of(&self, segment: &ElementSegment<'_>, allocator: &mut Allocator<'_>) -> Result<Box<[u64]>, Error> {
        let item = |code: u32| match ElementItem::from_code(code) {
            ElementItem::Null => Ok(0),
            ElementItem::Func(function) => Ok(self.vm_funcref(function) as u64),
            ElementItem::Expr(expr) => Ok(self.evaluate(expr, allocator)?.reference()),
        };
        segment.items.iter().map(item).collect()
    }

    /// Elements of a passive segment; none once it is dropped.
    pub(super) fn passive_elements(&self, segment: u32) -> &[u64] {
        self.passive_elements.get(segment as usize).map_or(&[], |elements| elements)
    }

    pub(super) fn drop_elements(&mut self, segment: u32) {
        if let Some(elements) = self.passive_elements.get_mut(segment as usize) {
            *elements = Box::default();
        }
    }

    /// Bytes of a data segment; none once it is dropped.
    pub(super) fn data_segment(&self, segment: u32) -> &[u8] {
        match self.usable_data.get(segment as usize) {
            Some(true) => self.module.artifact().data_segment(segment).map_or(&[], |segment| segment.bytes),
            _ => &[],
        }
    }

    pub(super) fn drop_data(&mut self, segment: u32) {
        if let Some(usable) = self.usable_data.get_mut(segment as usize) {
            *usable = false;
        }
    }

    /// The places of references in passive segments.
    pub(crate) fn held_references_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        self.passive_elements.iter_mut().flat_map(|elements| elements.iter_mut())
    }

    /// References this instance holds in passive segments.
    pub(crate) fn held_references(&self) -> impl Iterator<Item = u64> {
        self.passive_elements.iter().flat_map(|elements| elements.iter().copied())
    }
}
