//! [`Queue`]: decides which file is sent next. The code here calls nothing of the browser, so that it can be tested
//! anywhere.

use crate::room::FileId;

/// How many files are sent at the same time.
const AT_ONCE: usize = 4;
/// How many of them may be large. The other places are for small files, which never wait for a large one to end.
const LARGE_AT_ONCE: usize = 2;
/// The size in bytes from which on a file counts as large.
const LARGE_BYTES: u64 = 8 << 20;

/// The files that wait, and those that are being sent, each with its size in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    waiting: Vec<(FileId, u64)>,
    sending: Vec<(FileId, u64)>,
}

impl Queue {
    /// Adds a file of `size_bytes`, unless it is in the queue already.
    pub(super) fn add(&mut self, id: FileId, size_bytes: u64) {
        if !self.waiting.iter().chain(&self.sending).any(|(known, _)| *known == id) {
            self.waiting.push((id, size_bytes));
        }
    }

    /// Moves the next file from the waiting ones to those being sent, and returns it. That is the smallest one, or the
    /// first of several of the same size. Returns `None` if no file waits or no further one may be sent now.
    pub(super) fn start_next(&mut self) -> Option<FileId> {
        if self.sending.len() >= AT_ONCE {
            return None;
        }
        let large_sending = self.sending.iter().filter(|(_, size)| *size >= LARGE_BYTES).count();
        let may_start = |size: u64| size < LARGE_BYTES || large_sending < LARGE_AT_ONCE;
        let (index, _) = self.waiting.iter().enumerate().filter(|(_, (_, size))| may_start(*size)).min_by_key(|(_, (_, size))| *size)?;
        let next = self.waiting.remove(index);
        self.sending.push(next);
        Some(next.0)
    }

    /// Removes a file, whether it waits or is being sent.
    pub(super) fn remove(&mut self, id: FileId) {
        self.waiting.retain(|(known, _)| *known != id);
        self.sending.retain(|(known, _)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn started(queue: &mut Queue) -> Vec<u64> {
        let size = |queue: &Queue, id| queue.sending.iter().find(|(known, _)| *known == id).unwrap().1 / MIB;
        std::iter::from_fn(|| queue.start_next().map(|id| size(queue, id))).collect()
    }

    #[test]
    fn small_files_go_first_and_large_ones_leave_them_room() {
        let mut queue = Queue::default();
        for (id, mib) in [(1, 900), (2, 800), (3, 700), (4, 1), (5, 2)] {
            queue.add(FileId::new(id), mib * MIB);
        }
        assert_eq!(started(&mut queue), [1, 2, 700, 800]);
        queue.remove(FileId::new(4));
        // The third large file waits, although a place is free.
        assert_eq!(started(&mut queue), [0; 0]);
        queue.add(FileId::new(6), 3 * MIB);
        assert_eq!(started(&mut queue), [3]);
        queue.remove(FileId::new(3));
        assert_eq!(started(&mut queue), [900]);
    }

    #[test]
    fn a_file_is_queued_once() {
        let mut queue = Queue::default();
        queue.add(FileId::new(1), 1);
        queue.add(FileId::new(1), 1);
        assert_eq!(queue.start_next(), Some(FileId::new(1)));
        queue.add(FileId::new(1), 1);
        assert_eq!(queue.start_next(), None);
    }
}
