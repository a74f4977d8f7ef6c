//! The exceptions of a store: where they are, and how long.
//!
//! An exception that no clause with a reference catches is dead as soon as the landing pad has read its
//! arguments, and nothing can be thrown before that. So there is one place for exceptions in flight,
//! and throwing in a loop takes no memory at all.
//!
//! One that `catch_ref` or `catch_all_ref` caught can be anywhere. As long as there is no garbage
//! collector that knows the stack, it is kept until the outermost call of the store is over, and then
//! as long as a table, a global or a passive segment holds it, or another one that is kept has it as
//! an argument. The collection runs at the beginning of the next outermost call, or when instances are
//! swept: only then is nothing on the stack. In between the store's limit bounds how many bytes are
//! kept; past it, what would be thrown next is the trap "too many exceptions" instead. One that the
//! host has seen a reference to (an argument or result, a value read from a table or global) is pinned
//! for the life of the store, as external references are.
//!
//! # Safety contract
//!
//! Exceptions are boxed 16-byte words and never move; references to them are their addresses, exposed.
//! The header is followed by as many slots as the tag has arguments, all initialised.

use std::collections::{HashMap, HashSet};

use aot_format::types::ValType;

use crate::instance::InstanceData;
use crate::value::is_exn_heap;
use crate::vm::structs::{VMException, VMTag, ValRaw};

use super::StoreOpaque;

/// [`VMException::state`]: the host has a reference.
const PINNED: u64 = 1;

/// Exceptions that are alive.
#[derive(Default)]
pub(crate) struct Exceptions {
    /// The one thrown last. Nobody refers to it once its landing pad has read it, so the next takes
    /// its place.
    flying: Option<Box<[u128]>>,
    /// Those with references.
    kept: Vec<Box<[u128]>>,
    kept_bytes: u64,
}

fn bytes_of(object: &[u128]) -> u64 {
    size_of_val(object) as u64
}

fn address_of(object: &[u128]) -> *mut VMException {
    object.as_ptr().cast_mut().cast()
}

impl Exceptions {
    /// A new exception whose arguments are still to be written; null if that would be over the limit.
    pub(crate) fn make(&mut self, tag: *const VMTag, arguments: usize, max_bytes: u64) -> *mut VMException {
        let words = arguments + 1;
        if self.kept_bytes + (words * size_of::<u128>()) as u64 > max_bytes {
            return std::ptr::null_mut();
        }
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
    pub(crate) fn keep(&mut self, exception: *const VMException) {
        // Another than the one in flight was thrown by reference, so it is kept already.
        if let Some(object) = self.flying.take_if(|object| std::ptr::eq(address_of(object), exception)) {
            self.kept_bytes += bytes_of(&object);
            self.kept.push(object);
        }
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
    /// Frees exceptions that nobody refers to. Only while no wasm of the store runs.
    #[cold]
    pub(crate) fn collect_exceptions(&mut self) {
        if self.nesting > 0 || !self.exceptions.are_kept() {
            return;
        }
        let mut reached: Vec<u64> = self.exception_roots();
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
