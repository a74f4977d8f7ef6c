//! Calls exports by name: typed, where the host knows the signature; with values, where it learns it at run time.

use iwasm::{Engine, Error, Store, Val};

fn main() -> samples::Result {
    let engine = Engine::default();
    let module = samples::load(&engine, "call-an-export", "arithmetic")?;
    let mut store = Store::new(&engine, ());
    let instance = samples::linker(&engine, "call-an-export")?.instantiate(&mut store, "arithmetic", &module)?;
    let export = |store: &Store<()>, name: &str| instance.get_func(store, name).ok_or(format!("no export {name}"));

    // The signature is checked once, by `typed`; the call then moves plain Rust values.
    let add = export(&store, "add")?.typed::<(i32, i32), i32>(&store)?;
    println!("add(2, 3) = {}", add.call(&mut store, (2, 3))?);
    let factorial = export(&store, "factorial")?.typed::<i64, i64>(&store)?;
    println!("factorial(20) = {}", factorial.call(&mut store, 20)?);
    let divide = export(&store, "divide")?.typed::<(i32, i32), (i32, i32)>(&store)?;
    println!("divide(47, 5) = {:?}", divide.call(&mut store, (47, 5))?);

    // The same with values whose types are known at run time only. Floats are bit patterns: no NaN is lost.
    let hypotenuse = export(&store, "hypotenuse")?;
    let sides = [Val::F64(3f64.to_bits()), Val::F64(4f64.to_bits())];
    if let [Val::F64(bits)] = hypotenuse.call(&mut store, &sides)?.as_slice() {
        println!("hypotenuse(3, 4) = {:?}", f64::from_bits(*bits));
    }

    // Two things that go wrong: the wrong signature, before any call; and a trap, in the middle of one.
    if export(&store, "add")?.typed::<i64, i64>(&store).is_err() {
        println!("add is no function from i64 to i64");
    }
    if let Err(Error::Trap(trap)) = divide.call(&mut store, (1, 0)) {
        println!("divide(1, 0) traps: {}", trap.code().message());
    }
    Ok(())
}
