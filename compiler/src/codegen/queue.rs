//! Jobs on all threads. Results come in the order of the jobs and the error is that of the lowest
//! failing job, so nothing depends on how many threads there are or how they interleave.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Error;

/// Work below this is done on the calling thread: starting others would take longer.
const PARALLEL_WEIGHT: u64 = 4096;
/// Stack of a worker thread in bytes. Only address space until it is used.
const STACK_BYTES: usize = 16 << 20;

/// The threads of a compiler, started when they are first needed.
#[derive(Debug)]
pub struct Threads {
    count: usize,
    pool: OnceLock<Result<rayon::ThreadPool, String>>,
}

impl Threads {
    /// `count` threads, or one for each CPU if that is 0.
    pub fn new(count: usize) -> Threads {
        let count = match count {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            count => count,
        };
        Threads { count, pool: OnceLock::new() }
    }

    fn pool(&self) -> Result<&rayon::ThreadPool, Error> {
        let build = || {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(self.count).stack_size(STACK_BYTES);
            builder.thread_name(|index| format!("wamrc-{index}")).build().map_err(|error| error.to_string())
        };
        self.pool.get_or_init(build).as_ref().map_err(|reason| Error::Threads { reason: reason.clone() })
    }
}

/// Runs job `i` for each weight `i`, the heavy ones first, each thread with a state of its own.
pub fn run<T: Send, S>(
    threads: &Threads,
    weights: &[u64],
    new_state: impl Fn() -> S + Sync,
    job: impl Fn(&mut S, usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    if threads.count == 1 || weights.len() < 2 || weights.iter().sum::<u64>() < PARALLEL_WEIGHT {
        let mut state = new_state();
        return (0..weights.len()).map(|index| job(&mut state, index)).collect();
    }
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse(weights[*index]));
    let next = AtomicUsize::new(0);
    // Jobs above the lowest failed one cannot change the outcome; those below it all run.
    let lowest_failed = AtomicUsize::new(usize::MAX);
    let done = threads.pool()?.broadcast(|_| {
        let mut state = new_state();
        let mut done = Vec::new();
        while let Some(&index) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if index > lowest_failed.load(Ordering::Relaxed) {
                continue;
            }
            let result = job(&mut state, index);
            if result.is_err() {
                lowest_failed.fetch_min(index, Ordering::Relaxed);
            }
            done.push((index, result));
        }
        done
    });
    let mut results: Vec<(usize, Result<T, Error>)> = done.into_iter().flatten().collect();
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing_at(threads: usize, failing: &[usize]) -> Result<Vec<usize>, Error> {
        let weights: Vec<u64> = (0..500).map(|index| 1 + (index * 7919) % 1000).collect();
        run(
            &Threads::new(threads),
            &weights,
            || (),
            |(), index| match failing.contains(&index) {
                true => Err(Error::Threads { reason: index.to_string() }),
                false => Ok(index),
            },
        )
    }

    #[test]
    fn order_and_error_do_not_depend_on_threads() {
        for threads in [1, 2, 8] {
            assert_eq!(failing_at(threads, &[]).unwrap(), (0..500).collect::<Vec<_>>());
            for _ in 0..20 {
                let error = failing_at(threads, &[401, 37, 38, 250]).unwrap_err();
                assert!(matches!(error, Error::Threads { reason } if reason == "37"));
            }
        }
    }
}
