//! Two modules, one table of functions. Whoever calls through it, and from wherever, each function runs on the
//! instance that it belongs to.

use iwasm::{Engine, Func, Store, Val};

const SAMPLE: &str = "shared-table";

fn main() -> samples::Result {
    let engine = Engine::default();
    let plugin = samples::load(&engine, SAMPLE, "plugin")?;
    let mut store = Store::new(&engine, ());
    let plugin = samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "plugin", &plugin)?;
    let operations = store.instance("operations").ok_or("no instance of operations")?;

    // Place 0: double; place 1: the library's add_step, by 100; place 2: the plug-in's add_step, by 1.
    for how in ["call", "call_in_library"] {
        let call = plugin.get_func(&store, how).ok_or("no such export")?.typed::<(i32, i32), i32>(&store)?;
        for index in 0..3 {
            println!("{how}({index}, 7) = {}", call.call(&mut store, (index, 7))?);
        }
    }

    // The host puts a function of its own into the table; both modules can call it at once.
    let negate = Func::wrap(&mut store, |value: i32| -value);
    let table = operations.get_table(&store, "operations").ok_or("no table")?;
    table.set(&mut store, 0, Val::FuncRef(Some(negate)))?;
    let call = plugin.get_func(&store, "call").ok_or("no call")?.typed::<(i32, i32), i32>(&store)?;
    println!("with the host's function: call(0, 7) = {}", call.call(&mut store, (0, 7))?);

    // And calls what lies there.
    if let Val::FuncRef(Some(add_step)) = table.get(&store, 2)? {
        println!("from the host: {:?}", add_step.call(&mut store, &[Val::I32(7)])?);
    }
    Ok(())
}
