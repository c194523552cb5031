//! A small TCP proxy that spoils connections. Seeded random numbers decide what happens to each connection.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use rand::{RngExt as _, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
    task::{JoinHandle, JoinSet},
};

/// A running proxy in front of a server. Dropping it stops the proxy and ends its connections.
pub(crate) struct FaultyLink {
    address: SocketAddr,
    spoiled: Arc<AtomicUsize>,
    carrying: JoinHandle<()>,
}

impl FaultyLink {
    pub(crate) async fn to(server: SocketAddr, rng: StdRng) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, spoiled) = (listener.local_addr().unwrap(), Arc::default());
        let carrying = tokio::spawn(carry_all(listener, server, rng, Arc::clone(&spoiled)));
        Self { address, spoiled, carrying }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many connections were spoiled so far.
    pub(crate) fn spoiled(&self) -> usize {
        self.spoiled.load(Ordering::SeqCst)
    }
}

impl Drop for FaultyLink {
    fn drop(&mut self) {
        self.carrying.abort();
    }
}

async fn carry_all(listener: TcpListener, server: SocketAddr, mut rng: StdRng, spoiled: Arc<AtomicUsize>) {
    // This set is dropped together with the task, which ends every connection.
    let mut connections = JoinSet::new();
    loop {
        let (client, _) = listener.accept().await.unwrap();
        let (plan, spoiled) = (Plan::draw(&mut rng), Arc::clone(&spoiled));
        connections.spawn(async move {
            let server = TcpStream::connect(server).await.unwrap();
            if plan.carry(client, server).await == Stopped::ByPlan {
                spoiled.fetch_add(1, Ordering::SeqCst);
            }
        });
        while connections.try_join_next().is_some() {}
    }
}

/// What happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// All bytes are passed on.
    Pass,
    /// Both ends see a regular end of the stream (TCP FIN).
    Cut,
    /// Both ends see a reset of the connection (TCP RST).
    Reset,
    /// The connection stays open, but no byte is passed on any more until the client gives up.
    Stall,
    /// The end of the bytes that were read last is lost, then both ends see a regular end of the stream.
    Truncate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

/// What happens to one connection, and when.
#[derive(Clone, Copy, Debug)]
struct Plan {
    fault: Fault,
    /// The direction whose bytes are counted: the fault comes after `after_bytes` of them.
    way: Way,
    after_bytes: u64,
}

/// Why no more bytes are moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stopped {
    ByPlan,
    ByPeer,
}

impl Plan {
    fn draw(rng: &mut StdRng) -> Self {
        let fault = match rng.random_range(0..11) {
            0..=3 => Fault::Pass,
            4..=5 => Fault::Cut,
            6..=7 => Fault::Reset,
            8..=9 => Fault::Truncate,
            _ => Fault::Stall,
        };
        let way = if rng.random_bool(0.5) { Way::Up } else { Way::Down };
        // So the fault comes within the head of a message, within a small chunk, or within a large one.
        let most: u64 = match rng.random_range(0..4) {
            0 => 600,
            1 => 64 * 1024,
            _ => 4 << 20,
        };
        Self { fault, way, after_bytes: rng.random_range(0..most) }
    }

    /// How many bytes may pass in this direction.
    fn allowance(self, way: Way) -> u64 {
        if self.fault != Fault::Pass && self.way == way { self.after_bytes } else { u64::MAX }
    }

    /// Moves bytes both ways until an end closes the connection or the plan's fault is due, and then causes the fault.
    async fn carry(self, mut client: TcpStream, mut server: TcpStream) -> Stopped {
        let (mut from_client, mut to_client) = client.split();
        let (mut from_server, mut to_server) = server.split();
        let truncating = self.fault == Fault::Truncate;
        let moved = tokio::try_join!(
            pump(&mut from_client, &mut to_server, self.allowance(Way::Up), truncating),
            pump(&mut from_server, &mut to_client, self.allowance(Way::Down), truncating),
        );
        if moved != Err(Stopped::ByPlan) {
            return Stopped::ByPeer;
        }
        match self.fault {
            Fault::Pass => {}
            Fault::Cut | Fault::Truncate => {
                #[expect(clippy::let_underscore_must_use, reason = "a side that is gone already needs no shutdown")]
                let _ = to_client.shutdown().await;
                #[expect(clippy::let_underscore_must_use, reason = "a side that is gone already needs no shutdown")]
                let _ = to_server.shutdown().await;
            }
            Fault::Reset => {
                #[expect(clippy::let_underscore_must_use, reason = "a connection that is gone already needs no reset")]
                let _ = client.set_zero_linger();
                #[expect(clippy::let_underscore_must_use, reason = "a connection that is gone already needs no reset")]
                let _ = server.set_zero_linger();
            }
            Fault::Stall => {
                let mut unheard = vec![0; 64 * 1024];
                while from_client.read(&mut unheard).await.is_ok_and(|read| read > 0) {}
            }
        }
        Stopped::ByPlan
    }
}

/// Moves bytes one way until `from` ends, whose end is passed on, or until `allowance` bytes were passed on,
/// which is [`Stopped::ByPlan`].
async fn pump(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, mut allowance: u64, truncating: bool) -> Result<(), Stopped> {
    let mut buffer = vec![0; 64 * 1024];
    while allowance > 0 {
        // When truncating, more bytes are read than passed on, and the rest is lost.
        let most = if truncating { buffer.len() } else { buffer.len().min(allowance as usize) };
        let read = from.read(&mut buffer[..most]).await.map_err(|_| Stopped::ByPeer)?;
        if read == 0 {
            return to.shutdown().await.map_err(|_| Stopped::ByPeer);
        }
        let handed_on = read.min(allowance as usize);
        to.write_all(&buffer[..handed_on]).await.map_err(|_| Stopped::ByPeer)?;
        allowance -= handed_on as u64;
    }
    Err(Stopped::ByPlan)
}
