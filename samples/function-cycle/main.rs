//! Two modules that import each other's functions. Both instances are made and linked before either is used, so that
//! neither has to come first.

use iwasm::{Engine, Store};

const SAMPLE: &str = "function-cycle";

fn main() -> samples::Result {
    let engine = Engine::default();
    let even = samples::load(&engine, SAMPLE, "even")?;
    let mut store = Store::new(&engine, ());
    // The name matters here: it is the one by which `odd` imports from `even`.
    let even = samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "even", &even)?;
    let odd = store.instance("odd").ok_or("no instance of odd")?;

    let is_even = even.get_func(&store, "is_even").ok_or("no is_even")?.typed::<i32, i32>(&store)?;
    let is_odd = odd.get_func(&store, "is_odd").ok_or("no is_odd")?.typed::<i32, i32>(&store)?;
    println!("is_even(10) = {}", is_even.call(&mut store, 10)?);
    println!("is_odd(10) = {}", is_odd.call(&mut store, 10)?);
    // A million and one calls across modules, all of them tail calls: the stack stays as it is.
    println!("is_even(1000001) = {}", is_even.call(&mut store, 1_000_001)?);
    Ok(())
}
