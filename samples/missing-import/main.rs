//! What a set that does not fit says: every link error at once, before anything runs.

use iwasm::{Engine, Error, Store};

const SAMPLE: &str = "missing-import";

fn main() -> samples::Result {
    let engine = Engine::default();
    let application = samples::load(&engine, SAMPLE, "application")?;
    let mut store = Store::new(&engine, ());
    match samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "application", &application) {
        Ok(_) => println!("linked, which it should not"),
        Err(Error::Link(errors)) => {
            println!("{} link errors:", errors.0.len());
            for error in &errors.0 {
                println!("- {error}");
            }
        }
        Err(error) => return Err(error.into()),
    }
    // Nothing is left behind.
    println!("library was instantiated: {}", store.instance("library").is_some());
    Ok(())
}
