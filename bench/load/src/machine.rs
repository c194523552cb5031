//! The machine on which the figures were measured.

use std::{fs, path::Path};

/// What the kernel says of the machine, one line each.
pub(crate) fn facts() -> Vec<String> {
    let first = |path: &str, name: &str| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim_start_matches([':', ' ', '\t']).to_owned()
    };
    vec![
        format!("date: {}", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC")),
        format!("CPU: {}", first("/proc/cpuinfo", "model name")),
        format!("cores: {}", std::thread::available_parallelism().map_or(0, usize::from)),
        format!("memory: {}", first("/proc/meminfo", "MemTotal")),
        format!("kernel: Linux {}", first("/proc/sys/kernel/osrelease", "")),
        format!("load at the end: {}", first("/proc/loadavg", "")),
        format!("file system of the data folders: {}", file_system(&std::env::temp_dir())),
    ]
}

/// The type of the file system that a folder is on.
fn file_system(folder: &Path) -> String {
    let mounts = fs::read_to_string("/proc/self/mounts").unwrap_or_default();
    let fields = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?.to_owned(), fields.next()?.to_owned()))
    });
    let above = fields.filter(|(point, _)| folder.starts_with(point)).max_by_key(|(point, _)| point.len());
    above.map_or_else(|| "unknown".to_owned(), |(_, kind)| kind)
}
