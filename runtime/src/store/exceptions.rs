//! The exceptions of a store: where they are, and how long.
//!
//! An exception that no clause with a reference catches is dead as soon as the landing pad has read its
//! arguments, and nothing can be thrown before that. So there is one place for exceptions in flight,
//! and throwing in a loop takes no memory at all.
//!
//! One that `catch_ref` or `catch_all_ref` caught can be anywhere. It is kept as long as a table, a
//! global or a passive segment holds it, another one that is kept has it as an argument, or a word on
//! the stack looks like a reference to it. The last is conservative: compiled code has no maps of its
//! frames yet, and a number can look like an address; an exception is then kept too long, never freed
//! too early. Exceptions do not move, so that nothing has to be written back. A collection runs when
//! what is kept has doubled, while a handler is about to be entered: then all that is alive is on the
//! stack above that handler's frame, for a function with handlers has saved its callers' registers
//! and keeps nothing of its own in any. It also runs, without a stack to look at, before the next
//! outermost call and when instances are swept.
//!
//! What is reached may take so many bytes as the store's limit says; past it, where one more would be
//! caught by reference, there is the trap "too many exceptions" instead. An exception that the host has seen a reference to
//! (an argument or result, a value read from a table or global) is pinned for the life of the store,
//! as external references are.
//!
//! # Safety contract
//!
//! Exceptions are boxed 16-byte words and never move; references to them are their addresses, exposed.
//! The header is followed by as many slots as the tag has arguments, all initialised.

use std::collections::{HashMap, HashSet};

use aot_format::types::ValType;

use crate::instance::InstanceData;
use crate::sys::enter::StackWords;
use crate::value::is_exn_heap;
use crate::vm::structs::{VMException, VMTag, ValRaw};

use super::StoreOpaque;

/// [`VMException::state`]: the host has a reference.
const PINNED: u64 = 1;

/// Bytes below which no collection runs while wasm runs.
const FIRST_COLLECTION_BYTES: u64 = 1 << 20;

/// Exceptions that are alive.
#[derive(Default)]
pub(crate) struct Exceptions {
    /// The one thrown last. Nobody refers to it once its landing pad has read it, so the next takes
    /// its place.
    flying: Option<Box<[u128]>>,
    /// Those with references.
    kept: Vec<Box<[u128]>>,
    kept_bytes: u64,
    /// Bytes that were left by the last collection.
    reached_bytes: u64,
}

fn bytes_of(object: &[u128]) -> u64 {
    size_of_val(object) as u64
}

fn address_of(object: &[u128]) -> *mut VMException {
    object.as_ptr().cast_mut().cast()
}

impl Exceptions {
    /// A new exception whose arguments are still to be written.
    pub(crate) fn make(&mut self, tag: *const VMTag, arguments: usize) -> *mut VMException {
        let words = arguments + 1;
        let object = match self.flying.take() {
            Some(object) if object.len() >= words => object,
            _ => vec![0u128; words].into_boxed_slice(),
        };
        let exception = address_of(&object);
        // SAFETY: an object has at least one word, which is what a header takes.
        unsafe { exception.write(VMException { tag, state: std::cell::Cell::new(0) }) };
        self.flying = Some(object);
        exception
    }

    /// Keeps an exception that wasm has a reference to from now on.
    fn keep(&mut self, exception: *const VMException) {
        // Another than the one in flight was thrown by reference, so it is kept already.
        if let Some(object) = self.flying.take_if(|object| std::ptr::eq(address_of(object), exception)) {
            self.kept_bytes += bytes_of(&object);
            self.kept.push(object);
        }
    }

    /// Whether so much has been kept since the last collection that it is time for the next: as much
    /// as was reached then, or half of what was left to the limit.
    fn is_collection_due(&self, max_bytes: u64) -> bool {
        let doubled = (self.reached_bytes * 2).max(FIRST_COLLECTION_BYTES);
        let half_way = self.reached_bytes + max_bytes.saturating_sub(self.reached_bytes) / 2;
        self.kept_bytes >= doubled.min(half_way)
    }

    /// Whether any exception has references.
    pub(crate) fn are_kept(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Keeps an exception as long as the store: the host has a reference.
    pub(crate) fn pin(&self, exception: &VMException) {
        exception.state.set(exception.state.get() | PINNED);
    }

    /// Tags and arguments of the exceptions that are kept, whatever their type.
    pub(super) fn references(&self) -> impl Iterator<Item = u64> {
        self.kept.iter().flat_map(|object| {
            let tag = object.first().map_or(0, |header| *header as u64);
            object.iter().skip(1).map(|slot| *slot as u64).chain([tag])
        })
    }
}

impl StoreOpaque {
    /// Keeps an exception that a handler is about to get a reference to, whose frame begins at `sp`, and
    /// says whether that is within the limit.
    ///
    /// # Safety
    ///
    /// Wasm of the store runs on this thread, and goes on at the handler next.
    pub(crate) unsafe fn keep_exception(&mut self, exception: *const VMException, sp: usize) -> bool {
        self.exceptions.keep(exception);
        if self.exceptions.is_collection_due(self.limits.max_exception_bytes) {
            let mut roots = self.exception_roots();
            roots.push(exception as u64);
            // SAFETY: by the caller.
            roots.extend(unsafe { StackWords::above(self.vm_ptr(), sp) }.map(|word| word as u64));
            self.sweep_exceptions(roots);
        }
        self.exceptions.kept_bytes <= self.limits.max_exception_bytes
    }

    /// Frees exceptions that nobody refers to. Only while no wasm of the store runs.
    #[cold]
    pub(crate) fn collect_exceptions(&mut self) {
        if self.nesting == 0 && self.exceptions.are_kept() {
            let roots = self.exception_roots();
            self.sweep_exceptions(roots);
        }
    }

    /// Frees exceptions that cannot be reached from these words.
    fn sweep_exceptions(&mut self, mut reached: Vec<u64>) {
        let mut marked: HashSet<u64> = HashSet::new();
        let by_address: HashMap<u64, &[u128]> =
            self.exceptions.kept.iter().map(|object| (object.as_ptr() as u64, &**object)).collect();
        while let Some(address) = reached.pop() {
            let Some(object) = by_address.get(&address) else { continue };
            if marked.insert(address) {
                // Whatever an argument's type: what is no address of an exception is not found.
                reached.extend(object.iter().skip(1).map(|slot| *slot as u64));
            }
        }
        self.exceptions.kept.retain(|object| marked.contains(&(object.as_ptr() as u64)));
        self.exceptions.kept_bytes = self.exceptions.kept.iter().map(|object| bytes_of(object)).sum();
        self.exceptions.reached_bytes = self.exceptions.kept_bytes;
    }

    /// References to exceptions in tables, globals, segments and the host's hands.
    fn exception_roots(&self) -> Vec<u64> {
        let exceptions = |ty: ValType| matches!(ty, ValType::Ref(reference) if is_exn_heap(reference.heap));
        let host = self.objects.tables.iter().filter(|table| exceptions(ValType::Ref(table.ty.element)));
        let mut roots: Vec<u64> = host.flat_map(|table| table.elements.iter().copied()).collect();
        let globals = self.objects.globals.iter().filter(|global| exceptions(global.ty.content));
        roots.extend(globals.map(|global| global.storage.reference()));
        for (_, data) in self.live() {
            let tables = data.tables.iter().filter(|table| exceptions(ValType::Ref(table.ty.element)));
            roots.extend(tables.flat_map(|table| table.elements.iter().copied()));
            roots.extend(exception_globals(data, exceptions));
            roots.extend(data.held_references());
        }
        let pinned = self.exceptions.kept.iter().filter(|object| {
            // SAFETY: an object begins with its header.
            unsafe { (*address_of(object)).state.get() & PINNED != 0 }
        });
        roots.extend(pinned.map(|object| object.as_ptr() as u64));
        roots
    }
}

/// References in an instance's own globals.
fn exception_globals(data: &InstanceData, holds: impl Fn(ValType) -> bool) -> Vec<u64> {
    let globals = (0..data.layout().counts.defined_globals).filter_map(|index| data.own_global(index));
    // SAFETY: the storage of an own global of a live instance.
    let value = |place: *mut ValRaw| unsafe { place.read() }.reference();
    globals.filter(|(_, ty)| holds(ty.content)).map(|(place, _)| value(place)).collect()
}
