//! The servers that are compared, and how each gets rooms.

use std::{ffi::OsStr, fs, net::SocketAddr, path::PathBuf, process::Command};

use anyhow::Result;
use futures_util::future::try_join_all;

use crate::{
    dialect::{Dialect, text_of},
    fleet::Seat,
    http::{Http, Request},
    server::Server,
};

/// How many connections create rooms and join them.
const CONNECTIONS: usize = 8;
/// The head of a request with a JSON body.
const JSON: &str = "content-type: application/json\r\n";

/// A server that can be measured.
#[derive(Clone, Debug)]
pub(crate) enum Peer {
    /// SnapDrop, at this path.
    SnapDrop(PathBuf),
    /// socket.io: the script of its server, and the folder in which npm installed it.
    SocketIo { script: PathBuf, packages: PathBuf },
    /// The server that does nothing but what no server can leave out.
    Bare,
}

/// How many rooms there are, how many members each has, and how many sockets each member has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    pub(crate) members: usize,
    pub(crate) sockets: usize,
}

impl Size {
    /// How many sockets there are.
    pub(crate) fn all_sockets(self) -> usize {
        self.rooms * self.members * self.sockets
    }
}

/// The room whose events are timed.
#[derive(Debug)]
pub(crate) struct Stage {
    address: SocketAddr,
    path: String,
    token: Option<String>,
}

impl Peer {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::SnapDrop(_) => "SnapDrop",
            Self::SocketIo { .. } => "socket.io",
            Self::Bare => "bare",
        }
    }

    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::SnapDrop(_) | Self::Bare => Dialect::SnapDrop,
            Self::SocketIo { .. } => Dialect::SocketIo,
        }
    }

    /// Starts the server.
    pub(crate) async fn start(&self) -> Result<Server> {
        match self {
            Self::SnapDrop(program) => Server::snapdrop(program).await,
            Self::SocketIo { script, packages } => Server::socketio(script, packages).await,
            Self::Bare => Server::bare().await,
        }
    }

    /// The server's version.
    pub(crate) fn version(&self) -> String {
        let said_by = |program: &OsStr| {
            let output = Command::new(program).arg("--version").output();
            output.map_or_else(|error| error.to_string(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        };
        match self {
            Self::SnapDrop(program) => said_by(program.as_os_str()),
            Self::SocketIo { packages, .. } => {
                let version = |package: &str| {
                    let text = fs::read_to_string(packages.join("node_modules").join(package).join("package.json")).unwrap_or_default();
                    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                    json["version"].as_str().unwrap_or("unknown").to_owned()
                };
                format!("{} with ws {} on Node {}", version("socket.io"), version("ws"), said_by(OsStr::new("node")))
            }
            Self::Bare => "`bench/load/src/bare.rs`".to_owned(),
        }
    }

    /// Lets the server release what it does not need: Node.js collects its garbage. SnapDrop has nothing of the kind.
    pub(crate) async fn tidy(&self, server: &Server) -> Result<()> {
        if let Self::SocketIo { .. } = self {
            Http::connect(server.address).await?.send(Request { method: "POST", path: "/gc", ..Request::default() }).await?.expect(204)?;
        }
        Ok(())
    }

    /// Makes rooms with as many members each, and returns a seat for each socket and the first room. In socket.io a room
    /// begins with the first socket that names it, and there are no members, so nothing has to be made; the bare server has one
    /// room only.
    pub(crate) async fn furnish(&self, server: &Server, size: Size) -> Result<(Vec<Seat>, Stage)> {
        let (address, Size { rooms, members, .. }) = (server.address, size);
        match self {
            Self::SnapDrop(_) => {
                let owners = create_rooms(address, rooms).await?;
                let stage = Stage { address, path: format!("/api/rooms/{}/snippets", owners[0].pin), token: Some(owners[0].token.clone()) };
                let guests = join_rooms(address, &owners, members - 1).await?;
                // Everybody has a socket before anybody has a second one.
                let seats: Vec<_> = owners.iter().chain(&guests).map(Entered::seat).collect();
                Ok((seats.iter().cycle().take(size.all_sockets()).cloned().collect(), stage))
            }
            Self::SocketIo { .. } => {
                let seat = |number| Seat {
                    path: "/socket.io/?EIO=4&transport=websocket".to_owned(),
                    token: None,
                    greeting: format!(r#"40{{"room":"{:06}"}}"#, number % rooms),
                };
                Ok(((0..size.all_sockets()).map(seat).collect(), Stage { address, path: "/rooms/000000/snippets".to_owned(), token: None }))
            }
            Self::Bare => {
                let seat = |_| Seat { path: "/live".to_owned(), token: None, greeting: String::new() };
                Ok(((0..size.all_sockets()).map(seat).collect(), Stage { address, path: "/texts".to_owned(), token: None }))
            }
        }
    }
}

impl Stage {
    /// Opens the connection over which the owner speaks.
    pub(crate) async fn connect(&self) -> Result<Http> {
        Http::connect(self.address).await
    }

    /// Adds a text, which everybody in the room gets.
    pub(crate) async fn say(&self, connection: &mut Http, event: usize) -> Result<()> {
        let body = serde_json::json!({ "text": text_of(event) }).to_string();
        let request = Request { method: "POST", path: &self.path, token: self.token.as_deref(), head: JSON, body: body.as_bytes() };
        connection.send(request).await?.expect(201)?;
        Ok(())
    }
}

/// A seat that SnapDrop gave.
#[derive(Clone, Debug)]
pub(crate) struct Entered {
    pub(crate) pin: String,
    pub(crate) token: String,
}

impl Entered {
    /// Creates a room, or joins the one with this PIN.
    pub(crate) async fn at(connection: &mut Http, pin: Option<&str>) -> Result<Self> {
        let path = pin.map_or_else(|| "/api/rooms".to_owned(), |pin| format!("/api/rooms/{pin}/members"));
        let answer = connection.send(Request { method: "POST", path: &path, ..Request::default() }).await?.expect(201)?;
        Ok(Self { pin: answer.field("pin")?, token: answer.field("token")? })
    }

    /// How this seat's socket is opened.
    pub(crate) fn seat(&self) -> Seat {
        Seat { path: format!("/api/rooms/{}/live", self.pin), token: Some(self.token.clone()), greeting: String::new() }
    }
}

async fn create_rooms(address: SocketAddr, rooms: usize) -> Result<Vec<Entered>> {
    let mut connection = Http::connect(address).await?;
    let mut owners = Vec::with_capacity(rooms);
    for _ in 0..rooms {
        owners.push(Entered::at(&mut connection, None).await?);
    }
    Ok(owners)
}

/// Joins each room with so many guests, over several connections at the same time.
async fn join_rooms(address: SocketAddr, owners: &[Entered], guests: usize) -> Result<Vec<Entered>> {
    let total = owners.len() * guests;
    let worker = |first: usize| async move {
        let mut connection = Http::connect(address).await?;
        let mut entered = Vec::new();
        for number in (first..total).step_by(CONNECTIONS) {
            entered.push(Entered::at(&mut connection, Some(&owners[number % owners.len()].pin)).await?);
        }
        anyhow::Ok(entered)
    };
    Ok(try_join_all((0..CONNECTIONS).map(worker)).await?.concat())
}
