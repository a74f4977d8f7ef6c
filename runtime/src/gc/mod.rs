//! Garbage collection: the store's heap of structures, arrays and exceptions.
//!
//! * [`heap`]: two spaces, of which one is in use; new objects.
//! * [`collect`]: what is reached moves to the other space; where references can be (roots).
//! * [`handles`]: what the host holds references by.
//! * [`reference`](mod@reference): managed references as the host sees them.
//!
//! A heap belongs to one store, and so to one thread at a time. It is made when the first object is, and
//! costs nothing before. There are no write barriers: a collection looks at all that is alive.
//!
//! Not here: how objects are laid out (`crate::vm::objects`), and what compiled code does itself: as long
//! as there is room, it makes objects without asking.

mod collect;
mod handles;
mod heap;
pub(crate) mod reference;

pub(crate) use handles::{Handle, Handles};
pub(crate) use heap::Heap;
