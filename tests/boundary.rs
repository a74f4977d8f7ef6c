//! Values between host and wasm: in each number of parameters and results, of each type, so that they go in registers
//! and in slots, both ways; what stands in the unused half of a register is seen by nobody.

use std::fmt::Write as _;

use iwasm::raw::{Passing, ValRaw};
use iwasm::{
    AnyRef, Caller, Config, Engine, Error, Exception, Extern, ExternRef, FuncType, Instance, Linker, Store, Tag, Val,
    ValType,
};
use tests::artifact::Builder;
use tests::kit::{Kit, call};
use wamrc::Options;

const TYPES: [ValType; 5] = [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128];
/// Beyond what goes in registers.
const MOST_PARAMS: usize = 8;
const MOST_RESULTS: usize = 3;

/// A value that no other place has, with the highest bits set, and a NaN's payload among them.
fn value(ty: ValType, place: usize) -> Val {
    let n = place as u32;
    match ty {
        ValType::I32 => Val::I32((0x8000_0001 + n).cast_signed()),
        ValType::I64 => Val::I64((0x8123_4567_89ab_cd00 + u64::from(n)).cast_signed()),
        ValType::F32 => Val::F32(0xffa0_0001 + n),
        ValType::F64 => Val::F64(0xfff4_0000_0000_0001 + u64::from(n)),
        _ => Val::V128(0x8f0e_0d0c_0b0a_0908_8706_0504_0302_0100 + u128::from(n)),
    }
}

/// By their debug text: NaNs are compared as bits.
fn text(values: &[Val]) -> String {
    format!("{values:?}")
}

/// Every number of parameters and of results, with each type first, the others following in turn.
fn shapes() -> Vec<FuncType> {
    let mut shapes = Vec::new();
    for (params, results, first) in (0..=MOST_PARAMS)
        .flat_map(|params| (0..=MOST_RESULTS).map(move |results| (params, results)))
        .flat_map(|(params, results)| (0..TYPES.len()).map(move |first| (params, results, first)))
    {
        for step in [0, 1, 2] {
            let types = |count, first: usize| (0..count).map(|n| TYPES[(first + n * step) % TYPES.len()]).collect();
            let shape = FuncType { params: types(params, first), results: types(results, first + params) };
            if !shapes.contains(&shape) {
                shapes.push(shape);
            }
        }
    }
    shapes
}

fn list(keyword: &str, types: &[ValType]) -> String {
    types.iter().map(|ty| format!(" ({keyword} {ty})")).collect()
}

/// The same with its lowest bit turned round.
fn flipped(value: &Val) -> Val {
    match *value {
        Val::I32(value) => Val::I32(value ^ 1),
        Val::I64(value) => Val::I64(value ^ 1),
        Val::F32(bits) => Val::F32(bits ^ 1),
        Val::F64(bits) => Val::F64(bits ^ 1),
        Val::V128(value) => Val::V128(value ^ 1),
        ref other => panic!("{other:?}"),
    }
}

/// The same, in wasm. Integers of 32 bits are made by leaving out the upper half of 64 bits, which is not zero.
fn flip(ty: ValType, value: &str) -> String {
    match ty {
        ValType::I32 => {
            format!("(i32.wrap_i64 (i64.xor (i64.const 1) (i64.or (i64.extend_i32_u {value}) (global.get $upper))))")
        }
        ValType::I64 => format!("(i64.xor {value} (i64.const 1))"),
        ValType::F32 => format!("(f32.reinterpret_i32 (i32.xor (i32.reinterpret_f32 {value}) (i32.const 1)))"),
        ValType::F64 => format!("(f64.reinterpret_i64 (i64.xor (i64.reinterpret_f64 {value}) (i64.const 1)))"),
        _ => format!("(v128.xor {value} (v128.const i64x2 1 0))"),
    }
}

/// Imports a function of each shape, and exports one that calls it. What only went through might be right by two faults,
/// so compiled code turns a bit round in each parameter and result.
fn module(shapes: &[FuncType]) -> String {
    let mut text = "(module\n".to_owned();
    for (index, ty) in shapes.iter().enumerate() {
        let (params, results) = (list("param", &ty.params), list("result", &ty.results));
        let _ = writeln!(text, "(import \"host\" \"{index}\" (func $host{index}{params}{results}))");
    }
    for (index, ty) in shapes.iter().enumerate() {
        let (params, results) = (list("param", &ty.params), list("result", &ty.results));
        let local = |n: usize| format!("(local.get {n})");
        let args: String = ty.params.iter().enumerate().map(|(n, ty)| flip(*ty, &local(n))).collect();
        let first = ty.params.len();
        let take: String = (0..ty.results.len()).rev().map(|n| format!("(local.set {})", first + n)).collect();
        let give: String = ty.results.iter().enumerate().map(|(n, ty)| flip(*ty, &local(first + n))).collect();
        let locals = list("local", &ty.results);
        let _ = writeln!(
            text,
            "(func (export \"{index}\"){params}{results}{locals} (call $host{index} {args}) {take} {give})"
        );
    }
    text + "(global $upper (mut i64) (i64.const 0xdeadbeef00000000)))"
}

#[test]
fn values_of_every_shape_go_both_ways() {
    let shapes = shapes();
    let mut kit = Kit::new();
    for (index, ty) in shapes.iter().enumerate() {
        let wanted: Vec<Val> = ty.params.iter().enumerate().map(|(n, ty)| flipped(&value(*ty, n))).collect();
        let given: Vec<Val> = ty.results.iter().enumerate().map(|(n, ty)| value(*ty, 100 + n)).collect();
        kit.linker.func_untyped("host", &index.to_string(), ty.clone(), move |_, params, results| {
            assert_eq!(text(params), text(&wanted));
            results.clone_from_slice(&given);
            Ok(())
        });
    }
    let mut store = kit.store();
    let instance = kit.main(&mut store, &module(&shapes)).unwrap();
    let mut passed = [0, 0];
    for (index, ty) in shapes.iter().enumerate() {
        let params: Vec<Val> = ty.params.iter().enumerate().map(|(n, ty)| value(*ty, n)).collect();
        let expected: Vec<Val> = ty.results.iter().enumerate().map(|(n, ty)| flipped(&value(*ty, 100 + n))).collect();
        let results = call(&mut store, instance, &index.to_string(), &params).unwrap();
        assert_eq!(text(&results), text(&expected), "{ty}");
        passed[usize::from(Passing::of(ty) == Passing::Slots)] += 1;
    }
    assert!(passed[0] > 50 && passed[1] > 100, "{passed:?} in registers and in slots");
}

/// The same, by way of Rust's types, whose way is known when they are compiled.
#[test]
fn typed_values_go_both_ways() {
    let mut kit = Kit::new();
    let (f, d) = (f32::from_bits(0xffa0_0001), f64::from_bits(0xfff4_0000_0000_0001));
    let v = 0x8f0e_0d0c_0b0a_0908_8706_0504_0302_0100u128;
    kit.linker.func("host", "scalars", |a: i32, b: i64, c: f32, d: f64, e: u32| -> u32 {
        assert_eq!((a, b, c.to_bits(), d.to_bits(), e), (-1, i64::MIN, 0xffa0_0001, 0xfff4_0000_0000_0001, u32::MAX));
        0x8000_0003
    });
    kit.linker.func("host", "float", |a: f64| -> f32 { f32::from_bits((a.to_bits() >> 32) as u32) });
    kit.linker
        .func("host", "six", |a: i32, b: i32, c: i32, d: i32, e: i32, f: i32| [a, b, c, d, e, f].iter().sum::<i32>());
    kit.linker.func("host", "pair", |a: i32, b: i64| (b, a));
    kit.linker.func("host", "vector", move |a: u128, b: i32| {
        assert_eq!(a, v);
        a.rotate_left(b as u32)
    });
    kit.linker.func("host", "nothing", || ());
    let forwarders: String = [
        ("scalars", "(param i32 i64 f32 f64 i32) (result i32)", 5),
        ("float", "(param f64) (result f32)", 1),
        ("six", "(param i32 i32 i32 i32 i32 i32) (result i32)", 6),
        ("pair", "(param i32 i64) (result i64 i32)", 2),
        ("vector", "(param v128 i32) (result v128)", 2),
        ("nothing", "", 0),
    ]
    .iter()
    .map(|(name, ty, count)| {
        let args: String = (0..*count).map(|n| format!("(local.get {n})")).collect();
        format!("(func (export \"{name}\") {ty} (call ${name} {args}))\n")
    })
    .collect();
    let imports = "(import \"host\" \"scalars\" (func $scalars (param i32 i64 f32 f64 i32) (result i32)))
        (import \"host\" \"float\" (func $float (param f64) (result f32)))
        (import \"host\" \"six\" (func $six (param i32 i32 i32 i32 i32 i32) (result i32)))
        (import \"host\" \"pair\" (func $pair (param i32 i64) (result i64 i32)))
        (import \"host\" \"vector\" (func $vector (param v128 i32) (result v128)))
        (import \"host\" \"nothing\" (func $nothing))";
    let mut store = kit.store();
    let instance = kit.main(&mut store, &format!("(module {imports} {forwarders})")).unwrap();
    macro_rules! typed {
        ($name:literal, $params:expr => $results:ty) => {{
            fn typed<P: iwasm::WasmParams>(
                store: &mut iwasm::Store<Vec<i32>>,
                instance: Instance,
                params: P,
            ) -> $results {
                let func = instance.get_func(&*store, $name).unwrap();
                func.typed::<P, $results>(&*store).unwrap().call(store, params).unwrap()
            }
            typed(&mut store, instance, $params)
        }};
    }
    assert_eq!(typed!("scalars", (-1i32, i64::MIN, f, d, u32::MAX) => u32), 0x8000_0003);
    assert_eq!(typed!("float", (d,) => f32).to_bits(), 0xfff4_0000);
    assert_eq!(typed!("six", (1, 2, 4, 8, 16, i32::MIN) => i32), i32::MIN + 31);
    assert_eq!(typed!("pair", (-7i32, i64::MAX) => (i64, i32)), (i64::MAX, -7));
    assert_eq!(typed!("vector", (v, 4i32) => u128), v.rotate_left(4));
    typed!("nothing", () => ());
}

/// Both halves of a register are the caller's, and the upper one says nothing for 32 bits.
#[test]
fn upper_halves_of_registers_are_not_looked_at() {
    let mut kit = Kit::new();
    let ty = FuncType { params: vec![ValType::I32, ValType::F32, ValType::I64], results: vec![ValType::I32] };
    // SAFETY: the type is passed in registers, and the result is a number.
    unsafe {
        kit.linker.func_bare("host", "f", ty, |_, values| {
            assert_eq!((values[0] as u32, values[1] as u32, values[2]), (5, 0x7fa0_0001, u64::MAX));
            Ok(0xdead_beef_8000_0007)
        });
    }
    let mut store = kit.store();
    let text = "(module (import \"host\" \"f\" (func $f (param i32 f32 i64) (result i32)))
        (func (export \"f\") (param i32 f32 i64) (result i64)
            (i64.extend_i32_u (call $f (local.get 0) (local.get 1) (local.get 2))))
        (func (export \"wide\") (param i32 i64 i32) (result i64)
            (i64.add (i64.extend_i32_u (local.get 0)) (i64.add (local.get 1) (i64.extend_i32_s (local.get 2))))))";
    let instance = kit.main(&mut store, text).unwrap();
    let spoilt = 0xdead_beef_0000_0000;
    let func = instance.get_func(&store, "f").unwrap();
    // SAFETY: parameters as the type has them.
    let result = unsafe { func.call_in_registers(&mut store, [spoilt | 5, spoilt | 0x7fa0_0001, u64::MAX, 0, 0]) };
    assert_eq!(result.unwrap(), 0x8000_0007);
    let func = instance.get_func(&store, "wide").unwrap();
    // SAFETY: as above.
    let result = unsafe { func.call_in_registers(&mut store, [spoilt | 1, 2, spoilt | 0xffff_fffd, 0, 0]) };
    assert_eq!(result.unwrap(), 0);
    let mut slots = [ValRaw::from_i64((spoilt | 1).cast_signed()), ValRaw::from_i64(2), ValRaw::from_i32(-3)];
    // SAFETY: as above.
    unsafe { func.call_raw(&mut store, Passing::Registers, &mut slots) }.unwrap();
    assert_eq!(slots[0].i64(), 0);
}

/// A function of each way that values go: name, what the import is, and what it is called with.
const WAYS: [(&str, &str, &str); 3] = [
    ("integers", "(param i32 i64) (result i64)", "(i32.const 1) (i64.const 2)"),
    ("registers", "(param f32 f64) (result f64)", "(f32.const 1) (f64.const 2)"),
    ("slots", "(param v128 i32) (result i64 f32)", "(v128.const i64x2 1 2) (i32.const 3)"),
];

/// Whichever way its values go, a host function may fail: as an error, as a panic, with an exception that compiled code
/// catches, and behind a tail call, which leaves no frame between it and the host; and further in, where an outer call
/// goes on.
#[test]
fn failures_leave_whichever_way_values_go() {
    let engine = Engine::default();
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, 0));
    let tag = Tag::new(&mut store, &FuncType { params: vec![ValType::I32], results: vec![] });
    linker.define("host", "tag", tag);
    let mut text = "(module (import \"host\" \"tag\" (tag $t (param i32)))\n".to_owned();
    for (name, ty, _) in WAYS {
        let _ = writeln!(text, "(import \"host\" \"{name}\" (func ${name} {ty}))");
    }
    for (name, ty, args) in WAYS {
        let params: String = (0..2).map(|n| format!("(local.get {n})")).collect();
        let drops = if name == "slots" { "drop drop" } else { "drop" };
        let _ = writeln!(
            text,
            "(func (export \"call {name}\") (call ${name} {args}) {drops})
            (func (export \"tail {name}\") {ty} (return_call ${name} {params}))
            (func $tail-{name} {ty} (return_call ${name} {params}))
            (func (export \"call tail {name}\") (call $tail-{name} {args}) {drops})
            (func (export \"catch {name}\") (result i32)
                (block $h (result i32)
                    (try_table (catch $t $h) (call ${name} {args}) {drops})
                    (i32.const -1)))",
        );
        let results: Vec<Val> = match name {
            "integers" => vec![Val::I64(5)],
            "registers" => vec![Val::F64(6)],
            _ => vec![Val::I64(7), Val::F32(8)],
        };
        let func_type = FuncType {
            params: match name {
                "integers" => vec![ValType::I32, ValType::I64],
                "registers" => vec![ValType::F32, ValType::F64],
                _ => vec![ValType::V128, ValType::I32],
            },
            results: match name {
                "integers" => vec![ValType::I64],
                "registers" => vec![ValType::F64],
                _ => vec![ValType::I64, ValType::F32],
            },
        };
        linker.func_untyped("host", name, func_type, move |mut caller: Caller<'_, i32>, _, places| {
            let mode = std::mem::take(caller.data_mut());
            match mode {
                1 => return Err(Error::host("it failed")),
                2 => panic!("it panicked"),
                3 => return Err(Exception::new(tag, [Val::I32(33)]).into()),
                4 => {
                    // A call inside, which fails; this one goes on.
                    *caller.data_mut() = 1;
                    let inner = caller.get_export(&format!("call {name}")).and_then(Extern::into_func).unwrap();
                    let failed = inner.call(&mut caller, &[]).unwrap_err();
                    assert!(matches!(failed, Error::Host(_)), "{failed}");
                }
                _ => {}
            }
            places.clone_from_slice(&results);
            Ok(())
        });
    }
    let wasm = wat::parse_str(text + ")").unwrap();
    let module = Builder::new(Options::new()).load(&engine, &wasm).unwrap();
    let instance = linker.instantiate(&mut store, "main", &module).unwrap();
    for (name, ..) in WAYS {
        for entry in ["call", "call tail", "catch"] {
            let func = instance.get_func(&store, &format!("{entry} {name}")).unwrap();
            let mut call = |mode| {
                *store.data_mut() = mode;
                func.call(&mut store, &[])
            };
            for _ in 0..2 {
                assert!(call(0).is_ok() && call(4).is_ok(), "{entry} {name}");
                let failed = call(1).unwrap_err();
                assert!(matches!(&failed, Error::Host(error) if error.to_string() == "it failed"), "{failed}");
                let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| call(2)));
                assert!(panicked.is_err_and(|payload| payload.downcast_ref() == Some(&"it panicked")), "{name}");
                match (entry, call(3)) {
                    ("catch", caught) => assert_eq!(caught.unwrap(), [Val::I32(33)], "{name}"),
                    (_, uncaught) => assert!(matches!(uncaught, Err(Error::Exception(_))), "{entry} {name}"),
                }
            }
        }
        // Straight from the host's call to the host's function.
        let func = instance.get_func(&store, &format!("tail {name}")).unwrap();
        let params = match name {
            "integers" => [Val::I32(1), Val::I64(2)],
            "registers" => [Val::F32(1), Val::F64(2)],
            _ => [Val::V128(1), Val::I32(2)],
        };
        for mode in [1, 0, 4] {
            *store.data_mut() = mode;
            assert_eq!(func.call(&mut store, &params).is_err(), mode == 1, "{name}");
        }
    }
}

/// References, beside values of each kind, while every allocation moves what there is.
#[test]
fn references_go_both_ways() {
    let engine = Engine::new(&Config { gc_stress: true, ..Config::default() });
    let (mut linker, mut store) = (Linker::new(&engine), Store::new(&engine, ()));
    linker.func("host", "integers", |a: Option<AnyRef>, _: i32| a);
    linker.func("host", "registers", |_: f64, a: Option<AnyRef>| a);
    linker.func("host", "slots", |a: Option<AnyRef>, v: u128| (v, a));
    linker.func("host", "external", |a: Option<ExternRef>, _: f32| a);
    let text = "(module (type $s (struct (field i32)))
        (import \"host\" \"integers\" (func $integers (param anyref i32) (result anyref)))
        (import \"host\" \"registers\" (func $registers (param f64 anyref) (result anyref)))
        (import \"host\" \"slots\" (func $slots (param anyref v128) (result v128 anyref)))
        (import \"host\" \"external\" (func $external (param externref f32) (result externref)))
        (func $field (param anyref) (result i32) (local $s (ref null $s))
            (local.set $s (ref.cast (ref null $s) (local.get 0)))
            (drop (struct.new $s (i32.const -1)))
            (struct.get $s 0 (local.get $s)))
        (func (export \"integers\") (result i32)
            (call $field (call $integers (struct.new $s (i32.const 11)) (i32.const 0))))
        (func (export \"registers\") (result i32)
            (call $field (call $registers (f64.const 1) (struct.new $s (i32.const 12)))))
        (func (export \"slots\") (result i32) (local anyref)
            (local.set 0 (call $slots (struct.new $s (i32.const 13)) (v128.const i64x2 0 0)))
            (drop) (call $field (local.get 0)))
        (func (export \"external\") (result i32)
            (call $field (any.convert_extern
                (call $external (extern.convert_any (struct.new $s (i32.const 14))) (f32.const 0)))))
        (func (export \"given\") (param anyref f64) (result anyref)
            (drop (struct.new $s (i32.const -1))) (local.get 0)))";
    let module = Builder::new(Options::new()).load(&engine, &wat::parse_str(text).unwrap()).unwrap();
    let instance = linker.instantiate(&mut store, "main", &module).unwrap();
    for (name, field) in [("integers", 11), ("registers", 12), ("slots", 13), ("external", 14)] {
        let func = instance.get_func(&store, name).unwrap();
        assert_eq!(func.call(&mut store, &[]).unwrap(), [Val::I32(field)], "{name}");
    }
    let func = instance.get_func(&store, "given").unwrap();
    let given = Some(AnyRef::from_i31(77));
    let back = func.typed::<(Option<AnyRef>, f64), Option<AnyRef>>(&store).unwrap().call(&mut store, (given, 0.5));
    assert_eq!(back.unwrap().and_then(|value| value.i31()), Some(77));
}
