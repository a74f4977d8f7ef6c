//! Values of `.wast` scripts: arguments to runtime values, results against expected patterns.

use iwasm::{ExternRef, Store, Val};
use wast::core::{NanPattern, V128Pattern, WastArgCore, WastRetCore};
use wast::token::{F32, F64};
use wast::{WastArg, WastRet};

/// The runtime value of an argument. `(ref.extern n)` becomes a host reference that holds `n`.
///
/// # Errors
///
/// A message for arguments that this version has no values for.
pub fn argument<T: 'static>(store: &mut Store<T>, arg: &WastArg<'_>) -> Result<Val, String> {
    let WastArg::Core(arg) = arg else { return Err("component values are not supported".to_owned()) };
    Ok(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::V128(value) => Val::V128(u128::from_le_bytes(value.to_le_bytes())),
        WastArgCore::RefNull(heap) => null(heap)?,
        WastArgCore::RefExtern(number) => Val::ExternRef(Some(ExternRef::new(&mut *store, *number))),
        WastArgCore::RefHost(number) => Val::AnyRef(Some(ExternRef::new(&mut *store, *number).to_any())),
    })
}

fn null(heap: &wast::core::HeapType<'_>) -> Result<Val, String> {
    use wast::core::{AbstractHeapType as A, HeapType};
    match heap {
        HeapType::Abstract { ty: A::Func | A::NoFunc, .. } => Ok(Val::FuncRef(None)),
        HeapType::Abstract { ty: A::Extern | A::NoExtern, .. } => Ok(Val::ExternRef(None)),
        HeapType::Abstract { ty: A::Exn | A::NoExn, .. } => Ok(Val::ExnRef(None)),
        HeapType::Abstract { .. } => Ok(Val::AnyRef(None)),
        other => Err(format!("null of {other:?} is not supported")),
    }
}

/// Whether a value is what is expected.
///
/// # Errors
///
/// A message that says what was expected and what was found.
pub fn check<T: 'static>(store: &Store<T>, expected: &WastRet<'_>, actual: &Val) -> Result<(), String> {
    let WastRet::Core(expected) = expected else { return Err("component values are not supported".to_owned()) };
    match matches(store, expected, actual)? {
        true => Ok(()),
        false => Err(format!("expected {expected:?}, found {}", show(actual))),
    }
}

fn matches<T: 'static>(store: &Store<T>, expected: &WastRetCore<'_>, actual: &Val) -> Result<bool, String> {
    use WastRetCore as R;
    Ok(match (expected, actual) {
        (R::I32(expected), Val::I32(actual)) => expected == actual,
        (R::I64(expected), Val::I64(actual)) => expected == actual,
        (R::F32(expected), Val::F32(actual)) => f32_matches(expected, *actual),
        (R::F64(expected), Val::F64(actual)) => f64_matches(expected, *actual),
        (R::V128(expected), Val::V128(actual)) => v128_matches(expected, *actual),
        (R::RefNull(None), Val::FuncRef(None) | Val::ExternRef(None) | Val::ExnRef(None) | Val::AnyRef(None)) => true,
        (R::RefNull(Some(heap)), Val::FuncRef(None)) => matches!(null(heap)?, Val::FuncRef(_)),
        (R::RefNull(Some(heap)), Val::ExternRef(None)) => matches!(null(heap)?, Val::ExternRef(_)),
        (R::RefNull(Some(heap)), Val::ExnRef(None)) => matches!(null(heap)?, Val::ExnRef(_)),
        (R::RefNull(Some(heap)), Val::AnyRef(None)) => matches!(null(heap)?, Val::AnyRef(_)),
        (R::RefFunc(None), Val::FuncRef(Some(_))) => true,
        (R::RefExtern(None), Val::ExternRef(Some(_))) => true,
        (R::RefExtern(Some(expected)), Val::ExternRef(Some(actual))) => {
            actual.data(store).and_then(|value| value.downcast_ref::<u32>()) == Some(expected)
        }
        (R::Either(choices), _) => {
            for choice in choices {
                if matches(store, choice, actual)? {
                    return Ok(true);
                }
            }
            false
        }
        (R::RefHost(expected), Val::AnyRef(Some(actual))) => {
            let actual = actual.to_extern();
            actual.data(store).and_then(|value| value.downcast_ref::<u32>()) == Some(expected)
        }
        (R::RefAny, Val::AnyRef(Some(_))) => true,
        (R::RefEq, Val::AnyRef(Some(actual))) => actual.to_extern().data(store).is_none(),
        (R::RefI31, Val::AnyRef(Some(actual))) => actual.i31().is_some(),
        (R::RefStruct, Val::AnyRef(Some(actual))) => actual.is_struct(store).map_err(|error| error.to_string())?,
        (R::RefArray, Val::AnyRef(Some(actual))) => actual.is_array(store).map_err(|error| error.to_string())?,
        (R::RefI31Shared, _) => return Err(format!("results like {expected:?} are not supported")),
        _ => false,
    })
}

/// Canonical: the sign may be either, the payload is the quiet bit alone. Arithmetic: the quiet bit
/// is set, the rest is free. (WebAssembly specification, "NaN propagation".)
fn f32_matches(expected: &NanPattern<F32>, actual: u32) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff == 0x7fc0_0000,
        NanPattern::ArithmeticNan => actual & 0x7fc0_0000 == 0x7fc0_0000,
        NanPattern::Value(expected) => expected.bits == actual,
    }
}

fn f64_matches(expected: &NanPattern<F64>, actual: u64) -> bool {
    match expected {
        NanPattern::CanonicalNan => actual & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
        NanPattern::ArithmeticNan => actual & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
        NanPattern::Value(expected) => expected.bits == actual,
    }
}

fn v128_matches(expected: &V128Pattern, actual: u128) -> bool {
    let bytes = actual.to_le_bytes();
    let (words, _) = bytes.as_chunks::<4>();
    let (longs, _) = bytes.as_chunks::<8>();
    match expected {
        V128Pattern::I8x16(lanes) => lanes.map(|lane| lane as u8) == bytes,
        V128Pattern::I16x8(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).eq(bytes),
        V128Pattern::I32x4(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).eq(bytes),
        V128Pattern::I64x2(lanes) => lanes.iter().flat_map(|lane| lane.to_le_bytes()).eq(bytes),
        V128Pattern::F32x4(lanes) => {
            lanes.iter().zip(words).all(|(lane, bytes)| f32_matches(lane, u32::from_le_bytes(*bytes)))
        }
        V128Pattern::F64x2(lanes) => {
            lanes.iter().zip(longs).all(|(lane, bytes)| f64_matches(lane, u64::from_le_bytes(*bytes)))
        }
    }
}

/// A value as text, with the bits of floats.
pub fn show(value: &Val) -> String {
    match value {
        Val::I32(value) => format!("i32 {value} ({value:#x})"),
        Val::I64(value) => format!("i64 {value} ({value:#x})"),
        Val::F32(bits) => format!("f32 {} ({bits:#010x})", f32::from_bits(*bits)),
        Val::F64(bits) => format!("f64 {} ({bits:#018x})", f64::from_bits(*bits)),
        Val::V128(bits) => format!("v128 {bits:#034x}"),
        Val::FuncRef(None) => "a null funcref".to_owned(),
        Val::FuncRef(Some(_)) => "a funcref".to_owned(),
        Val::ExternRef(None) => "a null externref".to_owned(),
        Val::ExternRef(Some(_)) => "an externref".to_owned(),
        Val::ExnRef(None) => "a null exnref".to_owned(),
        Val::ExnRef(Some(_)) => "an exnref".to_owned(),
        Val::AnyRef(None) => "a null anyref".to_owned(),
        Val::AnyRef(Some(value)) => match value.i31() {
            Some(value) => format!("an i31ref {value}"),
            None => "an anyref".to_owned(),
        },
    }
}
