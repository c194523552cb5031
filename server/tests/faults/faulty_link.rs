//! A small TCP proxy that spoils connections: what becomes of each is drawn from seeded random numbers.

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

/// A proxy before a server; it ends with this.
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

    /// How many connections were spoiled until now.
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
    // Dropped with this task, and every connection with it.
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
    /// Nothing.
    Pass,
    /// Both ends are told that the other one has ended.
    Cut,
    /// Both ends are told that the connection is broken.
    Reset,
    /// Nobody is told anything, and nothing moves any more until the client gives up.
    Stall,
    /// The end of what was taken last is lost, then both ends are told that the other one has ended.
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
    /// The direction whose bytes are counted.
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
        // Within the head, within a small chunk, or within a large one.
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

    /// Moves bytes both ways until an end ends, or the plan says so.
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
                drop(to_client.shutdown().await);
                drop(to_server.shutdown().await);
            }
            Fault::Reset => {
                drop(client.set_zero_linger());
                drop(server.set_zero_linger());
            }
            Fault::Stall => {
                let mut unheard = vec![0; 64 * 1024];
                while from_client.read(&mut unheard).await.is_ok_and(|read| read > 0) {}
            }
        }
        Stopped::ByPlan
    }
}

/// Moves bytes one way until there are no more, which the other end is told, or `allowance` is used up.
async fn pump(from: &mut ReadHalf<'_>, to: &mut WriteHalf<'_>, mut allowance: u64, truncating: bool) -> Result<(), Stopped> {
    let mut buffer = vec![0; 64 * 1024];
    while allowance > 0 {
        // Whoever truncates takes more than is handed on.
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
