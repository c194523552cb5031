//! Other programs on this machine, which disturb a measurement of time.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};
use tokio::time::Instant;

use crate::{process::Process, statistics::number};

/// How long the machine is observed at a time.
const OBSERVED: Duration = Duration::from_secs(1);
/// The cores that others may use while the machine counts as quiet.
const QUIET_CORES: f64 = 0.1;
/// The kernel counts the time of all cores in hundredths of a second.
const TICKS_PER_SECOND: f64 = 100.0;

/// The time that others had by a moment.
#[derive(Clone, Debug)]
pub(crate) struct Others {
    servers: Vec<Process>,
    at: Instant,
    seconds: f64,
}

impl Others {
    /// Begins to observe all programs but this one and the servers.
    pub(crate) fn begin(servers: Vec<Process>) -> Result<Self> {
        let mut own = Process(std::process::id()).cpu()?;
        for server in &servers {
            own += server.cpu()?;
        }
        Ok(Self { servers, at: Instant::now(), seconds: busy()? - own.as_secs_f64() })
    }

    /// How many cores they have used since, on average.
    pub(crate) fn cores(&self) -> Result<f64> {
        let now = Self::begin(self.servers.clone())?;
        Ok(((now.seconds - self.seconds) / (now.at - self.at).as_secs_f64()).max(0.0))
    }

    /// Waits until the others are idle, and takes the time off `patience`. Without any left it returns at once.
    pub(crate) async fn wait(servers: Vec<Process>, patience: &mut Duration) -> Result<()> {
        while !patience.is_zero() {
            let before = Self::begin(servers.clone())?;
            tokio::time::sleep(OBSERVED).await;
            if before.cores()? <= QUIET_CORES {
                break;
            }
            *patience = patience.saturating_sub(OBSERVED);
        }
        Ok(())
    }
}

/// The seconds for which all cores together have worked.
fn busy() -> Result<f64> {
    let stat = fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().context("an empty /proc/stat")?;
    let ticks: Vec<u64> = line.split_whitespace().skip(1).map(str::parse).collect::<std::result::Result<_, _>>()?;
    // User, nice, system; then idle and waiting; then the two kinds of interrupts. What guests use is in the first two.
    let working = ticks.iter().take(3).chain(ticks.iter().skip(5).take(2)).sum::<u64>();
    Ok(number(working) / TICKS_PER_SECOND)
}
