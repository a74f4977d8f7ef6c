//! What WASI costs above the system's own calls: transfers of large and small buffers, the clock, and listing a
//! folder. The other side here is not wasmtime but the same calls made natively, in the same process.

use std::fs::File;
use std::path::Path;

use iwasm::{Linker, Store};
use iwasm_wasi::WasiCtx;
use rustix::fs::{RawDir, SeekFrom, seek};

use crate::clock::{Clock, Repeat};
use crate::error::Error;
use crate::report::{Row, Shown, Table};
use crate::stats::Stats;
use crate::{Bench, Pairs};

/// Bytes of a transfer, and how many make one measurement.
const SIZES: [(usize, u32); 5] = [(64, 20_000), (4 << 10, 10_000), (64 << 10, 2_000), (1 << 20, 100), (16 << 20, 6)];
/// Entries of the folders.
const FOLDERS: [usize; 3] = [1_000, 10_000, 100_000];
/// Bytes of a program's buffer for entries: wasi-libc's.
const LIST_BYTES: i32 = 4096;
/// Where the temporary files are in memory, so that no disk is measured.
const MEMORY_FOLDER: &str = "/dev/shm";

struct Guest {
    store: Store<WasiCtx>,
    instance: iwasm::Instance,
}

impl Guest {
    /// The program, with a folder as descriptor 3 and its file "data" as 4.
    fn new(bench: &Bench, folder: &Path) -> Result<Guest, Error> {
        let wasm = wat::parse_str(include_str!("../wasi/io.wat"))?;
        let module = bench.modules("io", &wasm)?.ours;
        let engine = bench.ours.engine();
        let mut linker = Linker::new(engine);
        iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        let given = WasiCtx::builder().preopened_dir(folder, "/").build();
        let mut store = Store::new(engine, given.map_err(iwasm::Error::host)?);
        let instance = linker.instantiate(&mut store, "io", &module)?;
        let mut guest = Guest { store, instance };
        guest.open_data()?;
        Ok(guest)
    }

    fn open_data(&mut self) -> Result<(), Error> {
        self.expect("open", 0, 0, 4)
    }

    fn expect(&mut self, export: &str, len: i32, times: i32, expected: i32) -> Result<(), Error> {
        let func = self.instance.get_func(&self.store, export).ok_or_else(|| Error::Export(export.into()))?;
        match func.typed::<(i32, i32), i32>(&self.store)?.call(&mut self.store, (len, times))? {
            value if value == expected => Ok(()),
            value => Err(Error::Disagreement { ours: value.to_string(), theirs: expected.to_string() }),
        }
    }
}

/// Measures all.
///
/// # Errors
///
/// When files cannot be made, or the guest fails.
pub fn run(bench: &Bench) -> Result<Vec<Shown>, Error> {
    Ok(vec![transfers(bench)?.into(), listings(bench)?.into()])
}

fn file_error(path: &Path) -> impl Fn(std::io::Error) -> Error + '_ {
    |source| Error::File { path: path.to_path_buf(), source }
}

fn temporary() -> Result<tempfile::TempDir, Error> {
    let memory = Path::new(MEMORY_FOLDER);
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.map_err(file_error(memory))
}

fn transfers(bench: &Bench) -> Result<Table, Error> {
    let folder = temporary()?;
    let path = folder.path().join("data");
    let largest = SIZES.iter().map(|(bytes, _)| *bytes).max().unwrap_or(0);
    std::fs::write(&path, vec![7; largest]).map_err(file_error(&path))?;
    let file = File::options().read(true).write(true).open(&path).map_err(file_error(&path))?;
    let mut guest = Guest::new(bench, folder.path())?;
    let mut buffer = vec![1; largest];
    let method = "CPU time of the thread for one call; a file in memory, at offset 0";
    let mut table = Table::new("WASI calls and the system calls below them", "µs", method);
    table.peer = "natively";
    for (bytes, times) in SIZES {
        for export in ["read", "write"] {
            let mut pairs = Pairs::default();
            for round in Repeat::new(7, if bench.quick { 9 } else { 51 }, 15.0) {
                let (len, count) = (bytes as i32, times as i32);
                let native = || -> Result<f64, Error> {
                    let part = &mut buffer[..bytes];
                    let (ns, done) = Clock::ThreadCpu.time(|| -> rustix::io::Result<()> {
                        for _ in 0..times {
                            match export {
                                "read" => rustix::io::pread(&file, &mut *part, 0)?,
                                _ => rustix::io::pwrite(&file, part, 0)?,
                            };
                        }
                        Ok(())
                    });
                    done.map_err(|error| file_error(&path)(error.into()))?;
                    Ok(ns / f64::from(times) / 1e3)
                };
                let ours = || -> Result<f64, Error> {
                    let (ns, done) = Clock::ThreadCpu.time(|| guest.expect(export, len, count, len));
                    done.map(|()| ns / f64::from(times) / 1e3)
                };
                pairs.measure(round, ours, native)?;
            }
            let (ours, native) = pairs.stats();
            table.rows.push(Row::new(format!("fd_p{export}, {bytes} bytes"), ours, native));
        }
    }
    let mut pairs = Pairs::default();
    let calls = 100_000;
    for round in Repeat::new(7, if bench.quick { 9 } else { 51 }, 10.0) {
        let native = || {
            let (ns, ()) = Clock::ThreadCpu.time(|| {
                for _ in 0..calls {
                    std::hint::black_box(rustix::time::clock_gettime(rustix::time::ClockId::Monotonic));
                }
            });
            Ok(ns / f64::from(calls) / 1e3)
        };
        let ours = || {
            let (ns, done) = Clock::ThreadCpu.time(|| guest.expect("clock", 0, calls, 0));
            done.map(|()| ns / f64::from(calls) / 1e3)
        };
        pairs.measure(round, ours, native)?;
    }
    let (ours, native) = pairs.stats();
    table.rows.push(Row::new("clock_time_get", ours, native));
    Ok(table)
}

fn listings(bench: &Bench) -> Result<Table, Error> {
    let method = format!("CPU time of the thread for one entry; a guest's buffer has {LIST_BYTES} bytes");
    let mut table = Table::new("Listing a folder", "ns", method);
    table.peer = "natively";
    for entries in FOLDERS {
        let folder = temporary()?;
        for entry in 0..entries {
            let path = folder.path().join(format!("entry-{entry}"));
            File::create(&path).map_err(file_error(&path))?;
        }
        File::create(folder.path().join("data")).map_err(file_error(folder.path()))?;
        let host = File::open(folder.path()).map_err(file_error(folder.path()))?;
        let mut guest = Guest::new(bench, folder.path())?;
        // With the file, and the two that every folder has.
        let all = entries + 3;
        let mut pairs = Pairs::default();
        for round in Repeat::new(5, if bench.quick { 5 } else { 21 }, 15.0) {
            let native = || {
                let (ns, count) = Clock::ThreadCpu.time(|| count(&host));
                match count.map_err(|error| file_error(folder.path())(error.into()))? {
                    count if count == all => Ok(ns / all as f64),
                    count => Err(Error::Disagreement { ours: all.to_string(), theirs: count.to_string() }),
                }
            };
            let ours = || {
                let (ns, done) = Clock::ThreadCpu.time(|| guest.expect("list", LIST_BYTES, 1, all as i32));
                done.map(|()| ns / all as f64)
            };
            pairs.measure(round, ours, native)?;
        }
        let (ours, native): (Option<Stats>, Option<Stats>) = pairs.stats();
        table.rows.push(Row::new(format!("{entries} entries"), ours, native));
    }
    Ok(table)
}

/// Entries, read with a buffer as large as the C library's.
fn count(folder: &File) -> rustix::io::Result<usize> {
    seek(folder, SeekFrom::Start(0))?;
    let mut buffer = Vec::with_capacity(32 << 10);
    let mut entries = RawDir::new(folder, buffer.spare_capacity_mut());
    let mut count = 0;
    while let Some(entry) = entries.next() {
        entry?;
        count += 1;
    }
    Ok(count)
}
