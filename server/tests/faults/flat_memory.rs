//! The memory, file descriptors and threads of the server while many clients upload and download at once, and
//! after many downloads were aborted.

use std::{
    net::SocketAddr,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures::future::{join_all, try_join_all};
use nix::unistd::Pid;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{interval, timeout},
};

use crate::{
    client::{self, Checksum, File, Kind, Room},
    fuse::LONG,
    pattern::Pattern,
    program::{self, Program},
    seed,
};

const MIB: u64 = 1 << 20;
const FILES: u64 = 50;
const MOST_RESIDENT_BYTES: u64 = 96 * MIB;
/// The server's memory is sampled each time this many bytes were downloaded.
const SAMPLE_BYTES: u64 = 256 * MIB;

/// Samples of the server's memory, one for each [`SAMPLE_BYTES`] that were downloaded.
struct Sampler {
    program: Pid,
    moved: AtomicU64,
    samples_mib: Mutex<Vec<u64>>,
}

impl Sampler {
    fn moved(&self, bytes: u64) {
        let before = self.moved.fetch_add(bytes, Ordering::SeqCst);
        if before / SAMPLE_BYTES != (before + bytes) / SAMPLE_BYTES {
            self.samples_mib.lock().unwrap().push(program::resident_bytes(self.program) / MIB);
        }
    }
}

/// Downloads a file while it is being uploaded, and compares its bytes without keeping them.
async fn download(room: &Room, file: &File, sampler: &Sampler) {
    let mut response = room.get(&file.path()).await.unwrap();
    let mut length = 0;
    while let Some(frame) = response.chunk().await.unwrap() {
        assert!(file.pattern.has(length, &frame), "{file:?} differs after {length} bytes");
        length += frame.len() as u64;
        sampler.moved(frame.len() as u64);
    }
    assert_eq!(length, file.size);
}

/// Uploads a file in one chunk, downloads it at the same time, and then removes it to free its disk space.
async fn transfer(room: &Room, file: &File, sampler: &Sampler) {
    let uploading = async { room.append(file, 0..file.size, Checksum::None, |_| ()).await.unwrap() };
    tokio::join!(uploading, download(room, file, sampler));
    room.remove(file).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_uploads_and_fifty_downloads_at_once_take_less_than_96_mib_of_memory() {
    let size = seed::number_from("SNAPDROP_FLAT_MIB", 256) * MIB;
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let program = Program::start(folder.path());
    let room = Room::create(&client::http(None), program.address()).await.unwrap();
    let files = try_join_all((0..FILES).map(|number| room.announce(Kind::Whole, Pattern(number), size))).await.unwrap();

    let sampler = Sampler { program: program.pid(), moved: AtomicU64::new(0), samples_mib: Mutex::default() };
    let transfers = join_all(files.iter().map(|file| transfer(&room, file, &sampler)));
    timeout(10 * LONG, transfers).await.expect("the transfers end in time");
    let (peak, samples_mib) = (program.peak_resident_bytes(), sampler.samples_mib.into_inner().unwrap());
    eprintln!("at most {} MiB; on the way: {samples_mib:?} MiB", peak / MIB);
    assert!(peak < MOST_RESIDENT_BYTES, "{} MiB of memory at most; on the way: {samples_mib:?} MiB", peak / MIB);
}

const ABORTED_SIZE: u64 = 32 * MIB;
/// How many downloads are aborted at the same time.
const AT_ONCE: u64 = 20;

/// Sends a request, reads as many bytes as half of a file has, and drops the connection. The download is not over
/// by then: the other half either has not been uploaded, or is more than the socket buffers hold.
async fn abort_half_way(address: SocketAddr, request: String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let mut length = 0;
    while length < ABORTED_SIZE / 2 {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0, "the download ended after {length} bytes");
        length += read as u64;
    }
}

/// Uploads one file completely and one by half, and returns the paths of both and of the archive.
async fn downloadable(room: &Room) -> [String; 3] {
    let complete = room.announce(Kind::Whole, Pattern(1), ABORTED_SIZE).await.unwrap();
    room.append(&complete, 0..ABORTED_SIZE, Checksum::None, |_| ()).await.unwrap();
    room.digest(&complete).await.unwrap();
    let arriving = room.announce(Kind::Whole, Pattern(2), ABORTED_SIZE).await.unwrap();
    room.append(&arriving, 0..ABORTED_SIZE / 2, Checksum::None, |_| ()).await.unwrap();
    [complete.path(), arriving.path(), "/archive.zip".to_owned()]
}

/// Asks for `/healthz` over a new connection and waits until the server has closed that connection.
async fn ask_and_hang_up(address: SocketAddr) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Waits until the server has at most this many descriptors and threads.
async fn until_at_most(program: &Program, descriptors: usize, threads: usize) {
    let mut looks = interval(Duration::from_millis(50));
    let back = async {
        while program.descriptors() > descriptors || program.threads() > threads {
            looks.tick().await;
        }
    };
    if timeout(LONG, back).await.is_err() {
        panic!("{} descriptors of {descriptors}, {} threads of {threads}", program.descriptors(), program.threads());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_downloads_that_are_aborted_half_way_leave_nothing_behind() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    // One member loads more archives at the same time than a member may.
    let program = Program::with_flags(folder.path(), &["--max-archives-per-member", "0"]);
    let room = Room::create(&client::http(None), program.address()).await.unwrap();
    let paths = downloadable(&room).await;
    for _ in 0..20 {
        ask_and_hang_up(program.address()).await;
    }
    let (descriptors, threads) = (program.descriptors(), program.threads());

    let mut resident_bytes = Vec::new();
    for _ in 0..200 / AT_ONCE {
        join_all((0..AT_ONCE).map(|number| {
            let path = format!("/api/rooms/{}{}", room.pin, paths[number as usize % paths.len()]);
            let head = format!("GET {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n", program.address(), room.token);
            abort_half_way(program.address(), head)
        }))
        .await;
        until_at_most(&program, descriptors, usize::MAX).await;
        resident_bytes.push(program.resident_bytes());
    }
    until_at_most(&program, descriptors, threads).await;
    let [first, .., last] = resident_bytes[..] else { panic!("two looks at least") };
    assert!(last <= first + 8 * MIB, "the memory grew from look to look: {resident_bytes:?}");
}
