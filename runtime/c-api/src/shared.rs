//! A store and the instances in it, which are freed together. C has handles of the instances; the store is found by them.

use std::cell::{Cell, OnceCell, RefCell, UnsafeCell};
use std::ffi::{CString, c_char};
use std::sync::Arc;

use runtime::{AsContextMut, Caller, Instance, Store, StoreContextMut};

use crate::env::CExecEnv;
use crate::instance::CInstance;
use crate::threads::{Member, Program, Told, lock};
use crate::wasi::World;

/// The data of a store.
pub struct State {
    pub world: World,
    /// Whose store this is; null while it is made.
    pub shared: *const Shared,
}

impl State {
    /// That of a new store.
    pub fn new(world: World) -> State {
        State { world, shared: std::ptr::null() }
    }
}

/// See the top of the file.
pub struct Shared {
    store: UnsafeCell<Store<State>>,
    /// How many of C's handles keep it: an instance that is to be freed, memories.
    holders: Cell<usize>,
    /// Instances that C is to free: more than one, if others joined the first.
    pub mains: Cell<usize>,
    /// The [`Caller`] of the innermost C function that compiled code has called; null outside.
    caller: Cell<*mut Caller<'static, State>>,
    /// Handles of the instances. They stay where they are.
    #[expect(clippy::vec_box, reason = "handles stay where they are")]
    pub instances: RefCell<Vec<Box<CInstance>>>,
    /// What other threads may touch.
    pub member: Arc<Member>,
    /// What it has in common with the stores of further threads; none while it is made.
    pub program: OnceCell<Arc<Program>>,
    /// The one whose handle was asked for last.
    recent: Cell<Option<(Instance, *const CInstance)>>,
    /// The environment of the innermost call.
    pub env: Cell<*const CExecEnv>,
    /// What went wrong last, as C is told of it.
    exception: RefCell<Option<CString>>,
    /// Whether anything did.
    has_exception: Cell<bool>,
    /// The back trace that belongs to it.
    pub trace: RefCell<String>,
    pub exit_status: Cell<u32>,
    /// Whether that is how the last call ended.
    pub exited: Cell<bool>,
    /// Whether C knows what ended another thread.
    pub heard: Cell<bool>,
}

impl Shared {
    /// Takes a store over, and tells it where it is.
    pub fn new(store: Store<State>) -> Box<Shared> {
        let mut shared = Box::new(Shared {
            member: Member::new(store.interrupt_handle()),
            program: OnceCell::new(),
            store: UnsafeCell::new(store),
            holders: Cell::new(1),
            mains: Cell::new(0),
            caller: Cell::new(std::ptr::null_mut()),
            instances: RefCell::default(),
            recent: Cell::default(),
            env: Cell::new(std::ptr::null()),
            exception: RefCell::default(),
            has_exception: Cell::new(false),
            trace: RefCell::default(),
            exit_status: Cell::new(0),
            exited: Cell::new(false),
            heard: Cell::new(false),
        });
        let place: *const Shared = &raw const *shared;
        shared.store.get_mut().data_mut().shared = place;
        shared
    }

    /// The same for C, held once.
    pub fn of_c(store: Store<State>) -> *mut Shared {
        Box::into_raw(Shared::new(store))
    }

    /// Somebody else needs it.
    pub fn hold(&self) {
        self.holders.set(self.holders.get() + 1);
    }

    /// Somebody does not need it any more. The last one frees it.
    ///
    /// # Safety
    ///
    /// `shared` came from [`Shared::of_c`], and is released once for that and once for each [`Shared::hold`].
    pub unsafe fn release(shared: *mut Shared) {
        // SAFETY: alive, by the caller.
        let holders = unsafe { &(*shared).holders };
        holders.set(holders.get() - 1);
        if holders.get() == 0 {
            crate::imports::taken(shared);
            // SAFETY: nobody has it any more.
            drop(unsafe { Box::from_raw(shared) });
        }
    }

    /// The same for a store that several hold.
    #[cfg(feature = "standard")]
    pub fn counted(store: Store<State>) -> std::rc::Rc<Shared> {
        let shared = std::rc::Rc::new(*Shared::new(store));
        let place: *const Shared = std::rc::Rc::as_ptr(&shared);
        shared.set_up(|store| store.data_mut().shared = place);
        shared
    }

    /// Works on a store that no C program knows of yet: when its instances are made.
    pub fn set_up<R>(&self, work: impl FnOnce(&mut Store<State>) -> R) -> R {
        // SAFETY: nobody else has the store; C functions that are called meanwhile reach it through their caller.
        work(unsafe { &mut *self.store.get() })
    }

    /// Works on the store, from outside or from a C function that compiled code has called. `work` comes back here by way
    /// of such a function only, never by itself.
    #[inline]
    pub fn with<R>(&self, work: impl FnOnce(StoreContextMut<'_, State>) -> R) -> R {
        let caller = self.caller.get();
        if caller.is_null() {
            // SAFETY: nothing runs in the store; that this thread alone uses it is what the header wants.
            work(unsafe { &mut *self.store.get() }.as_context_mut())
        } else {
            // SAFETY: set by `in_host_call` for as long as the C function runs, and with it nobody else has it.
            work(unsafe { &mut *caller }.as_context_mut())
        }
    }

    /// Runs a C function that compiled code has called: until it returns, the store is reached through `caller`.
    #[inline(always)]
    pub fn in_host_call<R>(&self, caller: &mut Caller<'_, State>, run: impl FnOnce() -> R) -> R {
        let place: *mut Caller<'_, State> = caller;
        let outer = self.caller.replace(place.cast());
        let result = run();
        self.caller.set(outer);
        result
    }

    /// The handle of an instance of this store.
    #[inline(always)]
    pub fn handle_of(&self, instance: Instance) -> *const CInstance {
        match self.recent.get() {
            Some((recent, place)) if recent == instance => place,
            _ => {
                let place = self.known_or_made(instance);
                self.recent.set(Some((instance, place)));
                place
            }
        }
    }

    #[cold]
    fn known_or_made(&self, instance: Instance) -> *const CInstance {
        if let Some(known) = self.instances.borrow().iter().find(|known| known.instance == instance) {
            return &raw const **known;
        }
        let made = CInstance::new(self, instance);
        let place: *const CInstance = &raw const *made;
        self.instances.borrow_mut().push(made);
        place
    }

    /// What an earlier call ended with is not this one's.
    #[inline]
    pub fn forget_exception(&self) {
        if self.has_exception() {
            self.set_exception(None);
        }
    }

    /// Whether calls are going on.
    pub fn is_running(&self) -> bool {
        !self.caller.get().is_null()
    }

    /// Asks the store something that only its owner can, if nothing runs in it.
    pub fn asked_from_outside<R>(&self, ask: impl FnOnce(&Store<State>) -> R) -> Option<R> {
        // SAFETY: nothing runs in the store, and this thread is the one that uses it.
        self.caller.get().is_null().then(|| ask(unsafe { &*self.store.get() }))
    }

    /// Makes a store usable again that was terminated, if nothing runs in it.
    pub fn clear_interrupt(&self) {
        self.exited.set(false);
        self.heard.set(false);
        *lock(&self.member.told) = None;
        if self.caller.get().is_null() && self.member.interrupt.is_interrupted() {
            // SAFETY: nothing runs in the store, and this thread is the one that uses it.
            unsafe { &mut *self.store.get() }.clear_interrupt();
        }
    }

    /// A call from outside failed: whether that ends other threads, the program knows. One that was stopped by others, or
    /// with others, has nothing to tell.
    #[cold]
    pub fn tell_others(&self) {
        let Some(program) = self.program.get().filter(|_| !self.member.interrupt.is_interrupted()) else { return };
        let exception = self.exception.borrow().as_ref().map(|text| text.to_string_lossy().into_owned());
        let exit = self.exited.get().then(|| self.exit_status.get());
        if let Some(exception) = exception {
            program.tell_others(&self.member, &Told { exception, exit });
        }
    }

    /// What ended another thread, and this one with it.
    pub fn told(&self) -> Option<Told> {
        lock(&self.member.told).clone()
    }

    /// Sets what C is told went wrong.
    pub fn set_exception(&self, message: Option<&str>) {
        self.has_exception.set(message.is_some());
        *self.exception.borrow_mut() = message.map(crate::boundary::c_string);
    }

    /// Whether anything went wrong.
    #[inline]
    pub fn has_exception(&self) -> bool {
        self.has_exception.get()
    }

    /// What went wrong, as a string that stays until another is set; null if nothing did.
    pub fn exception(&self) -> *const c_char {
        self.exception.borrow().as_ref().map_or(std::ptr::null(), |text| text.as_ptr())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        crate::imports::forget_items(self);
        if let Some(program) = self.program.get() {
            program.leave(&self.member);
        }
    }
}
