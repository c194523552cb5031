//! Responses that are kept in memory until they are sent: the lists and pages of rooms. Clients that ask for large ones
//! and read nothing could otherwise fill the memory.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex},
};

use app::wire::{Problem, ProblemCode};
use axum::{body::HttpBody as _, response::Response};

use super::until_sent::until_sent;
use crate::{http::Refusal, locks::lock, network::network};

/// Shorter responses do not count. Connections are limited, and the room that anybody has in mind has a shorter list.
const SHORT_BYTES: u64 = 256 << 10;
/// The most bytes of the responses to one address, or one IPv6 /64 network.
const MAX_OF_ADDRESS: u64 = 64 << 20;
/// The most bytes of all responses together.
const MAX_IN_ALL: u64 = 512 << 20;

/// Counts the bytes of the long responses that are not sent yet. All clones count together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsent(Arc<Mutex<Bytes>>);

#[derive(Debug, Default)]
struct Bytes {
    in_all: u64,
    of_address: HashMap<IpAddr, u64>,
}

/// The bytes of one response. Dropping it gives them back.
#[derive(Debug)]
struct Counted {
    bytes: u64,
    network: IpAddr,
    all: Unsent,
}

impl Unsent {
    /// Counts the response to this address until it is sent.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyAtOnce`] when there are too many bytes already.
    pub(crate) fn send(&self, address: IpAddr, response: Response) -> Result<Response, Refusal> {
        let bytes = response.body().size_hint().lower();
        if bytes < SHORT_BYTES {
            return Ok(response);
        }
        Ok(until_sent(response, self.count(address, bytes)?))
    }

    fn count(&self, address: IpAddr, bytes: u64) -> Result<Counted, Problem> {
        let network = network(address, 64);
        let mut unsent = lock(&self.0);
        let of_address = unsent.of_address.get(&network).copied().unwrap_or(0);
        // Whoever has nothing on the way gets even the longest response.
        if of_address > 0 && of_address + bytes > MAX_OF_ADDRESS || unsent.in_all + bytes > MAX_IN_ALL.max(bytes) {
            let detail = "Too many long lists are on their way, to your address or in all. Wait until they are there, and try again.";
            let mut problem = Problem::new(ProblemCode::TooManyAtOnce, detail);
            problem.retry_after_secs = Some(5);
            return Err(problem);
        }
        unsent.in_all += bytes;
        *unsent.of_address.entry(network).or_default() += bytes;
        Ok(Counted { bytes, network, all: self.clone() })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut unsent = lock(&self.all.0);
        unsent.in_all -= self.bytes;
        if let Some(of_address) = unsent.of_address.get_mut(&self.network) {
            *of_address -= self.bytes;
            if *of_address == 0 {
                unsent.of_address.remove(&self.network);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_and_all_together_have_so_many_bytes_and_what_is_sent_makes_room() {
        let unsent = Unsent::default();
        let count = |last: u8, bytes| unsent.count(IpAddr::from([192, 0, 2, last]), bytes).map_err(|problem| problem.status);
        let first = count(1, MAX_OF_ADDRESS).unwrap();
        assert_eq!(count(1, 1).err(), Some(429));
        let others: Vec<_> = (2..9).map(|last| count(last, MAX_OF_ADDRESS).unwrap()).collect();
        assert_eq!(count(9, 1).err(), Some(429));
        drop(first);
        let long = count(1, MAX_OF_ADDRESS - 1).unwrap();
        drop((others, long));
        // One response may be longer than all that an address may have.
        drop(count(1, 2 * MAX_IN_ALL).unwrap());
        let left = lock(&unsent.0);
        assert_eq!((left.in_all, left.of_address.len()), (0, 0));
    }
}
