//! Turns to render the page of a large room. It takes up to some hundred milliseconds and as many megabytes as the list has,
//! so only a few are rendered at the same time, beside the threads that answer other requests.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, Weak},
};

use app::room::Room;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{locks::lock, network::network};

/// A room with more files, members and texts than this is large, and so is one with more bytes of names and texts.
const LARGE_ROWS: usize = 200;
const LARGE_TEXT_BYTES: usize = 64 << 10;
/// How many pages of large rooms are rendered at the same time.
const AT_ONCE: usize = 2;
/// How many of those who wait for that may be of one address, or one IPv6 /64 network. Its further requests wait for these,
/// so that the pages of everybody else come in between.
const OF_ADDRESS: usize = 2;

/// The turns. They are given in the order in which they were asked for.
#[derive(Debug)]
pub(crate) struct PageTurns {
    all: Arc<Semaphore>,
    by_address: Mutex<HashMap<IpAddr, Weak<Semaphore>>>,
}

/// A turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct PageTurn {
    _in_all: OwnedSemaphorePermit,
    _of_address: OwnedSemaphorePermit,
}

impl Default for PageTurns {
    fn default() -> Self {
        Self { all: Arc::new(Semaphore::new(AT_ONCE)), by_address: Mutex::default() }
    }
}

impl PageTurns {
    /// Whether the page of this room needs a turn.
    pub(crate) fn is_large(room: &Room) -> bool {
        room.files.len() + room.members.len() + room.snippets.len() > LARGE_ROWS || room.text_bytes() > LARGE_TEXT_BYTES
    }

    /// Waits for a turn for this address.
    pub(crate) async fn wait(&self, address: IpAddr) -> PageTurn {
        let of_address = self.turns_of(network(address, 64));
        PageTurn { _of_address: acquire(of_address).await, _in_all: acquire(Arc::clone(&self.all)).await }
    }

    fn turns_of(&self, network: IpAddr) -> Arc<Semaphore> {
        let mut by_address = lock(&self.by_address);
        if let Some(turns) = by_address.get(&network).and_then(Weak::upgrade) {
            return turns;
        }
        by_address.retain(|_, turns| turns.strong_count() > 0);
        let turns = Arc::new(Semaphore::new(OF_ADDRESS));
        by_address.insert(network, Arc::downgrade(&turns));
        turns
    }
}

async fn acquire(turns: Arc<Semaphore>) -> OwnedSemaphorePermit {
    turns.acquire_owned().await.expect("nobody closes the semaphore")
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn an_address_that_asks_for_many_pages_lets_others_in_between() {
        let turns = PageTurns::default();
        let [busy, other] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let (first, _second) = (turns.wait(busy).await, turns.wait(busy).await);
        let mut third = Box::pin(turns.wait(busy));
        assert!(third.as_mut().now_or_never().is_none());
        let mut of_other = Box::pin(turns.wait(other));
        assert!(of_other.as_mut().now_or_never().is_none());
        drop(first);
        assert!(of_other.as_mut().now_or_never().is_some(), "the other one asked for a turn first");
        assert!(third.as_mut().now_or_never().is_some());
        drop(third);
        turns.turns_of(IpAddr::from([192, 0, 2, 3]));
        assert_eq!(lock(&turns.by_address).len(), 2, "nobody waits for the other address any more");
    }
}
