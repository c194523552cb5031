//! The results of the soak as markdown, and the verdict.

use std::{fmt::Write as _, time::Duration};

use anyhow::Result;

use crate::{
    machine,
    soak::{Outcome, Plan},
    state::State,
    statistics::number,
};

/// How much the memory may grow: a fifth of what it was, and so many KiB.
const MEMORY_SHARE: u64 = 5;
const MEMORY_KIB: u64 = 8 * 1024;
/// How many bytes the server remembers of a closed room, and of how many rooms: the PIN is not used again for a day.
const CLOSED_ROOM_BYTES: u64 = 80;
const CLOSED_ROOMS: u64 = 100_000;
/// How many bytes the mark of a closed room takes in its file, and of how many rooms there are marks before the file is written
/// anew.
const MARK_BYTES: u64 = 16;
const MARKS: u64 = 2 * CLOSED_ROOMS + 1000;
/// How many bytes the database, its log and its keys may grow.
const RECORDED_BYTES: u64 = 4 << 20;

/// The busy server after some rooms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    /// The rooms since the warm-up, and those since the row before.
    pub(crate) rooms: usize,
    pub(crate) batch: usize,
    pub(crate) took: Duration,
    pub(crate) state: State,
}

/// What has grown more than it may.
pub(crate) fn grown(outcome: &Outcome) -> Vec<String> {
    let (before, after) = (&outcome.before, &outcome.after);
    let remembered = (outcome.rooms as u64).min(CLOSED_ROOMS) * CLOSED_ROOM_BYTES / 1024;
    let marks = (outcome.rooms as u64).min(MARKS) * MARK_BYTES;
    let memory = before.memory.resident + before.memory.resident / MEMORY_SHARE + MEMORY_KIB + remembered;
    let limits = [
        ("descriptors", number(after.descriptors), number(before.descriptors)),
        ("files and folders", number(after.entries), number(before.entries)),
        ("bytes of files", number(after.other_bytes), number(before.other_bytes + marks)),
        ("KiB of memory", number(after.memory.resident), number(memory)),
        ("bytes of the database, its log and its keys", number(after.recorded()), number(before.recorded() + RECORDED_BYTES)),
    ];
    limits
        .iter()
        .filter(|(_, now, most)| now > most)
        .map(|(name, now, most)| format!("{now} {name}, at most {most} were expected"))
        .collect()
}

/// One row of the table.
pub(crate) fn line(row: &Row) -> Result<String> {
    let mut out = format!("| {} | {:.0} ", row.rooms, number(row.batch) / row.took.as_secs_f64());
    cells(&mut out, &row.state)?;
    Ok(out)
}

fn cells(out: &mut String, state: &State) -> Result<()> {
    let mib = |bytes: u64| number(bytes) / f64::from(1 << 20);
    let memory = state.memory;
    write!(out, "| {:.1} | {:.1} | {} | {} ", mib(memory.resident * 1024), mib(memory.anonymous * 1024), state.descriptors, state.threads)?;
    write!(out, "| {:.2} | {:.2} | {:.2} | {} |", mib(state.database), mib(state.log), mib(state.keys), state.entries)?;
    Ok(())
}

/// The results.
pub(crate) fn markdown(plan: &Plan, outcome: &Outcome) -> Result<String> {
    let mut out = String::new();
    writeln!(out, "# {} short rooms\n", outcome.rooms)?;
    writeln!(
        out,
        "`bench/load/run soak` made {} rooms after a warm-up of {}, eight at the same time over connections that stay",
        outcome.rooms, plan.warm_up
    )?;
    writeln!(
        out,
        "open. Each was created and joined, got a file of 4 KiB, which the guest downloaded and compared, and was closed; in one of"
    )?;
    writeln!(
        out,
        "ten the guest had a socket. It took {:.0} s, {:.0} rooms a second.\n",
        outcome.elapsed.as_secs_f64(),
        number(outcome.rooms) / outcome.elapsed.as_secs_f64()
    )?;
    writeln!(
        out,
        "| rooms | rooms/s | resident MiB | anonymous MiB | descriptors | threads | database MiB | log MiB | keys MiB | files and folders |"
    )?;
    writeln!(out, "|{}", " --- |".repeat(10))?;
    write!(out, "| idle after the warm-up | ")?;
    cells(&mut out, &outcome.before)?;
    for row in &outcome.rows {
        write!(out, "\n{}", line(row)?)?;
    }
    write!(out, "\n| idle at the end | ")?;
    cells(&mut out, &outcome.after)?;
    let grown = grown(outcome);
    let verdict =
        if grown.is_empty() { "everything returned to where it began".to_owned() } else { format!("**too much: {}**", grown.join("; ")) };
    writeln!(out, "\n\n- verdict: {verdict}")?;
    writeln!(
        out,
        "- nothing but the memory (20 % and 8 MiB, and 80 bytes for each of up to 100,000 closed rooms, whose PINs are remembered),"
    )?;
    writeln!(out, "  the marks of these PINs (16 bytes for each), and the database with its log and its keys (4 MiB) may have grown")?;
    writeln!(out, "  between the idle states")?;
    writeln!(out, "- lines that the server logged as warnings or errors: {}", outcome.complaints.len())?;
    outcome.complaints.iter().take(5).try_for_each(|complaint| writeln!(out, "  - `{complaint}`"))?;
    machine::facts().iter().try_for_each(|fact| writeln!(out, "- {fact}"))?;
    Ok(out)
}
