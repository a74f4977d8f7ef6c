//! Runs the real programs of the corpus as a user would: `wamrc` compiles each, with what it imports from, to
//! `.aot` files, `iwasm` runs it, and what comes of it is held against what other engines recorded. Shows how far
//! it is, and a table of times at the end.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use tests::program::{Outcome, text};
use tests::{commands, judge, paths};

const HELP: &str = "\
Compiles and runs the real programs of the corpus, and shows their times.

Usage: apps [PART-OF-A-NAME]...

Examples:
  make apps                       all of them
  make apps ARGS=app/             those with `app/` in their name
  make apps ARGS='quickjs resvg'  those with one or the other
";

/// What one program did.
struct Line {
    name: String,
    wasm_bytes: u64,
    artifact_bytes: u64,
    compiling: Duration,
    running: Duration,
    verdict: Result<(), String>,
}

fn main() -> ExitCode {
    let parts: Vec<String> = std::env::args().skip(1).collect();
    if parts.iter().any(|part| part == "-h" || part == "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let Some(corpus) = paths::corpus().filter(|corpus| corpus.join("cases.json").is_file()) else {
        println!("apps: nothing was run, as there is no corpus (set CORPUS to its folder)");
        return ExitCode::FAILURE;
    };
    let cases = match cases(&corpus, &parts) {
        Ok(cases) if !cases.is_empty() => cases,
        Ok(_) => return complain("no program has that in its name"),
        Err(message) => return complain(&message),
    };
    let bar = ProgressBar::new(cases.len() as u64);
    if let Ok(style) = ProgressStyle::with_template("{pos}/{len} [{bar:40}] {elapsed} {msg}") {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let lines: Vec<Line> = cases
        .iter()
        .map(|case| {
            let name = case["id"].as_str().unwrap_or("?").to_owned();
            bar.set_message(name.clone());
            let line = run(case, &corpus, name);
            bar.inc(1);
            line
        })
        .collect();
    bar.finish_and_clear();
    print_table(&lines);
    match lines.iter().filter(|line| line.verdict.is_err()).count() {
        0 => ExitCode::SUCCESS,
        failed => complain(&format!("{failed} of {} programs failed", lines.len())),
    }
}

fn complain(message: &str) -> ExitCode {
    eprintln!("apps: {message}");
    ExitCode::FAILURE
}

/// The programs that were asked for.
fn cases(corpus: &Path, parts: &[String]) -> Result<Vec<Value>, String> {
    let text = std::fs::read_to_string(corpus.join("cases.json")).map_err(|error| format!("cases.json: {error}"))?;
    let all: Vec<Value> = serde_json::from_str(&text).map_err(|error| format!("cases.json: {error}"))?;
    let wanted = |case: &Value| {
        let name = case["id"].as_str().unwrap_or_default();
        case["runner"] != "plan" && (parts.is_empty() || parts.iter().any(|part| name.contains(part)))
    };
    Ok(all.into_iter().filter(wanted).collect())
}

fn run(case: &Value, corpus: &Path, name: String) -> Line {
    let mut line = Line {
        name,
        wasm_bytes: 0,
        artifact_bytes: 0,
        compiling: Duration::ZERO,
        running: Duration::ZERO,
        verdict: Ok(()),
    };
    line.verdict = perform(case, corpus, &mut line);
    line
}

fn perform(case: &Value, corpus: &Path, line: &mut Line) -> Result<(), String> {
    let temporary = tempfile::tempdir().map_err(|error| error.to_string())?;
    let mut args = Vec::new();
    for (name, file) in case["preload"].as_object().into_iter().flatten() {
        let source = corpus.join(file.as_str().ok_or("a preload is no text")?);
        let artifact = compile(&source, &temporary.path().join(format!("{name}.aot")), line)?;
        args.push(format!("--preload={name}={}", artifact.display()));
    }
    let source = corpus.join(text(case, "wasm")?);
    let stem = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    std::fs::create_dir(temporary.path().join("main")).map_err(|error| error.to_string())?;
    let main = compile(&source, &temporary.path().join(format!("main/{stem}.aot")), line)?;
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        args.push(format!("--env={name}={}", value.as_str().ok_or("a variable is no text")?));
    }
    let mut fresh = None;
    for pair in case["dirs"].as_array().into_iter().flatten() {
        let (host, guest) = (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default());
        let (option, host) = match host {
            "@tmp" => {
                let folder = fresh.insert(tempfile::tempdir().map_err(|error| error.to_string())?);
                ("--map-dir", folder.path().to_owned())
            }
            // The corpus is nobody's to change.
            host => ("--ro-map-dir", corpus.join(host)),
        };
        args.push(format!("{option}={guest}::{}", host.display()));
    }
    if let Some(function) = case["invoke"].as_str() {
        args.push(format!("--function={function}"));
    }
    args.push(main.display().to_string());
    for arg in case["args"].as_array().into_iter().flatten() {
        args.push(arg.as_str().ok_or("an argument is no text")?.to_owned());
    }
    let stdin = match case["stdin"].as_str() {
        Some(file) => File::open(corpus.join(file)).map_err(|error| format!("{file}: {error}"))?.into(),
        None => Stdio::null(),
    };
    let start = Instant::now();
    let output = Command::new(commands::path("iwasm")).args(args).stdin(stdin).output();
    line.running = start.elapsed();
    let output = output.map_err(|error| format!("iwasm: {error}"))?;
    let exit = output.status.code().ok_or_else(|| format!("iwasm died: {}", output.status))?;
    judge::compare(case, corpus, &Outcome { exit, stdout: output.stdout, messages: output.stderr, folder: fresh })
}

fn compile(source: &Path, artifact: &Path, line: &mut Line) -> Result<PathBuf, String> {
    let start = Instant::now();
    let output = Command::new(commands::path("wamrc")).arg(source).arg("-o").arg(artifact).output();
    line.compiling += start.elapsed();
    let output = output.map_err(|error| format!("wamrc: {error}"))?;
    if !output.status.success() {
        return Err(format!("wamrc: {}", String::from_utf8_lossy(&output.stderr)));
    }
    let bytes = |path: &Path| std::fs::metadata(path).map_or(0, |data| data.len());
    line.wasm_bytes += bytes(source);
    line.artifact_bytes += bytes(artifact);
    Ok(artifact.to_owned())
}

fn print_table(lines: &[Line]) {
    let width = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    let row = |name: &str, wasm: &str, compiling: &str, artifact: &str, running: &str, verdict: &str| {
        println!("{name:<width$}  {wasm:>9}  {compiling:>10}  {artifact:>9}  {running:>9}  {verdict}");
    };
    row("program", "wasm, KiB", "compile, s", ".aot, KiB", "run, s", "");
    let kib = |bytes: u64| format!("{}", bytes.div_ceil(1024));
    let seconds = |time: Duration| format!("{:.3}", time.as_secs_f64());
    let (mut compiling, mut running) = (Duration::ZERO, Duration::ZERO);
    for line in lines {
        let verdict =
            line.verdict.as_ref().map_or_else(|message| format!("FAILED: {message}"), |()| "as recorded".into());
        let (wasm, artifact) = (kib(line.wasm_bytes), kib(line.artifact_bytes));
        row(&line.name, &wasm, &seconds(line.compiling), &artifact, &seconds(line.running), &verdict);
        (compiling, running) = (compiling + line.compiling, running + line.running);
    }
    row("all", "", &seconds(compiling), "", &seconds(running), "");
}
