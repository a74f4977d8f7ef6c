//! Any bytes give an artifact that can be verified, or an error that blames the bytes: never a panic,
//! never an internal error. A second of random damage to a module that has a bit of everything.

use aot_format::{Artifact, Integrity};
use wamrc::{Compiler, Error, Options, Target};

const MODULE: &str = r#"(module $m
    (import "env" "f" (func $f (param i32) (result i64)))
    (import "env" "t" (table 1 funcref)) (import "env" "g" (global $g i32)) (import "env" "m" (memory 1))
    (type $s (sub (func (param i32) (result i64)))) (type $r (sub final $s (func (param i32) (result i64))))
    (rec (type $a (func (param (ref null $b)))) (type $b (func (param (ref null $a)))))
    (memory 1 2) (table $t 4 8 externref) (global $h (mut i64) (i64.add (i64.const 1) (i64.const 2)))
    (tag (param i32)) (elem declare func $k) (elem (table 0) (i32.const 0) func $f $k) (elem externref (ref.null extern))
    (data (memory 1) (i32.const 4) "hello") (data "passive") (start $z) (func $z
        try try (call $z) delegate 1 catch 0 (drop) (rethrow 0)
        catch_all block try (call $z) catch_all (rethrow 2) end end end
        (block $x (result i32) (try_table (catch 0 $x) (call $z)) (return)) (throw 0))
    (func $k (export "k") (type $r) (local i32 f64 funcref)
        (loop $l (local.set 1 (i32.add (local.get 1) (i32.load8_s offset=7 (local.get 0))))
            (br_if $l (i32.lt_s (local.get 1) (i32.const 10))))
        (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 1)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
        (table.set $t (i32.const 0) (ref.null extern)) (local.set 3 (ref.func $k))
        (local.set 2 (f64.sqrt (f64.convert_i32_s (local.get 0))))
        (block $x (block $y (br_table $x $y (local.get 1))) (global.set $h (i64.trunc_sat_f64_s (local.get 2))))
        (if (result i64) (local.get 0) (then (call $f (local.get 0)))
            (else (return_call_indirect (type $r) (i32.const 0) (local.get 0))))))"#;

/// Steps of a linear congruential generator; the constants are Knuth's (MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..1 + random.below(3) {
        let at = random.below(bytes.len());
        match random.below(5) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => bytes[at] = random.below(256) as u8,
            2 => bytes.truncate(at.max(9)),
            3 => bytes.insert(at, random.below(256) as u8),
            _ => drop(bytes.remove(at)),
        }
    }
}

#[test]
fn damaged_modules_are_refused_or_compiled() {
    let wasm = wat::parse_str(MODULE).unwrap();
    let compiler = Compiler::new(Options::new().threads(1).verifier(true)).unwrap();
    compiler.compile(&wasm).expect("the module itself is fine");
    let mut random = Random(20_240_601);
    let mut compiled = 0;
    for round in 0..10_000 {
        let mut bytes = wasm.clone();
        damage(&mut random, &mut bytes);
        match compiler.compile(&bytes) {
            Ok(artifact) => {
                compiled += 1;
                Artifact::verify(artifact, Integrity::Full).unwrap_or_else(|error| panic!("round {round}: {error}"));
            }
            Err(Error::Invalid { .. } | Error::Unsupported { .. } | Error::TooLarge { .. }) => {}
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(compiled > 100, "only {compiled} of the damaged modules still compiled: the test tests little");
}

#[test]
fn extreme_shapes_compile() {
    let deep = format!("(module (func {} {}))", "block ".repeat(5_000), "end ".repeat(5_000));
    let wide = format!(
        "(module (func (export \"f\") (param {0}) (result {0}) {1}))",
        "i32 ".repeat(1_000),
        "i32.const 7 ".repeat(1_000)
    );
    let tries = format!(
        "(module (tag) (func $f {} {}))",
        "try call $f ".repeat(2_000),
        "catch 0 rethrow 0 catch_all call $f rethrow 0 end ".repeat(2_000)
    );
    let delegates = format!("(module (func $f {} {}))", "try call $f ".repeat(5_000), "delegate 0 ".repeat(5_000));
    let locals = format!("(module (func (local {})))", "f64 ".repeat(50_000));
    let empty_types = format!("(module {})", "(type (func))".repeat(20_000));
    for target in ["x86_64", "aarch64", "riscv64"] {
        let target = Target::resolve(Some(target), None, &[]).unwrap();
        let compiler = Compiler::new(Options::new().target(target)).unwrap();
        for wat in [&deep, &tries, &delegates, &wide, &locals, &empty_types] {
            let artifact = compiler.compile(&wat::parse_str(wat).unwrap()).unwrap();
            Artifact::verify(artifact, Integrity::Full).unwrap();
        }
    }
}

/// A module of `full` functions with 50 000 locals each, the most that are valid, and one with `rest`.
fn many_locals(full: usize, rest: u32) -> Vec<u8> {
    fn number(mut value: u32, bytes: &mut Vec<u8>) {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }
    let section = |id: u8, items: &[Vec<u8>]| {
        let mut content = Vec::new();
        number(items.len() as u32, &mut content);
        content.extend(items.concat());
        let mut bytes = vec![id];
        number(content.len() as u32, &mut bytes);
        [bytes, content].concat()
    };
    let body = |locals: u32| {
        let mut code = vec![1];
        number(locals, &mut code);
        code.extend([0x7e, 0x0b]);
        [vec![code.len() as u8], code].concat()
    };
    let mut bodies = vec![body(50_000); full];
    bodies.push(body(rest));
    let functions = section(3, &vec![vec![0]; bodies.len()]);
    [b"\0asm\x01\0\0\0".to_vec(), section(1, &[vec![0x60, 0, 0]]), functions, section(10, &bodies)].concat()
}

#[test]
fn locals_of_all_functions_are_limited() {
    let limit = wamrc::limits::max_locals(0);
    let (full, rest) = ((limit / 50_000) as usize, (limit % 50_000) as u32);
    let compiler = Compiler::new(Options::new()).unwrap();
    assert!(compiler.parse(&many_locals(full, rest)).is_ok());
    let Err(error) = compiler.compile(&many_locals(full, rest + 1)) else { panic!("compiled") };
    assert!(matches!(error, Error::TooLarge { limit: told, .. } if told == limit), "{error}");
    // Half a MiB that took minutes.
    assert!(matches!(compiler.compile(&many_locals(65_535, 0)), Err(Error::TooLarge { .. })));
}

/// Each call takes a thousand operands and gives a thousand.
#[test]
fn as_many_operands_as_the_limit_are_passed_on() {
    let numbers = "i64 ".repeat(1_000);
    let (push, drop) = ("i64.const 0 ".repeat(1_000), "drop ".repeat(1_000));
    let module = |calls: u64| {
        let calls = "call $f ".repeat(calls as usize);
        let text = format!(
            "(module (type $t (func (param {numbers}) (result {numbers})))
                (func $f (type $t) unreachable) (func {push} {calls} {drop}))"
        );
        wat::parse_str(text).unwrap()
    };
    let limit = |calls: u64| wamrc::limits::max_operands(1 + 2_000 + 2 * calls + 1_000 + 1, 2);
    let most = (0..).take_while(|calls| 1_000 + 2_000 * calls <= limit(*calls)).last().unwrap();
    let compiler = Compiler::new(Options::new()).unwrap();
    assert!(most > 20);
    compiler.compile(&module(most)).unwrap();
    let Err(error) = compiler.compile(&module(most + 1)) else { panic!("compiled") };
    assert!(matches!(error, Error::TooLarge { limit: told, .. } if told == limit(most + 1)), "{error}");
}

/// Few bytes that pass on many operands took gigabytes.
#[test]
fn operands_passed_on_are_limited() {
    let numbers = "i64 ".repeat(1_000);
    let module = |operators: &str| {
        let (push, drop) = ("i64.const 0 ".repeat(1_000), "drop ".repeat(1_000));
        let text = format!(
            "(module (type $t (func (param {numbers}) (result {numbers})))
                (func $f (type $t) unreachable) (func {push} {operators} {drop}))"
        );
        wat::parse_str(text).unwrap()
    };
    let compiler = Compiler::new(Options::new()).unwrap();
    for operator in
        ["call $f ", "block (type $t) end ", "loop (type $t) end ", "block (type $t) i32.const 0 br_if 0 end "]
    {
        assert!(compiler.compile(&module(&operator.repeat(10))).is_ok(), "{operator}");
        let Err(error) = compiler.compile(&module(&operator.repeat(20_000))) else { panic!("compiled: {operator}") };
        assert!(
            matches!(error, Error::TooLarge { what: "the number of operands and exception handlers passed on", .. }),
            "{error}"
        );
    }
}
