//! The boundary to C: panics stop here, strings and buffers are what they are said to be or absent.

use std::any::Any;
use std::borrow::Cow;
use std::ffi::{CStr, CString, c_char};
#[cfg(feature = "no-symbolizer")]
use std::ffi::{c_int, c_void};
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs the body of a function that C calls. A panic, which is a bug of ours, becomes `failed`.
pub fn guard<R>(failed: R, body: impl FnOnce() -> R) -> R {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|payload| {
        give_up(payload);
        failed
    })
}

/// Frees what a panic carries; the message was printed by the panic hook. There are two hundred callers, which need no way
/// out of a function of C's.
#[cold]
#[inline(never)]
#[expect(improper_ctypes_definitions, reason = "nobody calls it from C")]
extern "C" fn give_up(payload: Box<dyn Any + Send>) {
    drop(payload);
}

/// An unwinder's back trace that has no frames, for the feature `no-symbolizer`; it answers `_URC_END_OF_STACK`.
///
/// The standard library prints a back trace below the message of a panic, if `RUST_BACKTRACE` asks for it, and reads what
/// frames are called itself: DWARF, inflate, demangling, a sixth of what a device has, for panics that are bugs of ours, in
/// a library that is stripped of names. It asks the platform's unwinder for the frames, by this function of the C++ ABI,
/// and gives it what is to be called for each. Nothing is called here, so nobody refers to the symboliser any more, and it
/// is not linked. Panics are caught and told as before, above an empty back trace.
///
/// A release of Rust that asks otherwise makes the library larger, and no more than that; a test notices. The symbol is for
/// this library alone: `scripts/shared-library.sh` makes it local in the archive, too. Unwinding itself is the platform's.
#[cfg(feature = "no-symbolizer")]
#[unsafe(no_mangle)]
pub extern "C" fn _Unwind_Backtrace(_of_each_frame: *const c_void, _argument: *mut c_void) -> c_int {
    const END_OF_STACK: c_int = 5;
    END_OF_STACK
}

/// A string that C passes to a function here: null, or one that ends with NUL and stays as it is until the function
/// returns.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    /// One of ours, for as long as it lives.
    pub fn of(text: &CStr) -> Text {
        Text(text.as_ptr())
    }

    /// The string; none for null.
    pub fn get<'a>(self) -> Option<Cow<'a, str>> {
        self.bytes().map(CStr::to_string_lossy)
    }

    /// Its bytes.
    pub fn bytes<'a>(self) -> Option<&'a CStr> {
        // SAFETY: C made it, and what it is says the type.
        (!self.0.is_null()).then(|| unsafe { CStr::from_ptr(self.0) })
    }
}

/// A place that C gave for a value to be written to; none for null.
pub type Out<'a, T> = Option<&'a mut MaybeUninit<T>>;

/// Writes to it; false if there is none.
pub fn put<T>(out: Out<'_, T>, value: T) -> bool {
    out.map(|place| place.write(value)).is_some()
}

/// A string for C. It ends at the first NUL in it.
pub fn c_string(text: &str) -> CString {
    let end = text.find('\0').unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// Where a function writes why it failed: the whole sentence, or as much of it as there is room for.
#[derive(Clone, Copy)]
pub struct ErrorBuffer {
    start: *mut c_char,
    size: usize,
}

impl ErrorBuffer {
    /// # Safety
    ///
    /// `start` is null, or that many bytes can be written there until the function returns.
    pub unsafe fn new(start: *mut c_char, size: u32) -> ErrorBuffer {
        ErrorBuffer { start, size: if start.is_null() { 0 } else { size as usize } }
    }

    /// Writes a message.
    pub fn write(self, message: &str) {
        // SAFETY: by the contract of `new`.
        unsafe { write_text(message, self.start, self.size) };
    }

    /// Writes the message of a failure, and gives nothing then.
    pub fn explain<T>(self, result: Result<T, String>) -> Option<T> {
        result.map_err(|message| self.write(&message)).ok()
    }
}

/// Copies text and a NUL to a buffer, cut off at the end of a character; gives the bytes written.
///
/// # Safety
///
/// So many bytes can be written at `to`.
pub unsafe fn write_text(text: &str, to: *mut c_char, size: usize) -> usize {
    let Some(room) = size.checked_sub(1) else { return 0 };
    let text = &text[..text.find('\0').unwrap_or(text.len())];
    let end = text.floor_char_boundary(room.min(text.len()));
    // SAFETY: `end` is less than `size`; what Rust owns does not overlap what C gave for writing.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), to.cast(), end);
        to.add(end).write(0);
    }
    end + 1
}

/// What C gave as an array.
///
/// # Safety
///
/// `start` is null, or there are so many values, which stay as they are while the result is used.
pub unsafe fn array<'a, T>(start: *const T, count: usize) -> &'a [T] {
    match start.is_null() {
        true => &[],
        // SAFETY: by the caller.
        false => unsafe { std::slice::from_raw_parts(start, count) },
    }
}
