//! Text that is larger than a branch reaches: calls in both directions, traps and back traces in it. The distance is
//! made by a setting of the compiler's for tests; 140 MiB between functions is more than a branch of aarch64 spans
//! (128 MiB), and all of the text is over 400 MB. riscv64 and x86-64 reach 2 GiB, more than a text may have.

use iwasm::{Engine, Error, Linker, Store, TrapCode};
use tests::artifact::{Builder, with_vectors};
use wamrc::Options;

const MIB: u32 = 1 << 20;

const WAT: &str = r#"(module $far
    (func $next (export "next") (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $there (export "there") (param i32) (result i32)
        (if (result i32) (i32.eqz (local.get 0))
            (then (i32.const 100))
            (else (i32.add (call $next (i32.const 0)) (call $back (i32.sub (local.get 0) (i32.const 1)))))))
    (func $back (export "back") (param i32) (result i32)
        (if (i32.eq (local.get 0) (i32.const 77)) (then unreachable))
        (i32.add (call $next (i32.const 1)) (call $there (local.get 0))))
    (func (export "trap") (result i32) (call $there (i32.const 78))))"#;

fn check(bytes_between: u32) {
    let engine = Engine::default();
    let options = with_vectors(Options::new().threads(1)).spread_text(bytes_between);
    let mut builder = Builder::new(options);
    let module = builder.load(&engine, &wat::parse_str(WAT).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let far = Linker::new(&engine).instantiate(&mut store, "far", &module).unwrap();
    let mut call = |name: &str, value| {
        let func = far.get_func(&store, name).unwrap().typed::<i32, i32>(&store).unwrap();
        func.call(&mut store, value)
    };
    assert_eq!(call("next", 41).unwrap(), 42);
    // Down and up again: each round adds 1 and 2.
    assert_eq!(call("there", 5).unwrap(), 100 + 5 * 3);
    assert_eq!(call("back", 5).unwrap(), 102 + 5 * 3);
    let trap = far.get_func(&store, "trap").unwrap().typed::<(), i32>(&store).unwrap();
    let Err(Error::Trap(trap)) = trap.call(&mut store, ()) else { panic!("no trap") };
    assert_eq!(trap.code(), TrapCode::Unreachable);
    let names: Vec<String> =
        trap.frames().iter().map(|frame| frame.function_name.clone().unwrap_or_default()).collect();
    assert_eq!(names, ["back", "there", "trap"]);
}

#[test]
fn near() {
    check(0);
}

#[test]
fn beyond_the_reach_of_a_branch() {
    check(140 * MIB);
}

/// Four times 300 MiB is more than a text may have.
#[test]
fn more_text_than_fits_is_a_named_error() {
    let mut builder = Builder::new(Options::new().threads(1).spread_text(300 * MIB));
    let error = builder.load(&Engine::default(), &wat::parse_str(WAT).unwrap()).err().unwrap().to_string();
    assert!(error.contains("the size of the machine code in bytes"), "{error}");
}
