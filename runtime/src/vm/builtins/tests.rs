//! Every bounds check at its limit, one past it, and where the sum wraps.
//!
//! # Safety contract
//!
//! The fake host finds its instance behind `Vmctx::instance`, where each test puts one.

use core::ffi::c_void;

use aot_format::types::{CompositeType, FieldType, RefType, StorageType, ValType};

use super::*;
use crate::vm::objects::{Shape, VMArray};
use crate::vm::structs::VMStoreContext;

struct Fake {
    memories: [VMMemory; 2],
    tables: [VMTable; 2],
    data: Vec<u8>,
    elements: Vec<u64>,
    objects: Vec<Box<[u64]>>,
}

unsafe fn fake<'a>(vmctx: *mut Vmctx) -> &'a mut Fake {
    // SAFETY: each test puts one there, and borrows it nowhere else meanwhile.
    unsafe { &mut *(*vmctx).instance.cast::<Fake>() }
}

// SAFETY: memories and tables are live buffers of the tests, and the segments are others.
unsafe impl BuiltinHost for Fake {
    unsafe fn memory_grow(_: *mut Vmctx, memory: u32, delta_pages: u64) -> i64 {
        if memory == 0 { delta_pages as i64 } else { -1 }
    }
    unsafe fn memory(vmctx: *mut Vmctx, memory: u32) -> *mut VMMemory {
        // SAFETY: see `fake`.
        unsafe { &raw mut fake(vmctx).memories[memory as usize] }
    }
    unsafe fn is_shared(_: *mut Vmctx, memory: u32) -> bool {
        memory == 1
    }
    unsafe fn gives_up(_: *mut Vmctx) -> bool {
        false
    }
    unsafe fn memory_wait(_: *mut Vmctx, _: u32, _: u64, _: Expected, _: i64) -> i64 {
        -1
    }
    unsafe fn memory_notify(_: *mut Vmctx, _: u32, _: u64, _: u32) -> i64 {
        -1
    }
    unsafe fn data_segment(vmctx: *mut Vmctx, _: u32) -> *const [u8] {
        // SAFETY: see `fake`.
        unsafe { &raw const fake(vmctx).data[..] }
    }
    unsafe fn data_drop(vmctx: *mut Vmctx, _: u32) {
        // SAFETY: see `fake`.
        unsafe { fake(vmctx).data.clear() }
    }
    unsafe fn table_grow(_: *mut Vmctx, table: u32, delta: u64, init: u64) -> i64 {
        i64::from(table) + (delta + init) as i64
    }
    unsafe fn table(vmctx: *mut Vmctx, table: u32) -> *mut VMTable {
        // SAFETY: see `fake`.
        unsafe { &raw mut fake(vmctx).tables[table as usize] }
    }
    unsafe fn elem_length(vmctx: *mut Vmctx, _: u32) -> u64 {
        // SAFETY: see `fake`.
        unsafe { fake(vmctx).elements.len() as u64 }
    }
    unsafe fn elem_read(vmctx: *mut Vmctx, _: u32, first: u64, len: u64, into: *mut u64) {
        // SAFETY: see `fake`; the caller checked the ranges.
        unsafe {
            let elements = &fake(vmctx).elements[first as usize..][..len as usize];
            ptr::copy_nonoverlapping(elements.as_ptr(), into, elements.len());
        }
    }
    unsafe fn elem_drop(vmctx: *mut Vmctx, _: u32) {
        // SAFETY: see `fake`.
        unsafe { fake(vmctx).elements.clear() }
    }
    unsafe fn is_subtype(_: *mut Vmctx, actual: u32, expected: u32) -> bool {
        actual.is_multiple_of(expected)
    }
    unsafe fn object_new(
        vmctx: *mut Vmctx,
        descriptor: *const VMTypeDescriptor,
        bytes: u64,
        array: Option<u32>,
    ) -> *mut VMObject {
        if bytes > 1 << 20 {
            return ptr::null_mut();
        }
        let mut words = vec![!0u64; bytes as usize / 8].into_boxed_slice();
        let object: *mut VMObject = words.as_mut_ptr().cast();
        // SAFETY: see `fake`; there is room for so many bytes.
        unsafe {
            fake(vmctx).objects.push(words);
            VMObject::initialize(object, descriptor, bytes, array);
        }
        object
    }
    unsafe fn throw(_: *mut Vmctx, _: *mut VMException) -> ! {
        std::process::abort()
    }
}

static TABLE: VMBuiltins = VMBuiltins::of::<Fake>();

/// Runs with memories of 16 and 8 bytes and tables of 8 and 4 elements, numbered from 1.
fn with_instance(run: impl FnOnce(*mut Vmctx, [*mut u8; 2], [*mut u64; 2])) {
    let mut bytes: [Vec<u8>; 2] = [(1..=16).collect(), (101..=108).collect()];
    let mut elements: [Vec<u64>; 2] = [(1..=8).collect(), (101..=104).collect()];
    let (bytes, elements) = (bytes.each_mut().map(|b| b.as_mut_ptr()), elements.each_mut().map(|e| e.as_mut_ptr()));
    let mut fake = Fake {
        memories: [VMMemory { base: bytes[0], length: 16 }, VMMemory { base: bytes[1], length: 8 }],
        tables: [VMTable { elements: elements[0], length: 8 }, VMTable { elements: elements[1], length: 4 }],
        data: vec![201, 202, 203, 204],
        elements: vec![301, 302, 303],
        objects: Vec::new(),
    };
    let mut store = VMStoreContext::new(crate::sys::enter::raise, &crate::call::LOOKUP);
    let mut vmctx = Vmctx {
        store: &raw mut store,
        builtins: &raw const TABLE,
        type_ids: ptr::null(),
        instance: (&raw mut fake).cast::<c_void>(),
        descriptors: ptr::null(),
    };
    run(&raw mut vmctx, bytes, elements);
}

fn read<T: Copy>(from: *const T, len: usize) -> Vec<T> {
    // SAFETY: the buffers of `with_instance` are at least as long as the tests say.
    unsafe { core::slice::from_raw_parts(from, len) }.to_vec()
}

macro_rules! call {
    ($builtin:ident($vmctx:expr $(, $arg:expr)*) as fn($($ty:ty),*) $(-> $result:ty)?) => {
        // SAFETY: the table has a function of this type there.
        unsafe {
            let function = core::mem::transmute::<*const (), unsafe extern "C" fn(*mut Vmctx, $($ty),*) $(-> $result)?>(
                TABLE.address(Builtin::$builtin),
            );
            function($vmctx, $($arg),*)
        }
    };
}

/// Lengths and offsets that must be refused for `length`, and the last that must not be.
fn edges(length: u64) -> Vec<(u64, u64, bool)> {
    vec![
        (0, length, true),
        (length, 0, true),
        (length - 1, 1, true),
        (0, length + 1, false),
        (length, 1, false),
        (length + 1, 0, false),
        (u64::MAX, 0, false),
        (0, u64::MAX, false),
        (u64::MAX, 1, false),
        (u64::MAX, 2, false),
        (1, u64::MAX, false),
        (1 << 63, 1 << 63, false),
        (1 << 32, 1, false),
    ]
}

#[test]
fn memory_fill_fills() {
    let fill = |vmctx, to: *mut u8, value, len, shared| {
        call!(MemoryFill(vmctx, to, value, len, shared) as fn(*mut u8, u32, u64, u32) -> u32)
    };
    with_instance(|vmctx, bytes, _| {
        for shared in [0, 1] {
            let [to, _] = bytes;
            assert_eq!(fill(vmctx, to.wrapping_add(3), 0x1ff, 2, shared), 0);
            assert_eq!(read(to, 6), [1, 2, 3, 255, 255, 6]);
            assert_eq!(fill(vmctx, to.wrapping_add(3), 4, 2, shared), 0);
            assert_eq!(fill(vmctx, to.wrapping_add(16), 4, 0, shared), 0);
            assert_eq!(read(to, 6), [1, 2, 3, 4, 4, 6]);
        }
    });
}

#[test]
fn memory_copy_moves() {
    let copy = |vmctx, to: *mut u8, from: *mut u8, len, shared| {
        call!(MemoryCopy(vmctx, to, from, len, shared) as fn(*mut u8, *const u8, u64, u32) -> u32)
    };
    for shared in [0, 1] {
        with_instance(|vmctx, [to, from], _| {
            assert_eq!(copy(vmctx, to.wrapping_add(1), to, 4, shared), 0);
            assert_eq!(read(to, 6), [1, 1, 2, 3, 4, 6]);
            assert_eq!(copy(vmctx, to, to.wrapping_add(1), 4, shared), 0);
            assert_eq!(read(to, 6), [1, 2, 3, 4, 4, 6]);
            assert_eq!(copy(vmctx, to.wrapping_add(14), from.wrapping_add(6), 2, shared), 0);
            assert_eq!(copy(vmctx, to.wrapping_add(16), from.wrapping_add(8), 0, shared), 0);
            assert_eq!(read(to, 16)[14..], [107, 108]);
        });
    }
}

#[test]
fn few_bytes_are_copied_and_filled_as_many_are() {
    let pattern: Vec<u8> = (0..96).map(|byte: u8| byte.wrapping_mul(37) ^ 0x5a).collect();
    for len in 0..=40usize {
        for (to, from) in [(30, 0), (0, 30), (1, 0), (0, 1), (8, 0), (0, 8), (7, 10), (10, 7), (3, 3)] {
            let (mut copied, mut expected) = (pattern.clone(), pattern.clone());
            let start = copied.as_mut_ptr();
            // SAFETY: both ranges lie in the buffer.
            unsafe { copy_chunk(start.wrapping_add(from), start.wrapping_add(to), len) };
            expected.copy_within(from..from + len, to);
            assert_eq!(copied, expected, "{len} bytes from {from} to {to}");
            // SAFETY: as above.
            unsafe { fill_chunk(copied.as_mut_ptr().wrapping_add(to), 0xc3, len) };
            expected[to..to + len].fill(0xc3);
            assert_eq!(copied, expected, "{len} bytes at {to}");
        }
    }
}

#[test]
fn memory_init_checks_and_copies_until_dropped() {
    let init =
        |vmctx, dst, src, len| call!(MemoryInit(vmctx, 0, 0, dst, src, len) as fn(u32, u32, u64, u64, u64) -> u32);
    with_instance(|vmctx, bytes, _| {
        assert_eq!(init(vmctx, 14, 2, 2), 0);
        assert_eq!(read(bytes[0], 16)[13..], [14, 203, 204]);
        for (start, len, fits) in edges(4) {
            let expected = if fits { 0 } else { TrapCode::MemoryOutOfBounds as u32 };
            assert_eq!(init(vmctx, 0, start, len), expected, "{start} {len}");
        }
        assert_ne!(init(vmctx, 13, 0, 4), 0);
        call!(DataDrop(vmctx, 0) as fn(u32));
        assert_eq!(init(vmctx, 16, 0, 0), 0);
        assert_ne!(init(vmctx, 0, 0, 1), 0);
        assert_ne!(init(vmctx, 17, 0, 0), 0);
    });
}

#[test]
fn tables_are_filled_copied_and_initialised() {
    with_instance(|vmctx, _, elements| {
        assert_eq!(call!(TableFill(vmctx, 0, 6, 9, 2) as fn(u32, u64, u64, u64) -> u32), 0);
        assert_eq!(call!(TableCopy(vmctx, 0, 0, 1, 0, 3) as fn(u32, u32, u64, u64, u64) -> u32), 0);
        assert_eq!(read(elements[0], 8), [1, 1, 2, 3, 5, 6, 9, 9]);
        assert_eq!(call!(TableCopy(vmctx, 0, 1, 0, 2, 2) as fn(u32, u32, u64, u64, u64) -> u32), 0);
        assert_eq!(call!(TableInit(vmctx, 0, 0, 5, 1, 2) as fn(u32, u32, u64, u64, u64) -> u32), 0);
        assert_eq!(read(elements[0], 8), [103, 104, 2, 3, 5, 302, 303, 9]);
        for (start, len, fits) in edges(4) {
            let expected = if fits { 0 } else { TrapCode::TableOutOfBounds as u32 };
            assert_eq!(call!(TableFill(vmctx, 1, start, 0, len) as fn(u32, u64, u64, u64) -> u32), expected);
            for (to, from, dst, src) in [(1, 0, start, 0), (0, 1, 0, start)] {
                let status = call!(TableCopy(vmctx, to, from, dst, src, len) as fn(u32, u32, u64, u64, u64) -> u32);
                assert_eq!(status, expected, "{to} {from} {start} {len}");
            }
        }
        for (start, len, fits) in edges(3) {
            let expected = if fits { 0 } else { TrapCode::TableOutOfBounds as u32 };
            let status = call!(TableInit(vmctx, 1, 0, 0, start, len) as fn(u32, u32, u64, u64, u64) -> u32);
            assert_eq!(status, expected, "{start} {len}");
        }
        call!(ElemDrop(vmctx, 0) as fn(u32));
        assert_eq!(call!(TableInit(vmctx, 0, 0, 8, 0, 0) as fn(u32, u32, u64, u64, u64) -> u32), 0);
        assert_ne!(call!(TableInit(vmctx, 0, 0, 0, 0, 1) as fn(u32, u32, u64, u64, u64) -> u32), 0);
    });
}

#[test]
fn the_others_reach_the_host() {
    with_instance(|vmctx, _, _| {
        assert_eq!(call!(MemoryGrow(vmctx, 0, 7) as fn(u32, u64) -> i64), 7);
        assert_eq!(call!(MemoryGrow(vmctx, 1, 7) as fn(u32, u64) -> i64), -1);
        assert_eq!(call!(TableGrow(vmctx, 1, 2, 3) as fn(u32, u64, u64) -> i64), 6);
        assert_eq!(call!(IsSubtype(vmctx, 6, 3) as fn(u32, u32) -> u32), 1);
        assert_eq!(call!(IsSubtype(vmctx, 7, 3) as fn(u32, u32) -> u32), 0);
    });
}

/// A descriptor of arrays with these elements. Nothing here looks at the display behind it.
fn array_of(storage: StorageType) -> (Box<Shape>, Box<VMTypeDescriptor>) {
    let composite = CompositeType::Array(FieldType { storage, mutable: true });
    let shape = Box::new(Shape::of_type(0, &composite, |_| false).unwrap());
    let descriptor = VMTypeDescriptor { kind: shape.kind as u32, depth: 0, data: &raw const *shape };
    (shape, Box::new(descriptor))
}

/// The bytes of an array's elements.
fn contents(array: u64, shape: &Shape) -> Vec<u8> {
    let array = core::ptr::with_exposed_provenance::<VMArray>(array as usize);
    // SAFETY: an array of this shape, kept by the fake host.
    unsafe {
        let len = shape.element_bytes() * VMArray::length_of(array);
        read(array.cast::<u8>().add(shape.elements() as usize), len as usize)
    }
}

/// 32-bit ranges of an array of `length` elements at their limits, and whether they fit.
fn array_edges(length: u32) -> Vec<(u32, u32, bool)> {
    vec![
        (0, length, true),
        (length, 0, true),
        (length - 1, 1, true),
        (0, length + 1, false),
        (length, 1, false),
        (length + 1, 0, false),
        (u32::MAX, 0, false),
        (u32::MAX, 1, false),
        (1, u32::MAX, false),
        (u32::MAX, u32::MAX, false),
        (1 << 31, 1 << 31, false),
    ]
}

fn all_storages() -> [StorageType; 8] {
    let value = StorageType::Val;
    [
        StorageType::I8,
        StorageType::I16,
        value(ValType::I32),
        value(ValType::F32),
        value(ValType::I64),
        value(ValType::F64),
        value(ValType::V128),
        value(ValType::Ref(RefType::ANYREF)),
    ]
}

#[test]
fn arrays_of_every_width_are_made_filled_and_copied() {
    const LOW: u64 = 0x1716_1514_1312_1110;
    const HIGH: u64 = 0x1f1e_1d1c_1b1a_1918;
    type Fill = unsafe extern "C" fn(*mut Vmctx, u64, u32, u64, u64, u32) -> u32;
    type Copy = unsafe extern "C" fn(*mut Vmctx, u64, u32, u64, u32, u32) -> u32;
    // SAFETY: the table has functions of these types there.
    let (fill, copy) = unsafe {
        (
            core::mem::transmute::<*const (), Fill>(TABLE.address(Builtin::ArrayFill)),
            core::mem::transmute::<*const (), Copy>(TABLE.address(Builtin::ArrayCopy)),
        )
    };
    let pattern: Vec<u8> = LOW.to_le_bytes().into_iter().chain(HIGH.to_le_bytes()).collect();
    for storage in all_storages() {
        let (shape, descriptor) = array_of(storage);
        let width = shape.element_bytes() as usize;
        with_instance(|vmctx, _, _| {
            let make = |length| {
                call!(ArrayNew(vmctx, &raw const *descriptor, length) as fn(*const VMTypeDescriptor, u32) -> u64)
            };
            let array = make(5);
            assert_eq!(contents(array, &shape), vec![0; 5 * width]);
            // SAFETY: an array of the fake host's.
            assert_eq!(unsafe { fill(vmctx, array, 1, LOW, HIGH, 3) }, 0);
            let filled = [vec![0; width], pattern[..width].repeat(3), vec![0; width]].concat();
            assert_eq!(contents(array, &shape), filled, "{storage:?}");
            // SAFETY: as above; the ranges overlap.
            assert_eq!(unsafe { copy(vmctx, array, 0, array, 1, 4) }, 0);
            assert_eq!(contents(array, &shape), [&filled[width..], &vec![0; width]].concat(), "{storage:?}");
            let before = contents(array, &shape);
            let other = make(9);
            for (start, len, fits) in array_edges(5) {
                let expected = if fits { 0 } else { TrapCode::ArrayOutOfBounds as u32 };
                // SAFETY: as above.
                unsafe {
                    assert_eq!(fill(vmctx, array, start, 0, 0, len), expected, "{storage:?} {start} {len}");
                    assert_eq!(copy(vmctx, other, 0, array, start, len), expected, "{storage:?} from {start} {len}");
                    assert_eq!(copy(vmctx, array, start, other, 0, len), expected, "{storage:?} to {start} {len}");
                    if fits {
                        assert_eq!(fill(vmctx, array, 0, LOW, HIGH, 3), 0);
                        assert_eq!(fill(vmctx, array, 3, 0, 0, 2), 0);
                    }
                }
                assert_eq!(contents(array, &shape), before, "a refused one writes nothing");
            }
            assert_eq!(make(1 << 20), TrapCode::HeapExhausted as u64);
            assert_eq!(make(u32::MAX), TrapCode::HeapExhausted as u64);
        });
    }
}

#[test]
fn arrays_are_made_and_initialised_from_segments() {
    let (numbers, of_numbers) = array_of(StorageType::I16);
    let (references, of_references) = array_of(StorageType::Val(ValType::Ref(RefType::ANYREF)));
    let words = |values: &[u64]| values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>();
    with_instance(|vmctx, _, _| {
        type Descriptor = *const VMTypeDescriptor;
        let from_data = |offset, len| {
            call!(ArrayNewData(vmctx, &raw const *of_numbers, 0, offset, len) as fn(Descriptor, u32, u32, u32) -> u64)
        };
        let from_elem = |offset, len| {
            call!(ArrayNewElem(vmctx, &raw const *of_references, 0, offset, len) as fn(Descriptor, u32, u32, u32) -> u64)
        };
        let init_data = |array, start, offset, len| {
            call!(ArrayInitData(vmctx, array, 0, start, offset, len) as fn(u64, u32, u32, u32, u32) -> u32)
        };
        let init_elem = |array, start, offset, len| {
            call!(ArrayInitElem(vmctx, array, 0, start, offset, len) as fn(u64, u32, u32, u32, u32) -> u32)
        };
        let array = from_data(1, 1);
        assert_eq!(contents(array, &numbers), [202, 203]);
        let pair = from_data(0, 2);
        assert_eq!(contents(pair, &numbers), [201, 202, 203, 204]);
        assert_eq!(init_data(pair, 1, 0, 1), 0);
        assert_eq!(contents(pair, &numbers), [201, 202, 201, 202]);
        let memory = TrapCode::MemoryOutOfBounds as u64;
        for (offset, len) in [(3, 1), (0, 3), (5, 0), (u32::MAX, 1), (0, u32::MAX), (1, 1 << 31)] {
            assert_eq!(from_data(offset, len), memory, "{offset} {len}");
        }
        assert_eq!(u64::from(init_data(pair, 0, 3, 1)), memory);
        assert_eq!(init_data(pair, 2, 9, 1), TrapCode::ArrayOutOfBounds as u32, "the array is looked at first");
        let array = from_elem(1, 2);
        assert_eq!(contents(array, &references), words(&[302, 303]));
        assert_eq!(init_elem(array, 1, 0, 1), 0);
        assert_eq!(contents(array, &references), words(&[302, 301]));
        for (offset, len) in [(3, 1), (0, 4), (4, 0), (u32::MAX, 1), (0, u32::MAX)] {
            assert_eq!(from_elem(offset, len), TrapCode::TableOutOfBounds as u64, "{offset} {len}");
        }
        assert_eq!(init_elem(array, 0, 3, 1), TrapCode::TableOutOfBounds as u32);
        call!(DataDrop(vmctx, 0) as fn(u32));
        call!(ElemDrop(vmctx, 0) as fn(u32));
        assert_eq!((from_data(0, 1), from_elem(0, 1)), (memory, TrapCode::TableOutOfBounds as u64));
        assert_eq!((init_data(pair, 2, 0, 0), init_elem(array, 2, 0, 0)), (0, 0));
        assert_eq!(contents(from_elem(0, 0), &references), []);
    });
}
