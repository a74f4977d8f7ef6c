//! The module reader: callbacks of the program's that find modules by name, and the files that they give.

use std::ffi::{CString, c_char};

use crate::boundary::{array, guard};
use crate::global::with;

/// The callbacks of a module reader.
#[derive(Clone, Copy)]
pub struct Reader {
    pub read: ReadFn,
    pub destroy: Option<DestroyFn>,
}

/// The two forms of a reader: WAMR 1's, and WAMR 2's, which is told what kind of file is wanted.
#[derive(Clone, Copy)]
pub enum ReadFn {
    One(unsafe extern "C" fn(*const c_char, *mut *mut u8, *mut u32) -> bool),
    Two(unsafe extern "C" fn(u32, *const c_char, *mut *mut u8, *mut u32) -> bool),
}

pub type DestroyFn = unsafe extern "C" fn(*mut u8, u32);

#[unsafe(no_mangle)]
pub extern "C" fn wasm_runtime_set_module_reader(
    reader: Option<unsafe extern "C" fn(*const c_char, *mut *mut u8, *mut u32) -> bool>,
    destroyer: Option<DestroyFn>,
) {
    set_reader(reader.map(ReadFn::One), destroyer);
}

/// What `wasm_runtime_set_module_reader` is under `WASM_RUNTIME_API_2`.
#[unsafe(no_mangle)]
pub extern "C" fn iwasm_set_module_reader_2(
    reader: Option<unsafe extern "C" fn(u32, *const c_char, *mut *mut u8, *mut u32) -> bool>,
    destroyer: Option<DestroyFn>,
) {
    set_reader(reader.map(ReadFn::Two), destroyer);
}

fn set_reader(read: Option<ReadFn>, destroy: Option<DestroyFn>) {
    guard((), || {
        let _ = with(|global| global.reader = read.map(|read| Reader { read, destroy }));
    });
}

/// A file that the reader gave, which goes back to it when nobody needs it any more.
pub struct ReadFile {
    start: *mut u8,
    size: u32,
    destroy: Option<DestroyFn>,
}

// SAFETY: the program gave the bytes away until they are destroyed, which by the header may be on any thread.
unsafe impl Send for ReadFile {}
// SAFETY: they are only read.
unsafe impl Sync for ReadFile {}

impl AsRef<[u8]> for ReadFile {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: what the reader said.
        unsafe { array(self.start, self.size as usize) }
    }
}

impl Drop for ReadFile {
    fn drop(&mut self) {
        if let Some(destroy) = self.destroy {
            // SAFETY: the program's own destroyer, for what its reader gave, once.
            unsafe { destroy(self.start, self.size) };
        }
    }
}

impl Reader {
    /// Asks for a module, a file of this kind rather than another; none if there is none.
    pub fn ask(self, name: &str, kind: u32) -> Option<ReadFile> {
        let name = CString::new(name).ok()?;
        let (mut start, mut size) = (std::ptr::null_mut(), 0u32);
        // SAFETY: the program's own reader, with places for what it gives.
        let found = unsafe {
            match self.read {
                ReadFn::One(read) => read(name.as_ptr(), &raw mut start, &raw mut size),
                ReadFn::Two(read) => read(kind, name.as_ptr(), &raw mut start, &raw mut size),
            }
        };
        // Only what was found goes back.
        (found && !start.is_null()).then(|| ReadFile { start, size, destroy: self.destroy })
    }
}
