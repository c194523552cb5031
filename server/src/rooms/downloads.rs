//! Downloads: how much of which file each member has received. The owner sees that, and each member the own downloads.

use std::{ops::Range, time::Duration};

use app::room::{Download, FileId, MemberId, PassingEvent, Room, RoomEvent};
use tokio::{runtime::Handle, time::Instant};

use super::RoomHandle;

/// The shortest time between two reports while a download is running.
const PERIOD: Duration = Duration::from_millis(500);

/// For how many pairs of a file and a member it is remembered at most what the member has of the file so far. Those whose
/// download is running are not counted.
const MAX_COVERAGES: usize = 10_000;

/// One running download of a file by a member. The download ends when this is dropped, whatever the reason.
#[derive(Debug)]
pub struct TrackedDownload {
    room: RoomHandle,
    file: FileId,
    member: MemberId,
    /// The bytes that were sent and have not been counted yet.
    sent: Range<u64>,
    reported_at: Option<Instant>,
}

impl RoomHandle {
    /// Begins a download of `file` by `member`, from byte `start` on.
    #[must_use]
    pub fn track_download(&self, file: FileId, member: MemberId, start: u64) -> TrackedDownload {
        let mut state = self.lock();
        if state.coverage.len() >= MAX_COVERAGES {
            // What somebody has of a file is forgotten, unless more of it is under way: the next download counts anew.
            state.coverage.retain(|_, coverage| coverage.running > 0);
        }
        state.coverage.entry((file, member)).or_default().running += 1;
        drop(state);
        TrackedDownload { room: self.clone(), file, member, sent: start..start, reported_at: None }
    }
}

impl TrackedDownload {
    /// Notes that `bytes` more bytes were sent.
    pub fn sent(&mut self, bytes: usize) {
        self.sent.end += bytes as u64;
        if self.reported_at.is_none_or(|reported_at| reported_at.elapsed() >= PERIOD) {
            self.reported_at = Some(Instant::now());
            let received_bytes = self.count(0);
            self.room.pass(self.download(received_bytes, true));
        }
    }

    /// Counts what was sent since the last count, and `ended` downloads as ended. Returns how many bytes the member
    /// has.
    fn count(&mut self, ended: usize) -> u64 {
        let sent = self.sent.clone();
        self.sent.start = sent.end;
        let mut state = self.room.lock();
        let coverage = state.coverage.entry((self.file, self.member)).or_default();
        coverage.add(sent);
        coverage.running = coverage.running.saturating_sub(ended);
        coverage.bytes()
    }

    fn download(&self, received_bytes: u64, running: bool) -> PassingEvent {
        PassingEvent::Download { download: Download { file: self.file, member: self.member, received_bytes }, running }
    }
}

impl Drop for TrackedDownload {
    fn drop(&mut self) {
        let received_bytes = self.count(1);
        let (room, file, member) = (self.room.clone(), self.file, self.member);
        let (is_last, has_all) = {
            let mut state = room.lock();
            let has_all = lacks_receipt(&state.committed.snapshot.room, file, member, received_bytes);
            let is_last = state.coverage.get(&(file, member)).is_none_or(|coverage| coverage.running == 0);
            let is_over = state.committed.snapshot.room.file(file).is_none_or(|file| file.received_by.contains(&member));
            if is_last && (has_all || is_over) {
                state.coverage.remove(&(file, member));
            }
            (is_last, has_all)
        };
        if is_last {
            room.pass(self.download(received_bytes, false));
        }
        if has_all && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let recorded = room.record(|room| {
                    let event = RoomEvent::FileReceived { id: file, member };
                    if lacks_receipt(room, file, member, received_bytes) { Ok(event) } else { Err(()) }
                });
                #[expect(clippy::let_underscore_must_use, reason = "a receipt that cannot be recorded is recorded after the next download")]
                let _ = recorded.await;
            });
        }
    }
}

/// Whether a member who has received `received_bytes` bytes of a file has all of it, and has no receipt for it yet.
fn lacks_receipt(room: &Room, file: FileId, member: MemberId, received_bytes: u64) -> bool {
    room.file(file).is_some_and(|file| file.size_bytes == Some(received_bytes) && !file.received_by.contains(&member))
}
