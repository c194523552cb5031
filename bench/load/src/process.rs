//! What a process uses, as the kernel counts it in `/proc`.

use std::{fs, path::PathBuf, time::Duration};

use anyhow::{Context as _, Result};
use tokio::time::Instant;

/// How long an idle process is observed to see that it is idle.
const OBSERVED: Duration = Duration::from_millis(500);

/// A process, by its id.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

/// What the process had in memory at one moment, in KiB.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// All resident pages.
    pub(crate) resident: u64,
    /// Those that belong to no file: heap and stacks.
    pub(crate) anonymous: u64,
}

impl Process {
    fn path(self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/{name}", self.0))
    }

    /// The resident memory, from `smaps_rollup`, which walks the page tables: `status` may be off by some pages for each
    /// thread.
    pub(crate) fn memory(self) -> Result<Memory> {
        let text = fs::read_to_string(self.path("smaps_rollup")).context("the process is gone")?;
        Ok(Memory { resident: field(&text, "Rss:")?, anonymous: field(&text, "Anonymous:")? })
    }

    /// How many threads there are.
    pub(crate) fn threads(self) -> Result<u64> {
        field(&fs::read_to_string(self.path("status"))?, "Threads:")
    }

    /// How many files, sockets and the like are open.
    pub(crate) fn descriptors(self) -> Result<usize> {
        Ok(fs::read_dir(self.path("fd"))?.count())
    }

    /// The time for which its threads have run on a core, including those that have ended. The kernel counts it exactly and
    /// tells it in hundredths of a second.
    pub(crate) fn cpu(self) -> Result<Duration> {
        let text = fs::read_to_string(self.path("stat")).context("the process is gone")?;
        // The name of the program, in brackets, may contain anything. Behind it, the times are the 12th and 13th field.
        let (_, fields) = text.rsplit_once(')').context("a stat without a name")?;
        let times = fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(10 * times.sum::<std::result::Result<u64, _>>()?))
    }

    /// Waits until the process uses less than this share of a core, but no longer than `patience`. Returns whether it
    /// became idle.
    pub(crate) async fn idle(self, share: f64, patience: Duration) -> Result<bool> {
        let deadline = Instant::now() + patience;
        while Instant::now() < deadline {
            let before = self.cpu()?;
            tokio::time::sleep(OBSERVED).await;
            if self.cpu()? - before < OBSERVED.mul_f64(share) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The number behind a name in a file of `/proc`.
fn field(text: &str, name: &str) -> Result<u64> {
    let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("there is no {name}"))?;
    Ok(line.split_whitespace().nth(1).with_context(|| format!("{name} is empty"))?.parse()?)
}
