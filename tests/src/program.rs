//! A WASI program of the corpus with its modules, folders and streams, run through the linker, and
//! what came of it. What should come of it is compared by who called.

use std::path::{Path, PathBuf};

use iwasm::{Config, Engine, Error, Linker, Module, Store};
use iwasm_wasi::{InputStream, OutputBuffer, OutputStream, WasiCtx};
use serde_json::Value;

use crate::artifact::Builder;

/// Bytes of output that are kept.
const OUTPUT_LIMIT: usize = 64 << 20;

/// What a program did.
pub struct Outcome {
    /// Its exit status; 1 for a trap, which is then told in `messages`.
    pub exit: i32,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, and the trap it ended with.
    pub messages: Vec<u8>,
    /// The fresh folder it was given, if the case asks for one.
    pub folder: Option<tempfile::TempDir>,
}

/// Text of a JSON field.
///
/// # Errors
///
/// A message, if it is no text.
pub fn text<'a>(value: &'a Value, key: &str) -> Result<&'a str, String> {
    value[key].as_str().ok_or_else(|| format!("`{key}` is no text"))
}

/// Runs a case of `cases.json` whose files are below `corpus`.
///
/// # Errors
///
/// A message, when it cannot even be started.
pub fn run(case: &Value, corpus: &Path) -> Result<Outcome, String> {
    run_with(case, corpus, &Config::default())
}

/// Like [`run`], on an engine like this.
///
/// # Errors
///
/// As [`run`].
pub fn run_with(case: &Value, corpus: &Path, config: &Config) -> Result<Outcome, String> {
    let say = |error: Error| error.to_string();
    let engine = Engine::new(config);
    let mut linker: Linker<WasiCtx> = Linker::new(&engine);
    iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
    let mut builder = Builder::new(wamrc::Options::new());
    for (name, file) in case["preload"].as_object().into_iter().flatten() {
        let file = file.as_str().ok_or("a preload is no text")?;
        let module = load(&mut builder, &engine, &corpus.join(file))?;
        linker.register(name, &module).map_err(say)?;
    }
    let main = corpus.join(text(case, "wasm")?);
    let module = load(&mut builder, &engine, &main)?;
    let (stdout, stderr) = (OutputBuffer::new(OUTPUT_LIMIT), OutputBuffer::new(OUTPUT_LIMIT));
    let (context, folder) = context(case, corpus, &main, &stdout, &stderr)?;
    let mut store = Store::new(&engine, context);
    let ended = linker.instantiate(&mut store, "main", &module).and_then(|instance| {
        let name = case["invoke"].as_str().unwrap_or("_start");
        let func = instance.get_func(&store, name).ok_or_else(|| Error::host(format!("no function {name}")))?;
        func.call(&mut store, &[])
    });
    let mut messages = stderr.contents();
    let exit = match ended {
        Ok(_) => 0,
        Err(Error::Exit(status)) => status,
        Err(error) => {
            messages.extend_from_slice(format!("{error:#}").as_bytes());
            1
        }
    };
    Ok(Outcome { exit, stdout: stdout.contents(), messages, folder })
}

/// Compiles and loads a module in text or binary form.
///
/// # Errors
///
/// A message that names the file.
pub fn load(builder: &mut Builder, engine: &Engine, path: &Path) -> Result<Module, String> {
    let wasm = wat::parse_file(path).map_err(|error| format!("{}: {error}", path.display()))?;
    builder.load(engine, &wasm).map_err(|error| format!("{}: {error}", path.display()))
}

type Context = (WasiCtx, Option<tempfile::TempDir>);

fn context(
    case: &Value,
    corpus: &Path,
    main: &Path,
    stdout: &OutputBuffer,
    stderr: &OutputBuffer,
) -> Result<Context, String> {
    let mut builder = WasiCtx::builder()
        .arg(main.file_name().unwrap_or_default().to_string_lossy().as_bytes())
        .stdout(OutputStream::buffer(stdout))
        .stderr(OutputStream::buffer(stderr));
    for arg in case["args"].as_array().into_iter().flatten() {
        builder = builder.arg(arg.as_str().ok_or("an argument is no text")?);
    }
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        builder = builder.env(name, value.as_str().ok_or("a variable is no text")?);
    }
    if let Some(file) = case["stdin"].as_str() {
        let bytes = std::fs::read(corpus.join(file)).map_err(|error| format!("{file}: {error}"))?;
        builder = builder.stdin(InputStream::bytes(bytes));
    }
    let mut fresh = None;
    for pair in case["dirs"].as_array().into_iter().flatten() {
        let (host, guest) = (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default());
        let host: PathBuf = if host == "@tmp" {
            let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
            let path = folder.path().to_owned();
            fresh = Some(folder);
            path
        } else {
            corpus.join(host)
        };
        builder = builder.preopened_dir(host, guest);
    }
    Ok((builder.build().map_err(|error| error.to_string())?, fresh))
}
