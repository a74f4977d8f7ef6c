//! The command line → a [`Command`]. Nothing is opened here.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::net::SocketAddr;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use lexopt::{Arg, Parser};

use crate::error::UsageError;
use crate::version;

/// What to do.
#[derive(Debug)]
pub(crate) enum Command {
    Print(String),
    Run(Box<Invocation>),
}

/// A module to run, and how.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) main: PathBuf,
    /// For the program, or values for the function.
    pub(crate) args: Vec<OsString>,
    /// Call this export instead of `_start`.
    pub(crate) function: Option<String>,
    /// Folders of other modules; none stands for the main module's own.
    pub(crate) module_path: Vec<PathBuf>,
    pub(crate) preloads: Vec<(String, PathBuf)>,
    pub(crate) environment: Vec<(OsString, OsString)>,
    pub(crate) folders: Vec<Folder>,
    /// Addresses to accept connections on.
    pub(crate) listen: Vec<SocketAddr>,
    /// Bytes of stack for wasm, if not the default.
    pub(crate) stack_size: Option<usize>,
    /// Bytes of collected objects of each thread, if not the default.
    pub(crate) gc_heap_size: Option<u64>,
    /// Threads besides the main one, if not the default.
    pub(crate) max_threads: Option<usize>,
    /// Descriptors that are open at one time, if not the default.
    pub(crate) max_descriptors: Option<usize>,
    /// Bytes that are kept for the program besides its own memories, if not the default.
    pub(crate) max_host_memory: Option<usize>,
    /// Milliseconds after which what runs is stopped.
    pub(crate) timeout: Option<u64>,
    pub(crate) verbosity: u8,
    /// Run WebAssembly by the interpreter.
    #[cfg(feature = "interp")]
    pub(crate) interp: bool,
}

/// A folder of the host's for the program.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Folder {
    pub(crate) host: PathBuf,
    /// Its name for the program.
    pub(crate) guest: String,
    pub(crate) read_only: bool,
}

/// Says what is done from this level on.
pub(crate) const VERBOSE: u8 = 3;

const DEFAULT_VERBOSITY: u8 = 2;
const MIN_STACK_BYTES: usize = 16 << 10;
const MAX_STACK_BYTES: usize = 1 << 32;

const HELP: &str = "\
Runs WebAssembly modules that wamrc has compiled; on a desktop, those that it has not, too.

Usage: iwasm [OPTIONS] MAIN.aot|MAIN.wasm [ARGS]...

Calls _start, with ARGS as the program's arguments; or with -f, the function of that name, with ARGS
as its values, and prints its results. Other modules are found by the names they are imported by: NAME.aot,
or NAME.wasm, which is compiled in memory if this iwasm was built with the compiler.

Options:
  -f, --function NAME        Call this export; `$module$function` is one of another module
      --module-path DIR      Look for NAME.aot here; repeatable [default: the folder of MAIN.aot]
      --preload NAME=FILE    Use this file for the module of that name; repeatable
      --env NAME=VALUE       Set an environment variable; NAME alone passes on its value here
      --dir DIR              Let the program use this folder, under the same name; repeatable
      --map-dir GUEST::HOST  Let the program use folder HOST under the name GUEST; repeatable
      --ro-dir, --ro-map-dir The same two for reading only
      --listen IP:PORT       Let the program accept TCP connections there; repeatable. It finds the sockets
                             behind its folders: with two folders, the first is descriptor 5
      --stack-size BYTES     Stack for the modules' code, of each thread [default: 1048576]
      --gc-heap-size BYTES   Heap of collected objects, of each thread [default: 1073741824]
      --max-threads N        Threads at one time besides the main one [default: 256]
      --max-descriptors N    Descriptors open at one time [default: 512]
      --max-host-memory B    Bytes kept for the program outside of its memories [default: 67108864]
      --interp               Interpret MAIN.wasm and NAME.wasm, instead of running compiled code
      --timeout MS           Stop the program after so many milliseconds, wherever it is
  -v, --verbose[=LEVEL]      Say more: 0 to 5 [default: 2; -v alone is 3]
  -V, --version              Print version, instruction set and WebAssembly features
  -h, --help                 Print this

Examples:
  iwasm app.aot one two                     run a program with two arguments
  iwasm --dir=. --env HOME=/ app.aot        with the current folder and a variable
  iwasm --ro-map-dir=/etc::conf app.aot     with the folder conf as /etc, for reading only
  iwasm --listen=127.0.0.1:8080 srv.aot     with a socket, as descriptor 3
  iwasm -f add math.aot 1 -0x1f             call a function, print its result as 0x...:i32
  iwasm --module-path=lib app.aot           find the modules that app.aot imports from in lib/
  iwasm --interp app.wasm one two           interpret a program
  iwasm -f '$mB$B2' mC.aot                  call a function of a module that mC.aot needs

Options stand before MAIN.aot; what follows it is the program's.

Exit status: the program's own, of which the system keeps the low 8 bits (256 is 0); 1 after a trap, or
if something does not load or link, or there is nothing to run, or the time is up; 2 for wrong usage.
WAMR's --heap-size and --disable-bounds-checks are accepted without effect.
";

/// Options of WAMR's that take a value and change nothing here.
const IGNORED: [&str; 1] = ["heap-size"];

/// Options of WAMR's that cannot be had, and why.
const UNSUPPORTED: [(&str, &str); 12] = [
    ("addr-pool", NO_SOCKETS),
    ("allow-resolve", NO_SOCKETS),
    ("native-lib", "host functions are given by an embedder, in Rust"),
    ("repl", "call single functions with -f"),
    ("gas-limit", "code does not count what it executes"),
    ("gen-prof-file", "code does not profile itself"),
    ("enable-linux-perf", "there are no perf maps"),
    ("interp", "this iwasm was built without the interpreter"),
    ("fast-jit", NO_ENGINES),
    ("llvm-jit", NO_ENGINES),
    ("multi-tier-jit", NO_ENGINES),
    ("shared-heap-size", "modules share memory by importing it from each other"),
];
const NO_SOCKETS: &str = "programs make no connections, and accept them on what --listen gives";
const NO_WASI: &str = "this iwasm was built without WASI";
/// Options that mean something only to what WASI gives.
const OF_WASI: [&str; 9] =
    ["env", "dir", "ro-dir", "map-dir", "ro-map-dir", "listen", "max-descriptors", "max-host-memory", "max-threads"];
const NO_ENGINES: &str = "modules are compiled ahead of time, with wamrc";

/// Parses arguments, without the command's name.
pub(crate) fn parse(args: impl Iterator<Item = OsString>) -> Result<Command, UsageError> {
    let mut parser = Parser::from_args(args);
    let mut invocation = Invocation {
        main: PathBuf::new(),
        args: Vec::new(),
        function: None,
        module_path: Vec::new(),
        preloads: Vec::new(),
        environment: Vec::new(),
        folders: Vec::new(),
        listen: Vec::new(),
        stack_size: None,
        gc_heap_size: None,
        max_threads: None,
        max_descriptors: None,
        max_host_memory: None,
        timeout: None,
        verbosity: DEFAULT_VERBOSITY,
        #[cfg(feature = "interp")]
        interp: false,
    };
    loop {
        let name = match parser.next()? {
            None => return Err(UsageError::NoModule),
            Some(Arg::Value(main)) => {
                invocation.main = main.into();
                // All that follows is the program's, whatever it looks like.
                invocation.args = parser.raw_args()?.collect();
                one_file_each(&invocation)?;
                return Ok(Command::Run(invocation.into()));
            }
            Some(Arg::Short('h')) => "help".to_owned(),
            Some(Arg::Short('V')) => "version".to_owned(),
            Some(Arg::Short('f')) => "function".to_owned(),
            Some(Arg::Short('v')) => "verbose".to_owned(),
            Some(Arg::Short(letter)) => letter.to_string(),
            Some(Arg::Long(name)) => name.to_owned(),
        };
        match name.as_str() {
            "help" => return Ok(Command::Print(HELP.into())),
            "version" => return Ok(Command::Print(version::text())),
            name => invocation.option(name, &mut parser)?,
        }
    }
}

impl Invocation {
    /// Takes an option, and its value from the parser.
    fn option(&mut self, name: &str, parser: &mut Parser) -> Result<(), UsageError> {
        if cfg!(not(feature = "wasi")) && OF_WASI.contains(&name) {
            let _ = parser.optional_value();
            return Err(UsageError::Unsupported { option: format!("--{name}"), reason: NO_WASI });
        }
        match name {
            "function" => self.function = Some(text("--function", "a name in UTF-8", parser.value()?)?),
            "module-path" => self.module_path.push(parser.value()?.into()),
            "preload" => self.preloads.push(preload(parser.value()?)?),
            "env" => self.environment.extend(variable(parser.value()?)?),
            "dir" => self.folders.push(folder("--dir", parser.value()?, false)?),
            "ro-dir" => self.folders.push(folder("--ro-dir", parser.value()?, true)?),
            "map-dir" => self.folders.push(mapping("--map-dir", parser.value()?, false)?),
            "ro-map-dir" => self.folders.push(mapping("--ro-map-dir", parser.value()?, true)?),
            "listen" => self.listen.push(number("--listen", "IP:PORT", parser.value()?)?),
            "stack-size" => self.stack_size = Some(stack_size(parser.value()?)?),
            "gc-heap-size" => self.gc_heap_size = Some(number("--gc-heap-size", "a number of bytes", parser.value()?)?),
            "max-threads" => self.max_threads = Some(number("--max-threads", "a number of threads", parser.value()?)?),
            "max-descriptors" => {
                self.max_descriptors = Some(number("--max-descriptors", "a number of descriptors", parser.value()?)?);
            }
            "max-host-memory" => {
                self.max_host_memory = Some(number("--max-host-memory", "a number of bytes", parser.value()?)?);
            }
            "timeout" => self.timeout = Some(number("--timeout", "a number of milliseconds", parser.value()?)?),
            "verbose" => self.verbosity = verbosity(parser.optional_value())?,
            #[cfg(feature = "interp")]
            "interp" => self.interp = true,
            // Taken from WAMR; what it asks for is so, or changes nothing.
            "disable-bounds-checks" => {}
            name if IGNORED.contains(&name) => drop(parser.value()?),
            name => return Err(unknown(name, parser)),
        }
        Ok(())
    }
}

fn unknown(name: &str, parser: &mut Parser) -> UsageError {
    let option = if name.chars().count() == 1 { format!("-{name}") } else { format!("--{name}") };
    // A value of it is not what is wrong.
    let _ = parser.optional_value();
    match UNSUPPORTED.iter().find(|(unsupported, _)| *unsupported == name) {
        Some((_, reason)) => UsageError::Unsupported { option, reason },
        None => UsageError::Option(lexopt::Error::UnexpectedOption(option)),
    }
}

fn text(option: &'static str, form: &'static str, value: OsString) -> Result<String, UsageError> {
    value.into_string().map_err(|value| UsageError::Form { option, form, value })
}

/// Splits at the first `separator`.
fn split(value: &OsStr, separator: &[u8]) -> Option<(OsString, OsString)> {
    let bytes = value.as_bytes();
    let at = bytes.windows(separator.len()).position(|window| window == separator)?;
    let owned = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    Some((owned(&bytes[..at]), owned(&bytes[at + separator.len()..])))
}

fn preload(value: OsString) -> Result<(String, PathBuf), UsageError> {
    let wrong = |value| UsageError::Form { option: "--preload", form: "NAME=FILE", value };
    match split(&value, b"=") {
        Some((name, file)) if !name.is_empty() && !file.is_empty() => {
            Ok((name.into_string().map_err(wrong)?, file.into()))
        }
        _ => Err(wrong(value)),
    }
}

/// Refuses a name that two files are given for. The main module has one, too: that of its file.
fn one_file_each(invocation: &Invocation) -> Result<(), UsageError> {
    let main = invocation.main.file_stem().map(|stem| (stem.to_string_lossy().into_owned(), invocation.main.clone()));
    let mut taken: BTreeMap<String, PathBuf> = BTreeMap::new();
    for (name, second) in invocation.preloads.iter().cloned().chain(main) {
        if let Some(first) = taken.insert(name.clone(), second.clone()) {
            return Err(UsageError::SameName { name, first, second });
        }
    }
    Ok(())
}

/// `NAME=VALUE`, or `NAME` for the value it has here; nothing if it has none.
fn variable(value: OsString) -> Result<Option<(OsString, OsString)>, UsageError> {
    let (name, variable) = match split(&value, b"=") {
        Some((name, value)) => (name, Some(value)),
        None => (value.clone(), std::env::var_os(&value)),
    };
    match name.is_empty() {
        true => Err(UsageError::Form { option: "--env", form: "NAME=VALUE or NAME", value }),
        false => Ok(variable.map(|value| (name, value))),
    }
}

fn folder(option: &'static str, value: OsString, read_only: bool) -> Result<Folder, UsageError> {
    Ok(Folder { host: value.clone().into(), guest: text(option, "a name in UTF-8", value)?, read_only })
}

fn mapping(option: &'static str, value: OsString, read_only: bool) -> Result<Folder, UsageError> {
    let wrong = |value| UsageError::Form { option, form: "GUEST::HOST", value };
    match split(&value, b"::") {
        Some((guest, host)) if !guest.is_empty() && !host.is_empty() => {
            Ok(Folder { host: host.into(), guest: guest.into_string().map_err(wrong)?, read_only })
        }
        _ => Err(wrong(value)),
    }
}

fn stack_size(value: OsString) -> Result<usize, UsageError> {
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.filter(|bytes| (MIN_STACK_BYTES..=MAX_STACK_BYTES).contains(bytes)).ok_or(UsageError::Form {
        option: "--stack-size",
        form: "a number of bytes from 16384 to 4294967296",
        value,
    })
}

fn number<N: std::str::FromStr>(option: &'static str, form: &'static str, value: OsString) -> Result<N, UsageError> {
    let parsed = value.to_str().and_then(|text| text.parse().ok());
    parsed.ok_or(UsageError::Form { option, form, value })
}

fn verbosity(value: Option<OsString>) -> Result<u8, UsageError> {
    let Some(value) = value else { return Ok(VERBOSE) };
    match value.as_bytes() {
        [digit @ b'0'..=b'5'] => Ok(digit - b'0'),
        _ => Err(UsageError::Form { option: "--verbose", form: "a level from 0 to 5", value }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(args: &[&str]) -> Result<Invocation, UsageError> {
        match parse(args.iter().map(OsString::from))? {
            Command::Run(invocation) => Ok(*invocation),
            Command::Print(text) => panic!("only a text: {text}"),
        }
    }

    fn message(args: &[&str]) -> String {
        run(args).map_or_else(|error| error.to_string(), |invocation| format!("{invocation:?}"))
    }

    #[test]
    fn what_follows_the_module_is_the_programs() -> Result<(), UsageError> {
        let invocation = run(&["-f", "add", "--heap-size=0", "--stack-size=65536", "m.aot", "-1", "--help", "--"])?;
        assert_eq!(invocation.function.as_deref(), Some("add"));
        assert_eq!(invocation.args, ["-1", "--help", "--"]);
        assert_eq!(invocation.stack_size, Some(65536));
        assert_eq!(run(&["--", "-v"])?.main, PathBuf::from("-v"));
        Ok(())
    }

    #[test]
    fn values_of_options() -> Result<(), UsageError> {
        let args = ["--map-dir=/w::a::b", "--dir", "x", "--env=A=b=c", "--preload", "l=n=o", "-v=4", "m.aot"];
        let invocation = run(&args)?;
        let own = |host: &str, guest: &str| Folder { host: host.into(), guest: guest.into(), read_only: false };
        assert_eq!(invocation.folders, [own("a::b", "/w"), own("x", "x")]);
        let invocation = run(&["--ro-dir=a", "--listen=[::1]:0", "--ro-map-dir", "/e::b", "--max-descriptors=9", "m"])?;
        let own = |host: &str, guest: &str| Folder { read_only: true, ..own(host, guest) };
        assert_eq!(invocation.folders, [own("a", "a"), own("b", "/e")]);
        assert_eq!((invocation.listen.len(), invocation.max_descriptors), (1, Some(9)));
        let invocation = run(&args)?;
        assert_eq!(invocation.environment, [("A".into(), "b=c".into())]);
        assert_eq!(invocation.preloads, [("l".into(), "n=o".into())]);
        assert_eq!(invocation.verbosity, 4);
        let invocation = run(&["--timeout", "250", "--max-threads=4", "--gc-heap-size=65536", "m.aot"])?;
        assert_eq!((invocation.timeout, invocation.max_threads), (Some(250), Some(4)));
        assert_eq!(invocation.gc_heap_size, Some(65536));
        assert_eq!(run(&["-v", "m.aot"])?.verbosity, 3);
        Ok(())
    }

    #[test]
    fn wrong_usage_is_named() {
        assert_eq!(message(&[]), "no module to run");
        assert!(message(&["--repl"]).starts_with("--repl is not supported: "));
        assert!(message(&["--addr-pool=1.2.3.4", "m.aot"]).starts_with("--addr-pool is not supported: "));
        assert!(message(&["--nonsense"]).contains("--nonsense"));
        assert!(message(&["-x", "m.aot"]).contains("-x"));
        assert_eq!(message(&["--map-dir=a", "m"]), "--map-dir takes GUEST::HOST, not \"a\"");
        assert_eq!(message(&["--ro-map-dir=a::", "m"]), "--ro-map-dir takes GUEST::HOST, not \"a::\"");
        assert_eq!(message(&["--listen=8080", "m"]), "--listen takes IP:PORT, not \"8080\"");
        assert!(message(&["--max-host-memory=1M", "m"]).starts_with("--max-host-memory takes a number of bytes"));
        assert!(message(&["--stack-size=12", "m"]).starts_with("--stack-size takes a number of bytes"));
        assert_eq!(message(&["--timeout=soon", "m"]), "--timeout takes a number of milliseconds, not \"soon\"");
        assert_eq!(message(&["--gc-heap-size=1k", "m"]), "--gc-heap-size takes a number of bytes, not \"1k\"");
        assert!(message(&["--max-threads=-1", "m"]).starts_with("--max-threads takes a number of threads"));
        assert!(message(&["-v=9", "m"]).starts_with("--verbose takes a level"));
        assert!(message(&["--env==x", "m"]).starts_with("--env takes"));
        assert!(message(&["--preload=x", "m"]).starts_with("--preload takes"));
        assert!(message(&["-f"]).contains("missing argument"));
        let twice = message(&["--preload=m=a.aot", "--preload=m=b.aot", "main.aot"]);
        assert_eq!(twice, "there can be one module \"m\", but two files are given for it: a.aot and b.aot");
        assert!(message(&["--preload=m=a.aot", "lib/m.aot"]).ends_with("a.aot and lib/m.aot"));
    }
}
