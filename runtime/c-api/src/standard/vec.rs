//! Vectors as C has them: a size, and where the elements are. Those of pointers own what they point to.

use crate::boundary::{Out, array, guard, put};

/// A vector.
#[repr(C)]
pub struct CVec<T> {
    pub size: usize,
    pub data: *mut T,
}

impl<T> Default for CVec<T> {
    fn default() -> CVec<T> {
        CVec { size: 0, data: std::ptr::null_mut() }
    }
}

impl<T> From<Vec<T>> for CVec<T> {
    fn from(elements: Vec<T>) -> CVec<T> {
        match elements.len() {
            0 => CVec::default(),
            size => CVec { size, data: Box::into_raw(elements.into_boxed_slice()).cast() },
        }
    }
}

impl<T> CVec<T> {
    /// Its elements.
    pub fn as_slice(&self) -> &[T] {
        // SAFETY: C made it, and what it is says the type.
        unsafe { array(self.data, self.size) }
    }

    /// Takes the elements out: of a vector that was made here.
    pub fn take(&mut self) -> Vec<T> {
        let CVec { size, data } = std::mem::take(self);
        match data.is_null() {
            true => Vec::new(),
            // SAFETY: made by `from`, and taken once.
            false => unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(data, size)) }.into_vec(),
        }
    }
}

/// What a vector does with its elements.
pub trait Element: Copy {
    /// What there is before C sets it.
    const NOTHING: Self;
    /// A copy that is owned.
    fn duplicate(self) -> Self;
    /// Gives it up.
    fn give_up(self);
}

impl Element for u8 {
    const NOTHING: u8 = 0;
    fn duplicate(self) -> u8 {
        self
    }
    fn give_up(self) {}
}

impl<T: Clone> Element for *mut T {
    const NOTHING: *mut T = std::ptr::null_mut();
    fn duplicate(self) -> *mut T {
        // SAFETY: elements are null, or alive.
        unsafe { self.as_ref() }.map_or(std::ptr::null_mut(), |value| super::give(value.clone()))
    }
    fn give_up(self) {
        // SAFETY: owned by the vector, which gives its elements up once.
        unsafe { super::delete(self) };
    }
}

/// The vector's own functions.
pub fn uninitialised<T: Element>(out: Out<'_, CVec<T>>, size: usize) {
    guard((), || {
        put(out, vec![T::NOTHING; size].into());
    });
}

/// A vector of these elements, which it owns from now on.
///
/// # Safety
///
/// There are so many.
pub unsafe fn of_elements<T: Element>(out: Out<'_, CVec<T>>, size: usize, elements: *const T) {
    guard((), || {
        // SAFETY: by the caller.
        let elements = unsafe { array(elements, size) };
        put(out, elements.to_vec().into());
    });
}

/// A copy, of the elements as well.
pub fn copy<T: Element>(out: Out<'_, CVec<T>>, from: Option<&CVec<T>>) {
    guard((), || {
        let elements = from.map_or(&[][..], CVec::as_slice);
        put(out, elements.iter().map(|element| element.duplicate()).collect::<Vec<T>>().into());
    });
}

/// Gives up the elements; the vector is empty then.
pub fn delete<T: Element>(vec: Option<&mut CVec<T>>) {
    guard((), || {
        if let Some(vec) = vec {
            vec.take().into_iter().for_each(Element::give_up);
        }
    });
}

macro_rules! vectors {
    ($($element:ty: $empty:ident $uninitialised:ident $new:ident $copy:ident $delete:ident;)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $empty(out: Out<'_, CVec<$element>>) {
            put(out, CVec::default());
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $uninitialised(out: Out<'_, CVec<$element>>, size: usize) {
            uninitialised(out, size);
        }
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $new(out: Out<'_, CVec<$element>>, size: usize, elements: *const $element) {
            // SAFETY: by the header.
            unsafe { of_elements(out, size, elements) }
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $copy(out: Out<'_, CVec<$element>>, from: Option<&CVec<$element>>) {
            copy(out, from);
        }
        #[unsafe(no_mangle)]
        pub extern "C" fn $delete(vec: Option<&mut CVec<$element>>) {
            delete(vec);
        }
    )*};
}

use super::refs::Ref;
use super::trap::CFrame;
use super::types::{CExternType, ExportType, ImportType, ValKind};
use super::value::WasmVal;

vectors! {
    u8: wasm_byte_vec_new_empty wasm_byte_vec_new_uninitialized wasm_byte_vec_new wasm_byte_vec_copy wasm_byte_vec_delete;
    *mut ValKind: wasm_valtype_vec_new_empty wasm_valtype_vec_new_uninitialized wasm_valtype_vec_new wasm_valtype_vec_copy
        wasm_valtype_vec_delete;
    *mut CExternType: wasm_functype_vec_new_empty wasm_functype_vec_new_uninitialized wasm_functype_vec_new
        wasm_functype_vec_copy wasm_functype_vec_delete;
    *mut CExternType: wasm_globaltype_vec_new_empty wasm_globaltype_vec_new_uninitialized wasm_globaltype_vec_new
        wasm_globaltype_vec_copy wasm_globaltype_vec_delete;
    *mut CExternType: wasm_tabletype_vec_new_empty wasm_tabletype_vec_new_uninitialized wasm_tabletype_vec_new
        wasm_tabletype_vec_copy wasm_tabletype_vec_delete;
    *mut CExternType: wasm_memorytype_vec_new_empty wasm_memorytype_vec_new_uninitialized wasm_memorytype_vec_new
        wasm_memorytype_vec_copy wasm_memorytype_vec_delete;
    *mut CExternType: wasm_externtype_vec_new_empty wasm_externtype_vec_new_uninitialized wasm_externtype_vec_new
        wasm_externtype_vec_copy wasm_externtype_vec_delete;
    *mut ImportType: wasm_importtype_vec_new_empty wasm_importtype_vec_new_uninitialized wasm_importtype_vec_new
        wasm_importtype_vec_copy wasm_importtype_vec_delete;
    *mut ExportType: wasm_exporttype_vec_new_empty wasm_exporttype_vec_new_uninitialized wasm_exporttype_vec_new
        wasm_exporttype_vec_copy wasm_exporttype_vec_delete;
    WasmVal: wasm_val_vec_new_empty wasm_val_vec_new_uninitialized wasm_val_vec_new wasm_val_vec_copy wasm_val_vec_delete;
    *mut CFrame: wasm_frame_vec_new_empty wasm_frame_vec_new_uninitialized wasm_frame_vec_new wasm_frame_vec_copy
        wasm_frame_vec_delete;
    *mut Ref: wasm_extern_vec_new_empty wasm_extern_vec_new_uninitialized wasm_extern_vec_new wasm_extern_vec_copy
        wasm_extern_vec_delete;
}
