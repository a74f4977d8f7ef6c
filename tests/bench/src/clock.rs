//! The clocks that measurements are read from.

use std::time::Instant;

use rustix::time::{ClockId, clock_gettime};

/// Which time a measurement is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time of the calling thread on a CPU: what others do on the machine disturbs it least.
    ThreadCpu,
    /// Time of all threads of the process on CPUs.
    ProcessCpu,
    /// Time that passes.
    Wall,
}

impl Clock {
    /// Nanoseconds since some moment.
    pub fn now(self) -> f64 {
        let id = match self {
            Clock::ThreadCpu => ClockId::ThreadCPUTime,
            Clock::ProcessCpu => ClockId::ProcessCPUTime,
            Clock::Wall => ClockId::Monotonic,
        };
        let time = clock_gettime(id);
        time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
    }

    /// Nanoseconds that `work` takes, and what it gives. What it gives is dropped by the caller, so
    /// that freeing it is not in the time.
    pub fn time<T>(self, work: impl FnOnce() -> T) -> (f64, T) {
        let start = self.now();
        let value = work();
        (self.now() - start, value)
    }
}

/// Repeats until it is time to stop: at least `least` times, and then as long as the time lasts.
pub struct Repeat {
    start: Instant,
    rounds: usize,
    least: usize,
    most: usize,
    seconds: f64,
}

impl Repeat {
    /// At least `least` rounds and at most `most`, and none begins after `seconds`.
    pub fn new(least: usize, most: usize, seconds: f64) -> Repeat {
        Repeat { start: Instant::now(), rounds: 0, least, most, seconds }
    }
}

impl Iterator for Repeat {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let late = self.start.elapsed().as_secs_f64() > self.seconds;
        if self.rounds >= self.most || (late && self.rounds >= self.least) {
            return None;
        }
        self.rounds += 1;
        Some(self.rounds - 1)
    }
}
