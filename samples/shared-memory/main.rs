//! Two modules, one memory: `writer` imports the memory that `buffer` owns. The host sees the same bytes.

use iwasm::{Engine, Store};

const SAMPLE: &str = "shared-memory";

fn main() -> samples::Result {
    let engine = Engine::default();
    let writer = samples::load(&engine, SAMPLE, "writer")?;
    let mut store = Store::new(&engine, ());
    // `writer` imports from `buffer`: the linker finds buffer.aot, instantiates it first, and links the two.
    let writer = samples::linker(&engine, SAMPLE)?.instantiate(&mut store, "writer", &writer)?;
    let buffer = store.instance("buffer").ok_or("no instance of buffer")?;

    // The data segment of `writer` lies in the memory of `buffer`: w + a + s + m + ! + newline = 483.
    let ask_owner = writer.get_func(&store, "ask_owner").ok_or("no ask_owner")?.typed::<(), i32>(&store)?;
    println!("sum that the owner sees: {}", ask_owner.call(&mut store, ())?);

    // `writer` appends a question mark, 63.
    let append = writer.get_func(&store, "append").ok_or("no append")?.typed::<i32, i32>(&store)?;
    println!("after one byte more: {}", append.call(&mut store, i32::from(b'?'))?);

    // The host reads the owner's memory, and changes it.
    let memory = buffer.get_memory(&store, "memory").ok_or("no memory")?;
    println!("bytes that the host sees: {:?}", String::from_utf8_lossy(&memory.data(&store)?[4..11]));
    memory.write(&mut store, 4, b"W")?;
    println!("after the host's change: {}", ask_owner.call(&mut store, ())?);

    // Growing it is seen on all sides.
    let grow = writer.get_func(&store, "grow").ok_or("no grow")?.typed::<i32, i32>(&store)?;
    println!("pages that the owner sees: {}", grow.call(&mut store, 2)?);
    println!("pages that the host sees: {}", memory.size(&store)?);
    Ok(())
}
