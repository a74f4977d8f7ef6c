//! Functions of the host for a guest to import: closures that reach the store's data and the guest's memory, and
//! that may fail.

use iwasm::{Caller, Engine, Error, Store};

/// What the host functions share: one value per store, no statics.
struct Host {
    next: i32,
    budget: i32,
}

/// The host's own error. It travels through the guest's frames unchanged.
#[derive(Debug)]
struct OverBudget {
    amount: i32,
}

impl std::fmt::Display for OverBudget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no budget left for {}", self.amount)
    }
}

impl std::error::Error for OverBudget {}

fn main() -> samples::Result {
    let engine = Engine::default();
    let guest = samples::load(&engine, "host-functions", "guest")?;

    let mut linker = samples::linker::<Host>(&engine, "host-functions")?;
    linker.func("host", "print", |caller: Caller<'_, Host>, address: i32, length: i32| -> Result<(), Error> {
        // The memory is that of the instance that calls. What a guest says of it is checked by `read`.
        let memory = caller.get_memory("memory").ok_or_else(|| Error::host("the guest exports no memory"))?;
        let mut text = vec![0; usize::try_from(length).map_err(Error::host)?];
        memory.read(&caller, u64::from(address.cast_unsigned()), &mut text)?;
        println!("guest: {}", String::from_utf8_lossy(&text));
        Ok(())
    });
    linker.func("host", "next", |mut caller: Caller<'_, Host>| {
        let host = caller.data_mut();
        host.next += 10;
        host.next
    });
    linker.func("host", "spend", |mut caller: Caller<'_, Host>, amount: i32| -> Result<(), Error> {
        let host = caller.data_mut();
        if amount > host.budget {
            return Err(Error::host(OverBudget { amount }));
        }
        host.budget -= amount;
        Ok(())
    });

    let mut store = Store::new(&engine, Host { next: 0, budget: 10 });
    let instance = linker.instantiate(&mut store, "guest", &guest)?;

    let greet = instance.get_func(&store, "greet").ok_or("no greet")?.typed::<(), ()>(&store)?;
    greet.call(&mut store, ())?;
    let sum = instance.get_func(&store, "sum").ok_or("no sum")?.typed::<(), i32>(&store)?;
    println!("sum() = {}", sum.call(&mut store, ())?);

    // 1 + 2 + 3 + 4 is the whole budget; the call for 5 fails, and with it the call into the guest.
    let spend_all = instance.get_func(&store, "spend_all").ok_or("no spend_all")?.typed::<(), ()>(&store)?;
    if let Err(Error::Host(error)) = spend_all.call(&mut store, ()) {
        println!("spend_all() failed: {error}");
        println!("the host's own error: {}", error.get_ref().is::<OverBudget>());
    }
    println!("budget left: {}", store.data().budget);
    Ok(())
}
