//! A trap three modules deep: the host gets its kind and the way to it, module by module.

use iwasm::{Engine, Error, Store};

const SAMPLE: &str = "trap-backtrace";

fn main() -> samples::Result {
    let engine = Engine::default();
    let application = samples::load(&engine, SAMPLE, "application")?;
    let mut store = Store::new(&engine, ());
    let application = samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "application", &application)?;
    let run = application.get_func(&store, "run").ok_or("no run")?.typed::<(), i32>(&store)?;

    match run.call(&mut store, ()) {
        Ok(value) => println!("{value}, which it should not"),
        // The trap as a value …
        Err(Error::Trap(trap)) => {
            println!("trap: {}", trap.code().message());
            for frame in trap.frames() {
                let name = frame.function_name.as_deref().unwrap_or("?");
                println!("  in {} of {} (function {})", name, frame.module, frame.function_index);
            }
            // … and as text, with the offsets into each module's .wasm.
            println!("{trap:#}");
        }
        Err(error) => return Err(error.into()),
    }
    Ok(())
}
