//! Two modules, one mutable global: what either of them writes, or the host, all see.

use iwasm::{Engine, Store, Val};

const SAMPLE: &str = "shared-global";

fn main() -> samples::Result {
    let engine = Engine::default();
    let stepper = samples::load(&engine, SAMPLE, "stepper")?;
    let mut store = Store::new(&engine, ());
    let stepper = samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "stepper", &stepper)?;
    let counter = store.instance("counter").ok_or("no instance of counter")?;
    let count = counter.get_global(&store, "count").ok_or("no global count")?;

    // `stepper` writes, `counter` answers.
    let advance = stepper.get_func(&store, "advance").ok_or("no advance")?.typed::<(), i64>(&store)?;
    println!("40 advanced by stepper, read by counter: {}", advance.call(&mut store, ())?);
    println!("the same, read by the host: {:?}", count.get(&store)?);

    // The host writes, `stepper` answers.
    count.set(&mut store, Val::I64(7))?;
    let read = stepper.get_func(&store, "read").ok_or("no read")?.typed::<(), i64>(&store)?;
    println!("7 from the host, read by stepper: {}", read.call(&mut store, ())?);
    println!("advanced again: {}", advance.call(&mut store, ())?);

    // Types hold for the host too.
    if let Err(error) = count.set(&mut store, Val::I32(1)) {
        println!("not an i64: {error}");
    }
    let step = stepper.get_global(&store, "my_step").ok_or("no global my_step")?;
    if let Err(error) = step.set(&mut store, Val::I64(1)) {
        println!("not mutable: {error}");
    }
    Ok(())
}
