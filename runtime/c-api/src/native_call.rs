//! Calls of C functions whose types are known only at run time.
//!
//! All three calling conventions (System V's for x86-64, AAPCS64, and RISC-V's LP64D) put arguments into registers by two
//! kinds, and what is left on the stack, eight bytes each, whatever the callee's types are. So a function can be called
//! as one of a few types with all registers of both kinds and enough on the stack: it reads those it has parameters for.
//! Narrow integers and floats are put there as each convention wants them.

use std::ffi::c_void;

use runtime::raw::RegisterValues;

/// Registers for integers and pointers.
#[cfg(target_arch = "x86_64")]
const INTEGERS: usize = 6;
#[cfg(not(target_arch = "x86_64"))]
const INTEGERS: usize = 8;
/// Registers for floats.
const FLOATS: usize = 8;
/// Arguments on the stack.
const MOST_ON_STACK: usize = 32;

/// The type of a function with all registers and some words on the stack.
macro_rules! function_type {
    ([$($integer:tt)*] [$($float:tt)*] [$($word:tt)*] -> $result:ty) => {
        unsafe extern "C" fn($(integer!($integer),)* $(float!($float),)* $(integer!($word)),*) -> $result
    };
}
macro_rules! integer {
    ($index:tt) => {
        u64
    };
}
macro_rules! float {
    ($index:tt) => {
        f64
    };
}
macro_rules! call {
    ($function:expr, $arguments:expr, [$($integer:tt)*] [$($float:tt)*] [$($word:tt)*] -> $result:ty) => {{
        type Function = function_type!([$($integer)*] [$($float)*] [$($word)*] -> $result);
        // SAFETY: by the caller; see the top of the file.
        let function = unsafe { std::mem::transmute::<*const c_void, Function>($function) };
        // SAFETY: as above.
        unsafe { function($($arguments.integers[$integer],)* $($arguments.floats[$float],)* $($arguments.stack[$word]),*) }
    }};
}
#[cfg(target_arch = "x86_64")]
macro_rules! call_with {
    ($function:expr, $arguments:expr, [$($float:tt)*] [$($word:tt)*] -> $result:ty) => {
        call!($function, $arguments, [0 1 2 3 4 5] [$($float)*] [$($word)*] -> $result)
    };
}
#[cfg(not(target_arch = "x86_64"))]
macro_rules! call_with {
    ($function:expr, $arguments:expr, [$($float:tt)*] [$($word:tt)*] -> $result:ty) => {
        call!($function, $arguments, [0 1 2 3 4 5 6 7] [$($float)*] [$($word)*] -> $result)
    };
}
macro_rules! choose {
    ($function:expr, $arguments:expr, $result:ty) => {
        match ($arguments.float_count, $arguments.stack_count) {
            (0, 0) => call_with!($function, $arguments, [] [] -> $result),
            (_, 0) => call_with!($function, $arguments, [0 1 2 3 4 5 6 7] [] -> $result),
            (_, 1..=6) => call_with!($function, $arguments, [0 1 2 3 4 5 6 7] [0 1 2 3 4 5] -> $result),
            _ => call_with!($function, $arguments, [0 1 2 3 4 5 6 7]
                [0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31] -> $result),
        }
    };
}

/// Calls a function of the environment and a few integers, for which there are registers beside it on every machine; bits of `wide` say which of them have 64 bits, the first in
/// the lowest bit. RISC-V wants those of 32 bits sign-extended; the others do not look at the upper half.
///
/// # Safety
///
/// `function` is a C function with no other parameters; see the top of the file.
#[inline(always)]
pub unsafe fn call_with_integers(
    function: *const c_void,
    env: *const c_void,
    mut integers: RegisterValues,
    wide: u32,
) -> u64 {
    if cfg!(target_arch = "riscv64") {
        for (_, integer) in integers.iter_mut().enumerate().filter(|(index, _)| wide >> index & 1 == 0) {
            *integer = i64::from(*integer as i32).cast_unsigned();
        }
    }
    type Function = unsafe extern "C" fn(*const c_void, u64, u64, u64, u64, u64) -> u64;
    let [i0, i1, i2, i3, i4] = integers;
    // SAFETY: by the caller.
    unsafe { std::mem::transmute::<*const c_void, Function>(function)(env, i0, i1, i2, i3, i4) }
}

/// Arguments, placed.
pub struct Arguments {
    integers: [u64; INTEGERS],
    integer_count: usize,
    floats: [f64; FLOATS],
    float_count: usize,
    stack: [u64; MOST_ON_STACK],
    stack_count: usize,
}

impl Arguments {
    /// None yet; there is a place for the first, a pointer.
    #[inline]
    pub fn new() -> Arguments {
        Arguments {
            integers: [0; INTEGERS],
            integer_count: 1,
            floats: [0.0; FLOATS],
            float_count: 0,
            stack: [0; MOST_ON_STACK],
            stack_count: 0,
        }
    }

    /// Sets the first.
    pub fn set_first(&mut self, first: *const c_void) {
        self.integers[0] = first.expose_provenance() as u64;
    }

    /// Adds an integer or pointer; false if there is no room.
    #[inline]
    pub fn integer(&mut self, value: u64) -> bool {
        match self.integers.get_mut(self.integer_count) {
            Some(place) => {
                *place = value;
                self.integer_count += 1;
                true
            }
            None => self.on_stack(value),
        }
    }

    /// Adds a 32-bit integer. RISC-V wants it sign-extended; the others do not look at the upper half.
    #[inline]
    pub fn integer32(&mut self, value: i32) -> bool {
        self.integer(i64::from(value).cast_unsigned())
    }

    /// Adds the bits of an f64.
    #[inline]
    pub fn float64(&mut self, bits: u64) -> bool {
        match self.floats.get_mut(self.float_count) {
            Some(place) => {
                *place = f64::from_bits(bits);
                self.float_count += 1;
                true
            }
            // LP64D goes on with the integers' registers.
            None if cfg!(target_arch = "riscv64") => self.integer(bits),
            None => self.on_stack(bits),
        }
    }

    /// Adds the bits of an f32. In a register of RISC-V, the upper half is all ones; elsewhere nobody looks at it.
    #[inline]
    pub fn float32(&mut self, bits: u32) -> bool {
        match self.float_count < FLOATS {
            true => self.float64(u64::from(bits) | 0xffff_ffff << 32),
            false => self.float64(u64::from(bits)),
        }
    }

    fn on_stack(&mut self, value: u64) -> bool {
        match self.stack.get_mut(self.stack_count) {
            Some(place) => {
                *place = value;
                self.stack_count += 1;
                true
            }
            None => false,
        }
    }
}

impl Arguments {
    /// Calls a function that returns an integer, a pointer or nothing.
    ///
    /// # Safety
    ///
    /// `function` is a C function with parameters of these kinds, in this order.
    #[inline]
    pub unsafe fn call(&self, function: *const c_void) -> u64 {
        choose!(function, self, u64)
    }

    /// Calls a function that returns a float; its bits, those of an f32 in the lower half.
    ///
    /// # Safety
    ///
    /// As [`Arguments::call`].
    #[inline]
    pub unsafe fn call_float(&self, function: *const c_void) -> u64 {
        choose!(function, self, f64).to_bits()
    }
}
