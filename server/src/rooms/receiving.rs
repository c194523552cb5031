//! Who got how much of which file: what the owner sees of everybody's downloads.

use std::{ops::Range, time::Duration};

use app::room::{Download, FileId, MemberId, PassingEvent, Room, RoomEvent};
use tokio::{runtime::Handle, time::Instant};

use super::RoomHandle;

/// How often the owner hears of one download at most.
const PERIOD: Duration = Duration::from_millis(500);
/// The most pieces that are remembered of what one member has of one file.
const MAX_PIECES: usize = 64;

/// What a member has of a file, and how many downloads of it go on.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// Ascending, none touching another.
    pieces: Vec<Range<u64>>,
    running: usize,
}

impl Coverage {
    /// The member has these bytes, too.
    fn add(&mut self, piece: Range<u64>) {
        if piece.is_empty() {
            return;
        }
        let first = self.pieces.partition_point(|known| known.end < piece.start);
        let after = self.pieces.partition_point(|known| known.start <= piece.end);
        let joined = match self.pieces.get(first..after) {
            Some([one, ..]) => one.start.min(piece.start)..self.pieces[after - 1].end.max(piece.end),
            _ => piece,
        };
        // Whoever fetches a file in a thousand pieces gets no receipt before they meet.
        if first < after || self.pieces.len() < MAX_PIECES {
            self.pieces.splice(first..after, [joined]);
        }
    }

    fn bytes(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.end - piece.start).sum()
    }
}

/// One answer on its way to a member; ends with it, however it ends.
#[derive(Debug)]
pub struct Receiving {
    room: RoomHandle,
    file: FileId,
    member: MemberId,
    /// What was sent and not yet counted.
    sent: Range<u64>,
    told_at: Option<Instant>,
}

impl RoomHandle {
    /// A member begins to get a file, from byte `start` on.
    #[must_use]
    pub fn receiving(&self, file: FileId, member: MemberId, start: u64) -> Receiving {
        self.lock().receipts.entry((file, member)).or_default().running += 1;
        Receiving { room: self.clone(), file, member, sent: start..start, told_at: None }
    }
}

impl Receiving {
    /// More bytes were sent.
    pub fn sent(&mut self, bytes: usize) {
        self.sent.end += bytes as u64;
        if self.told_at.is_none_or(|told_at| told_at.elapsed() >= PERIOD) {
            self.told_at = Some(Instant::now());
            let received_bytes = self.count(0);
            self.room.pass(self.download(received_bytes, true));
        }
    }

    /// Counts what was sent, and that so many downloads ended; returns how much the member has.
    fn count(&mut self, ended: usize) -> u64 {
        let sent = self.sent.clone();
        self.sent.start = sent.end;
        let mut state = self.room.lock();
        let coverage = state.receipts.entry((self.file, self.member)).or_default();
        coverage.add(sent);
        coverage.running = coverage.running.saturating_sub(ended);
        coverage.bytes()
    }

    fn download(&self, received_bytes: u64, running: bool) -> PassingEvent {
        PassingEvent::Download { download: Download { file: self.file, member: self.member, received_bytes }, running }
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        let received_bytes = self.count(1);
        let (room, file, member) = (self.room.clone(), self.file, self.member);
        let (is_last, has_all) = {
            let mut state = room.lock();
            let has_all = lacks_receipt(&state.told.snapshot.room, file, member, received_bytes);
            let is_last = state.receipts.get(&(file, member)).is_none_or(|coverage| coverage.running == 0);
            let is_over = state.told.snapshot.room.file(file).is_none_or(|file| file.received_by.contains(&member));
            if is_last && (has_all || is_over) {
                state.receipts.remove(&(file, member));
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
                // A receipt that could not be written is given with the next download.
                drop(recorded.await);
            });
        }
    }
}

/// Whether a member who has so many bytes of a file has all of it, and nobody knows.
fn lacks_receipt(room: &Room, file: FileId, member: MemberId, received_bytes: u64) -> bool {
    room.file(file).is_some_and(|file| file.size_bytes == Some(received_bytes) && !file.received_by.contains(&member))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What becomes of pieces, each given by its first byte and the one after its last.
    fn pieces(added: &[(u64, u64)]) -> (Vec<(u64, u64)>, u64) {
        let mut coverage = Coverage::default();
        for (start, end) in added {
            coverage.add(*start..*end);
        }
        let bytes = coverage.bytes();
        (coverage.pieces.into_iter().map(|piece| (piece.start, piece.end)).collect(), bytes)
    }

    #[test]
    fn pieces_that_touch_or_overlap_are_one() {
        assert_eq!(pieces(&[(0, 10), (20, 30)]), (vec![(0, 10), (20, 30)], 20));
        assert_eq!(pieces(&[(0, 10), (10, 20)]), (vec![(0, 20)], 20));
        assert_eq!(pieces(&[(20, 30), (0, 10), (5, 25)]), (vec![(0, 30)], 30));
        assert_eq!(pieces(&[(0, 30), (5, 10)]), (vec![(0, 30)], 30));
        assert_eq!(pieces(&[(5, 5)]), (vec![], 0));
        assert_eq!(pieces(&[(10, 20), (0, 5), (30, 40), (4, 11)]), (vec![(0, 20), (30, 40)], 30));
    }

    #[test]
    fn the_memory_of_scattered_pieces_has_an_end() {
        let mut coverage = Coverage::default();
        for index in 0..1000 {
            coverage.add(index * 10..index * 10 + 5);
        }
        assert_eq!(coverage.pieces.len(), MAX_PIECES);
        coverage.add(0..10_000);
        assert_eq!(coverage.bytes(), 10_000);
    }
}
