//! How much memory the device rules need. This test has a file of its own, because it counts every
//! allocation of its process, and the allocations of other tests would be counted too.

use std::thread;

use peak_alloc::PeakAlloc;
use server::device::{DeviceHints, DeviceRules};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TABLE: &str = include_str!("it/user_agents.txt");
const THREADS: usize = 8;
const LIMIT: usize = 10 * 1024 * 1024;

#[test]
#[expect(clippy::print_stdout, reason = "this test is also run to read the measured figures")]
fn the_device_rules_take_less_than_ten_mebibytes_even_after_use() {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();

    let rules = DeviceRules::load();
    let loaded = MEMORY.current_usage() - before;
    let loading_peak = MEMORY.peak_usage() - before;

    // A pattern builds its search states when it meets new text, and each thread that searches at the
    // same time builds its own.
    let agents: Vec<&str> = TABLE.lines().filter_map(|line| line.rsplit_once(" | ")).map(|(_, user_agent)| user_agent).collect();
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for user_agent in &agents {
                    let hints = DeviceHints { user_agent, ..DeviceHints::default() };
                    std::hint::black_box(rules.detect(&hints));
                }
            });
        }
    });
    let used = MEMORY.current_usage() - before;
    let peak = MEMORY.peak_usage() - before;

    println!(
        "device rules: {} KiB loaded (peak {} KiB), {} KiB after {} agents on {THREADS} threads (peak {} KiB)",
        loaded / 1024,
        loading_peak / 1024,
        used / 1024,
        agents.len(),
        peak / 1024,
    );
    assert!(peak < LIMIT, "{peak} bytes at the peak");
}
