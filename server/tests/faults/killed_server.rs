//! The server is killed many times in the middle of transfers and of closing a room, and each time started again on
//! the same folder.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Client;
use tokio::{task::JoinSet, time::timeout};

use crate::{
    client::{self, Broken, Checksum, Kind, Room},
    fuse::{Fuse, LONG},
    ledger::{self, Closing, Files, KnownFile, KnownRoom},
    pattern::Pattern,
    program::Program,
    seed,
};

const SIZES: [u64; 6] = [0, 1, 1000, 64 * 1024, 512 * 1024, 3 << 20];
const ROOMS: usize = 3;
const NEW_FILES: usize = 3;
/// In one of this many rounds the oldest room is being closed when the server is killed.
const CLOSING_ROUNDS: u64 = 4;
/// The longest fuse, in bytes, of a round that closes a room. It is short, so that the kill comes soon after the
/// start of the round, while the room is being closed.
const SHORT_FUSE: u64 = 512 * 1024;

/// Sends the missing bytes of a file, in chunks of random sizes.
async fn go_on(room: Room, known: Arc<KnownFile>, fuse: Fuse, mut rng: StdRng) -> Result<(), Broken> {
    let offset = room.offset(&known.file).await?;
    assert!(offset >= known.acknowledged(), "{offset} bytes are left: {known:?}");
    known.acknowledge(offset);
    let mut at = offset;
    while at < known.file.size {
        let wanted: u64 = rng.random_range(1..=1_500_000);
        let end = known.file.size.min(at + wanted);
        let checksum = if rng.random_bool(0.5) { Checksum::Sha256 } else { Checksum::None };
        let fuse = fuse.clone();
        at = room.append(&known.file, at..end, checksum, move |sent| fuse.burn(sent)).await?;
        known.acknowledge(at);
    }
    Ok(())
}

/// Announces a file and sends it.
async fn send(room: Room, files: Files, kind: Kind, pattern: Pattern, size: u64, fuse: Fuse, rng: StdRng) -> Result<(), Broken> {
    let known = ledger::note(&files, room.announce(kind, pattern, size).await?);
    go_on(room, known, fuse, rng).await
}

/// Downloads a file, which may be still arriving, and checks its bytes.
async fn download(room: Room, known: Arc<KnownFile>, fuse: Fuse) -> Result<(), Broken> {
    let file = &known.file;
    let mut response = room.get(&file.path()).await?;
    let mut length = 0;
    while let Some(frame) = response.chunk().await? {
        assert!(file.pattern.has(length, &frame), "{file:?} differs after {length} bytes");
        length += frame.len() as u64;
        fuse.burn(frame.len() as u64);
    }
    assert_eq!(length, file.size, "a download ended as if it were whole: {file:?}");
    Ok(())
}

/// The transfers of one round, each with the PIN of its room.
struct Round {
    transfers: JoinSet<(String, Result<(), Broken>)>,
    fuse: Fuse,
}

impl Round {
    fn spawn(&mut self, room: &Room, transfer: impl Future<Output = Result<(), Broken>> + Send + 'static) {
        let pin = room.pin.clone();
        self.transfers.spawn(async move { (pin, transfer.await) });
    }

    /// Starts the transfers of a room's known files: downloads of about half of the whole files, chosen at random, and
    /// the uploads of all unfinished files and parts.
    fn begin(&mut self, known: &KnownRoom, rng: &mut StdRng) {
        for file in known.files() {
            let room = known.room.clone();
            if file.file.kind == Kind::Whole && rng.random_bool(0.5) {
                self.spawn(&known.room, download(room.clone(), Arc::clone(&file), self.fuse.clone()));
            }
            if file.missing() > 0 {
                self.spawn(&known.room, go_on(room, file, self.fuse.clone(), StdRng::seed_from_u64(rng.random())));
            }
        }
    }

    fn begin_new(&mut self, known: &KnownRoom, pattern: Pattern, rng: &mut StdRng) {
        let kind = if rng.random_bool(0.25) { Kind::Part } else { Kind::Whole };
        let size = SIZES[rng.random_range(0..SIZES.len())];
        let (files, seed) = (Arc::clone(&known.files), rng.random());
        self.spawn(&known.room, send(known.room.clone(), files, kind, pattern, size, self.fuse.clone(), StdRng::seed_from_u64(seed)));
    }

    /// Waits for the end of all transfers. Only a room that is being closed may refuse one.
    async fn end(mut self, closing: Option<&str>) {
        while let Some(ended) = self.transfers.join_next().await {
            let (pin, outcome) = ended.unwrap();
            if let Err(Broken::Refused { status, text }) = outcome {
                assert_eq!(Some(pin.as_str()), closing, "refused with {status}: {text}");
            }
        }
    }
}

/// Runs transfers in all rooms until the server is killed. In one of [`CLOSING_ROUNDS`] rounds, the oldest room is
/// closed meanwhile.
async fn run(rooms: &mut [KnownRoom], program: Program, number: u64, rng: &mut StdRng) {
    let is_closing = number % CLOSING_ROUNDS == CLOSING_ROUNDS - 1;
    let missing: u64 = rooms.iter().flat_map(KnownRoom::files).map(|file| file.missing()).sum();
    let longest = if is_closing { SHORT_FUSE } else { missing + (1 << 20) };
    let fuse = Fuse::new(&program, rng.random_range(1..longest));
    let mut round = Round { transfers: JoinSet::new(), fuse };
    for known in rooms.iter() {
        round.begin(known, rng);
    }
    for index in 0..NEW_FILES as u64 {
        let known = &rooms[rng.random_range(0..rooms.len())];
        round.begin_new(known, Pattern(number * NEW_FILES as u64 + index), rng);
    }
    if is_closing {
        let oldest = &mut rooms[0];
        oldest.closing = match oldest.room.close().await {
            Ok(()) => Closing::Answered,
            Err(Broken::Link) => Closing::Asked,
            Err(Broken::Refused { status, text }) => panic!("closing a room was refused with {status}: {text}"),
        };
    }
    let closing = is_closing.then(|| rooms[0].room.pin.clone());
    timeout(LONG, round.end(closing.as_deref())).await.expect("a round ends in time");
    program.kill();
}

/// After the last round: finishes every upload and compares the digests with those of the bytes that were sent.
async fn finish(rooms: &[KnownRoom], program: &Program) {
    for known in rooms {
        for file in known.files() {
            let rng = StdRng::seed_from_u64(0);
            go_on(known.room.clone(), Arc::clone(&file), Fuse::new(program, u64::MAX), rng).await.unwrap();
            if file.file.kind == Kind::Whole {
                let digest = STANDARD.encode(file.file.sha256());
                assert_eq!(known.room.digest(&file.file).await.unwrap(), format!("sha-256=:{digest}:"));
            }
        }
    }
}

async fn refill(rooms: &mut Vec<KnownRoom>, http: &Client, program: &Program) {
    while rooms.len() < ROOMS {
        rooms.push(KnownRoom::new(Room::create(http, program.address()).await.unwrap()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_acknowledged_survives_a_kill_at_any_moment_and_nothing_else_stays() {
    let (mut rng, rounds) = (seed::rng(), seed::number_from("SNAPDROP_FAULT_ROUNDS", 50));
    let folder = tempfile::tempdir().unwrap();
    let (http, mut rooms) = (client::http(Some(LONG)), Vec::new());
    for number in 0..rounds {
        let program = Program::start(folder.path());
        ledger::check(&mut rooms, &http, &program, folder.path()).await;
        refill(&mut rooms, &http, &program).await;
        run(&mut rooms, program, number, &mut rng).await;
    }

    let program = Program::start(folder.path());
    ledger::check(&mut rooms, &http, &program, folder.path()).await;
    finish(&rooms, &program).await;
    ledger::check(&mut rooms, &http, &program, folder.path()).await;
    for known in &rooms {
        known.room.close().await.unwrap();
    }
    assert!(ledger::files_on_disk(folder.path()).is_empty(), "bytes are left of closed rooms");
}
