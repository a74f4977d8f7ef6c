//! A bar on the terminal for compilations that take a while, nothing for others.

use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;
use wamrc::Progress;

/// Compilations shorter than this show no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// A bar that appears when it is needed and goes when it is dropped.
pub struct Bar {
    begun: Instant,
    shown: OnceLock<ProgressBar>,
    name: String,
    wanted: bool,
}

impl Bar {
    /// For the compilation of `input`.
    pub fn new(input: &Path, verbosity: u8) -> Bar {
        let wanted = verbosity > 0 && std::io::stderr().is_terminal();
        Bar { begun: Instant::now(), shown: OnceLock::new(), name: input.display().to_string(), wanted }
    }

    /// Shows how far the compilation is.
    pub fn update(&self, progress: Progress) {
        if !self.wanted || self.begun.elapsed() < PATIENCE {
            return;
        }
        let bar = self.shown.get_or_init(|| {
            let bar = ProgressBar::new(progress.total_bytes).with_message(self.name.clone());
            let template = "{msg} [{bar:40}] {bytes}/{total_bytes} {eta}";
            match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style.progress_chars("=> ")),
                Err(_) => bar,
            }
        });
        bar.set_position(progress.done_bytes.max(bar.position()));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.shown.get() {
            bar.finish_and_clear();
        }
    }
}
