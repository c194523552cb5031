//! Memory for bytes on their way to readers, given out again and again: fresh pages for every read would
//! cost more than the read. A few readers get large buffers, many get small ones, so that memory stays
//! flat without anybody waiting for somebody slower.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use bytes::Bytes;

/// Bytes of a large buffer.
const LARGE_BYTES: usize = 512 << 10;
/// Bytes of a small one.
const SMALL_BYTES: usize = 64 << 10;
/// How many large ones there are at most.
const LARGE_BUFFERS: usize = 32;

/// The buffers of one store.
#[derive(Clone, Debug, Default)]
pub(super) struct Buffers {
    shelf: Arc<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// Large buffers that nobody has.
    free: Mutex<Vec<Box<[u8]>>>,
    /// How many large ones somebody has.
    lent: AtomicUsize,
}

/// A buffer; a large one goes back when it is dropped.
#[derive(Debug)]
pub(super) struct Buffer {
    memory: Box<[u8]>,
    filled: usize,
    home: Option<Arc<Shelf>>,
}

impl Buffers {
    /// A buffer with something in it: what, does not matter.
    pub(super) fn take(&self) -> Buffer {
        let lent = self.shelf.lent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |lent| (lent < LARGE_BUFFERS).then_some(lent + 1));
        if lent.is_err() {
            return Buffer { memory: vec![0; SMALL_BYTES].into_boxed_slice(), filled: 0, home: None };
        }
        let free = self.shelf.free.lock().expect("no holder panics").pop();
        let memory = free.unwrap_or_else(|| vec![0; LARGE_BYTES].into_boxed_slice());
        Buffer { memory, filled: 0, home: Some(Arc::clone(&self.shelf)) }
    }
}

impl Buffer {
    /// How much it holds at most, in bytes.
    pub(super) fn capacity(&self) -> usize {
        self.memory.len()
    }

    /// The first `length` bytes, to be filled.
    pub(super) fn first(&mut self, length: usize) -> &mut [u8] {
        self.filled = length;
        &mut self.memory[..length]
    }

    /// What was filled; the memory goes back once the last of it is dropped.
    pub(super) fn into_bytes(self) -> Bytes {
        Bytes::from_owner(self)
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        &self.memory[..self.filled]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if let Some(home) = self.home.take() {
            home.free.lock().expect("no holder panics").push(std::mem::take(&mut self.memory));
            home.lent.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
