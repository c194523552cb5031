//! Uploads and downloads through a [`FaultyLink`], whose connections break again and again.

use std::time::Duration;

use futures::future::join_all;
use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
use reqwest::Method;
use sha2::{Digest as _, Sha256};
use tokio::time::timeout;

use crate::{
    client::{self, Broken, Checksum, File, Kind, Room, expect, header},
    faulty_link::FaultyLink,
    fuse::LONG,
    pattern::Pattern,
    program::Program,
    seed,
};

const SIZES: [u64; 5] = [0, 1, 64 * 1024, 3 << 20, 20 << 20];
/// How many uploads of each size there are.
const OF_EACH_SIZE: u64 = 4;
/// How long a client waits for an answer before it tries again.
const PATIENCE: Duration = Duration::from_secs(2);

/// Repeats an attempt for as long as the link breaks. A refusal fails the test.
async fn insist<T>(attempt: impl AsyncFn() -> Result<T, Broken>) -> T {
    loop {
        match attempt().await {
            Ok(answer) => return answer,
            Err(Broken::Link) => {}
            Err(Broken::Refused { status, text }) => panic!("refused with {status}: {text}"),
        }
    }
}

/// Sends a file as tus clients do: asks where to go on, sends from there, and asks again when the link broke.
async fn upload(room: &Room, file: &File, checksum: Checksum, mut rng: StdRng) {
    let mut acknowledged = 0_u64;
    while acknowledged < file.size {
        let offset = insist(async || room.offset(file).await).await;
        assert!(offset >= acknowledged, "{offset} bytes are left of {acknowledged} acknowledged ones");
        acknowledged = offset;
        while acknowledged < file.size {
            // A chunk with a checksum counts only as a whole, so it has to be small enough to arrive between two faults.
            let wanted: u64 = rng.random_range(1..=if checksum == Checksum::Sha256 { 1 << 20 } else { file.size });
            let end = file.size.min(acknowledged + wanted);
            match room.append(file, acknowledged..end, checksum, |_| ()).await {
                Ok(offset) => acknowledged = offset,
                // The same chunk from an earlier attempt, which this client has given up, may have reached the server late
                // and interfered (409).
                Err(Broken::Link | Broken::Refused { status: 409, .. }) => break,
                Err(Broken::Refused { status, text }) => panic!("a chunk was refused with {status}: {text}"),
            }
        }
    }
}

/// What a client has received of a file so far: the number of bytes, their SHA-256 and the entity tag.
struct Download {
    length: u64,
    sum: Sha256,
    etag: String,
}

impl Download {
    /// Requests the missing bytes and reads them until the answer ends or breaks off.
    async fn go_on(&mut self, room: &Room, file: &File) -> Result<(), Broken> {
        let mut request = room.request(Method::GET, &file.path());
        if self.length > 0 {
            request = request.header("range", format!("bytes={}-", self.length)).header("if-range", &self.etag);
        }
        let mut response = expect(request.send().await?, if self.length > 0 { 206 } else { 200 }).await?;
        if self.length > 0 {
            assert_eq!(header(&response, "content-range"), format!("bytes {}-{}/{}", self.length, file.size - 1, file.size));
        }
        header(&response, "etag").clone_into(&mut self.etag);
        while let Some(frame) = response.chunk().await? {
            self.sum.update(&frame);
            self.length += frame.len() as u64;
        }
        assert_eq!(self.length, file.size, "a download ended as if it were whole");
        Ok(())
    }
}

/// Downloads a file while it is being uploaded. After a broken link only the missing bytes are requested.
async fn download(room: &Room, file: &File) {
    let mut download = Download { length: 0, sum: Sha256::new(), etag: String::new() };
    loop {
        match download.go_on(room, file).await {
            Ok(()) => break,
            // The link broke only after the last byte.
            Err(Broken::Link) if download.length == file.size && file.size > 0 => break,
            Err(Broken::Link) => {}
            Err(Broken::Refused { status, text }) => panic!("a download was refused with {status}: {text}"),
        }
    }
    let sum: [u8; 32] = download.sum.finalize().into();
    assert_eq!(sum, file.sha256(), "a file of {} bytes differs", file.size);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_file_arrives_as_it_was_sent_however_often_the_link_breaks() {
    let mut rng = seed::rng();
    let folder = tempfile::tempdir().unwrap();
    let program = Program::start(folder.path());
    let link = FaultyLink::to(program.address(), StdRng::seed_from_u64(rng.random())).await;
    let direct = Room::create(&client::http(Some(LONG)), program.address()).await.unwrap();
    let room = direct.at(&client::http(Some(PATIENCE)), link.address());

    let sizes = SIZES.iter().cycle().zip(0..SIZES.len() as u64 * OF_EACH_SIZE);
    let transfers = sizes.map(|(size, number)| {
        let checksum = if number % 2 == 0 { Checksum::None } else { Checksum::Sha256 };
        let (room, rng) = (room.clone(), StdRng::seed_from_u64(rng.random()));
        async move {
            let file = insist(async || room.announce(Kind::Whole, Pattern(number), *size).await).await;
            tokio::join!(upload(&room, &file, checksum, rng), download(&room, &file));
            file
        }
    });
    let files = timeout(LONG, join_all(transfers)).await.expect("everything arrives in time");

    assert!(link.spoiled() > SIZES.len(), "only {} connections were spoiled", link.spoiled());
    for file in &files {
        assert_eq!(direct.downloaded_sha256(file).await.unwrap(), file.sha256(), "a file of {} bytes differs", file.size);
    }
    direct.close().await.unwrap();
}
