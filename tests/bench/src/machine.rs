//! What machine was measured on, and how busy it was: for whoever reads the numbers later.

/// CPU, memory, kernel.
pub fn describe() -> String {
    let cpus = cpus();
    let info = read("/proc/cpuinfo");
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("unknown CPU");
    let memory = read("/proc/meminfo");
    let kib = memory.lines().find_map(|line| line.strip_prefix("MemTotal:")).unwrap_or_default();
    let kib: f64 = kib.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or(0.0);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{cpus} × {}, {:.0} GiB, Linux {}, {}",
        model.trim_start_matches([' ', '\t', ':']),
        kib / f64::from(1 << 20),
        kernel.trim(),
        std::env::consts::ARCH
    )
}

/// How many programs wanted to run during the last minute, on average, this one included.
pub fn load() -> f64 {
    read("/proc/loadavg").split_whitespace().next().and_then(|load| load.parse().ok()).unwrap_or(0.0)
}

/// What to say of a load that others must have made: this program alone keeps no more than all CPUs busy.
pub fn warning(load: f64) -> Option<String> {
    let busy = load > cpus() as f64 + 0.5;
    busy.then(|| format!("The machine was busy with other work (load {load:.1}): rely on ratios, not on times."))
}

fn cpus() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}
