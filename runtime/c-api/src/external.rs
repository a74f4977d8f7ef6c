//! What external references refer to: things of the program's, by number. C passes numbers in cells, and pointers in
//! values.

use std::collections::HashMap;
use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};

use runtime::{AsContext, AsContextMut, ExternRef, Val};

use crate::boundary::{Out, guard, put};
use crate::instance::CInstance;
use crate::shared::Shared;

type Cleanup = unsafe extern "C" fn(*mut c_void);

/// The things that have numbers.
#[derive(Default)]
struct Things {
    /// Number → address, from 1 on, and what is called when it is taken out; zero where one was.
    numbers: Vec<(usize, Option<Cleanup>)>,
    /// Address → number, as wide as what other tables have by address, which are the same code then.
    by_address: HashMap<usize, usize>,
}

static THINGS: Mutex<Option<Things>> = Mutex::new(None);

fn things() -> MutexGuard<'static, Option<Things>> {
    THINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The number of null.
const NULL: u32 = u32::MAX;

/// What a reference holds: an address of the program's.
struct Thing(usize);

fn number_of(address: usize) -> u32 {
    let mut things = things();
    let things = things.get_or_insert_default();
    if let Some(known) = things.by_address.get(&address) {
        return *known as u32;
    }
    things.numbers.push((address, None));
    let number = things.numbers.len();
    things.by_address.insert(address, number);
    number as u32
}

fn address_of(number: u32) -> Option<usize> {
    let things = things();
    let (address, _) = *things.as_ref()?.numbers.get((number as usize).checked_sub(1)?)?;
    (address != 0).then_some(address)
}

/// The reference to a thing by its number; null for none.
pub fn value(shared: &Shared, number: u32) -> Val {
    address_of(number).map_or(Val::ExternRef(None), |address| of_pointer(shared, address))
}

/// The reference to a thing by its address; null for null.
pub fn of_pointer(shared: &Shared, address: usize) -> Val {
    shared.with(|store| of_address(store, address))
}

/// The same for who has the store.
pub fn of_address(store: impl AsContextMut, address: usize) -> Val {
    Val::ExternRef((address != 0).then(|| ExternRef::new(store, Thing(address))))
}

/// The address that a reference holds; zero for null, and for what is not of the program's.
pub fn address_in(store: &impl AsContext, value: &Val) -> usize {
    let Val::ExternRef(Some(reference)) = value else { return 0 };
    reference.data(store).and_then(|data| data.downcast_ref::<Thing>()).map_or(0, |thing| thing.0)
}

/// The same for who has not.
pub fn pointer(shared: &Shared, value: &Val) -> usize {
    shared.with(|store| address_in(&store, value))
}

/// The number of what a reference holds.
pub fn number(shared: &Shared, value: &Val) -> u32 {
    match pointer(shared, value) {
        0 => NULL,
        address => number_of(address),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externref_obj2ref(_: Option<&CInstance>, thing: *mut c_void, number: Out<'_, u32>) -> bool {
    guard(false, || {
        let found = if thing.is_null() { NULL } else { number_of(thing.expose_provenance()) };
        put(number, found)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externref_ref2obj(number: u32, thing: Out<'_, *mut c_void>) -> bool {
    guard(false, || {
        let address = if number == NULL { Some(0) } else { address_of(number) };
        let Some(address) = address else { return false };
        put(thing, std::ptr::with_exposed_provenance_mut(address))
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externref_objdel(_: Option<&CInstance>, thing: *mut c_void) -> bool {
    guard(false, || {
        let cleanup = {
            let mut things = things();
            let Some(things) = things.as_mut() else { return false };
            let Some(number) = things.by_address.remove(&thing.addr()) else { return false };
            things.numbers.get_mut(number - 1).and_then(|place| std::mem::take(place).1)
        };
        if let Some(cleanup) = cleanup {
            // SAFETY: what the program gave for this thing.
            unsafe { cleanup(thing) };
        }
        true
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externref_set_cleanup(
    _: Option<&CInstance>,
    thing: *mut c_void,
    cleanup: Option<Cleanup>,
) -> bool {
    guard(false, || {
        let mut things = things();
        let Some(things) = things.as_mut() else { return false };
        let Some(number) = things.by_address.get(&thing.addr()) else { return false };
        things.numbers.get_mut(number - 1).map(|(_, old)| *old = cleanup).is_some()
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasm_externref_retain(number: u32) -> bool {
    // Things stay until they are deleted.
    guard(false, || address_of(number).is_some())
}
