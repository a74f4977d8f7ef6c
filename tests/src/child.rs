//! One case in a process of its own: a signal, an abort or an endless loop is then the failure of
//! that case, and not of the run.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Starts this program again with an environment variable that says which case to run, and gives
/// back what it prints.
///
/// # Errors
///
/// A message, when it does not end within the limit or ends badly.
pub fn run(variable: &str, case: &str, limit: Duration) -> Result<String, String> {
    let program = std::env::current_exe().map_err(|error| format!("cannot find this program: {error}"))?;
    let mut command = Command::new(program);
    command.env(variable, case).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("cannot start a process: {error}"))?;
    let output = drain(child.stdout.take());
    let messages = drain(child.stderr.take());
    let status = wait(&mut child, limit * slowness())?;
    let (output, messages) = (output.join().unwrap_or_default(), messages.join().unwrap_or_default());
    if status.success() {
        return Ok(output);
    }
    let last: Vec<&str> = messages.lines().rev().take(6).collect();
    Err(format!("the process died ({status}): {}", last.into_iter().rev().collect::<Vec<_>>().join(" | ")))
}

/// How many times longer than natively things may take: `TEST_SLOWNESS`, which is set for emulated machines.
///
/// # Panics
///
/// When it is set to something else than a number.
pub fn slowness() -> u32 {
    std::env::var("TEST_SLOWNESS").map_or(1, |text| text.parse().expect("TEST_SLOWNESS is a number"))
}

fn drain(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

fn wait(child: &mut Child, limit: Duration) -> Result<ExitStatus, String> {
    let start = Instant::now();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status),
            Ok(None) if start.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("still running after {} s", limit.as_secs()));
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(5)),
            Err(error) => return Err(format!("cannot wait for the process: {error}")),
        }
    }
}
