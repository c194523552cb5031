//! Chunks that carry a checksum (tus extension "checksum").

use app::room::{FileId, FileState};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Body, Response};
use sha2::{Digest as _, Sha256};

use crate::{
    door::refused,
    process::Process,
    raw::begin_upload,
    seat::{Seat, header, next_bytes, noise},
    test_app::{TIMEOUTS, TestApp},
};

/// The values of `Upload-Checksum` for `01234`, one for each of the three algorithms.
const OF_01234: [&str; 3] = ["sha1 EZBKTot39iQuLSiHBQI62tAKkxA=", "sha256 xWX+A8qbYkLgHf3e/pu6PZiycOGc0C/YXOr3XislvxI=", "crc32c b6UdmA=="];
/// The same for `56789`.
const OF_56789: [&str; 3] = ["sha1 8iMdKHHmkKKZVwT3ope9e8ZL5yA=", "sha256 92BDp07DO2rvuyiQUPr3qo1IIJVHc5fj5jNFEl1J9Sc=", "crc32c g7Vl2A=="];

async fn append_checked(owner: &Seat, id: FileId, offset: u64, checksum: &str, bytes: impl Into<Body>) -> Response {
    owner.chunk(id, offset).header("upload-checksum", checksum).body(bytes).send().await.unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    format!("sha256 {}", STANDARD.encode(Sha256::digest(bytes)))
}

#[tokio::test]
async fn a_chunk_with_its_checksum_is_taken_whatever_the_algorithm() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (first, second) in OF_01234.into_iter().zip(OF_56789) {
        let id = owner.add_file("a.txt", 10).await;
        for (offset, checksum, bytes, end) in [(0, first, "01234", "5"), (5, second, "56789", "10")] {
            let response = append_checked(&owner, id, offset, checksum, bytes).await;
            assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (204, end), "{checksum}");
        }
        assert_eq!(owner.entry(id).await.crc32, Some(0xa684_c7c6));
        assert_eq!(owner.download(id).await, b"0123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_empty_chunk_has_a_checksum_too() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    for checksum in ["sha1 2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha256 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "crc32c AAAAAA=="] {
        assert_eq!(append_checked(&owner, id, 0, checksum, "").await.status(), 204, "{checksum}");
    }
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_with_the_checksum_of_another_leaves_the_offset_where_it_was() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (first, second) in OF_01234.into_iter().zip(OF_56789) {
        let id = owner.add_file("a.txt", 10).await;
        refused(append_checked(&owner, id, 0, second, "01234").await, 460, "checksum_mismatch").await;
        assert_eq!(owner.offset(id).await, 0, "{second}");
        assert_eq!(append_checked(&owner, id, 0, first, "01234").await.status(), 204);

        // The last chunk does not complete the file when its bytes are not those of its checksum.
        for bytes in ["5678x", "01234"] {
            refused(append_checked(&owner, id, 5, second, bytes).await, 460, "checksum_mismatch").await;
            assert_eq!(owner.offset(id).await, 5, "{second}");
            let entry = owner.entry(id).await;
            assert_ne!(entry.state, FileState::Complete);
            assert_eq!(entry.offset_bytes, 5);
        }
        assert_eq!(append_checked(&owner, id, 5, second, "56789").await.status(), 204);
        assert_eq!(owner.entry(id).await.crc32, Some(0xa684_c7c6));
        assert_eq!(owner.download(id).await, b"0123456789");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_checksum_that_cannot_be_checked_is_refused_with_its_chunk() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    for checksum in [
        "md5 QQDBFuT96RFCljgPvdOGqQ==",
        "sha512 AAAA",
        "crc32 3aRwJA==",
        "SHA1 EZBKTot39iQuLSiHBQI62tAKkxA=",
        "Sha256 xWX+A8qbYkLgHf3e/pu6PZiycOGc0C/YXOr3XislvxI=",
        "",
        "sha1",
        "sha1 ",
        "EZBKTot39iQuLSiHBQI62tAKkxA=",
        "sha1:EZBKTot39iQuLSiHBQI62tAKkxA=",
        "sha1 not-base64!",
        // In hexadecimal digits, with too few bytes, and with the length of another algorithm.
        "sha1 11904a4e8b77f6242e2d288705023adad00a9310",
        "sha1 EZBK",
        "crc32c EZBKTot39iQuLSiHBQI62tAKkxA=",
    ] {
        refused(append_checked(&owner, id, 0, checksum, "01234").await, 400, "malformed_request").await;
    }
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_with_a_checksum_that_is_too_long_is_dropped_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let whole = sha256(b"0123456789x");
    refused(append_checked(&owner, id, 0, &whole, "0123456789x").await, 413, "body_too_long").await;
    assert_eq!(owner.offset(id).await, 0);
    let unannounced = futures::stream::iter(["01234", "56789", "x"].map(Ok::<_, std::convert::Infallible>));
    refused(append_checked(&owner, id, 0, &whole, Body::wrap_stream(unannounced)).await, 413, "body_too_long").await;
    assert_eq!(owner.offset(id).await, 0);
    assert_eq!(owner.append(id, 0, "0123456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

/// More bytes than the socket buffers hold: once they are sent, the server has most of them.
const MUCH: u64 = 24 << 20;

/// Begins a chunk at offset 5 that has a checksum, and sends half of it.
async fn begin_half(owner: &Seat, id: FileId) -> tokio::net::TcpStream {
    let headers = [("upload-offset", "5"), ("upload-checksum", OF_01234[1])];
    begin_upload(owner, "PATCH", &owner.file(id), &headers, 2 * MUCH, &vec![7; usize::try_from(MUCH).unwrap()]).await
}

#[tokio::test]
async fn a_chunk_with_a_checksum_that_breaks_off_is_dropped_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.bin", 5 + 2 * MUCH).await;
    assert_eq!(append_checked(&owner, id, 0, OF_01234[0], "01234").await.status(), 204);
    drop(begin_half(&owner, id).await);
    assert_eq!(owner.offset(id).await, 5);
    assert_eq!(append_checked(&owner, id, 5, OF_56789[0], "56789").await.status(), 204);
    assert_eq!(owner.offset(id).await, 10);

    // The dropped bytes do not come back after a restart.
    let app = TestApp::on(app.stop().await, &[], TIMEOUTS).await;
    let owner = owner.at(&app);
    assert_eq!(owner.offset(id).await, 10);
    assert_eq!(owner.close().await, 204);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_with_a_checksum_that_a_kill_cut_is_dropped_whole() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.add_file("a.bin", 5 + 2 * MUCH).await;
    assert_eq!(append_checked(&owner, id, 0, OF_01234[0], "01234").await.status(), 204);
    let _cut = begin_half(&owner, id).await;
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(owner.offset(id).await, 5);
    assert_eq!(append_checked(&owner, id, 5, OF_56789[0], "56789").await.status(), 204);
    let download = owner.request(reqwest::Method::GET, &owner.file(id)).header("range", "bytes=0-9").send().await.unwrap();
    assert_eq!(download.text().await.unwrap(), "0123456789");
}

#[tokio::test]
async fn nobody_ever_reads_the_bytes_of_a_chunk_that_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let whole = noise(6 << 20);
    let (first, rest) = whole.split_at(1 << 20);
    let (second, third) = rest.split_at(3 << 20);
    let id = owner.add_file("a.bin", whole.len() as u64).await;
    let mut download = guest.get(&guest.file(id)).await;
    let reading = tokio::spawn(async move {
        let mut received = Vec::new();
        while let Some(bytes) = next_bytes(&mut download).await.unwrap() {
            received.extend_from_slice(&bytes);
        }
        received
    });

    assert_eq!(append_checked(&owner, id, 0, &sha256(first), first.to_vec()).await.status(), 204);
    let mut damaged = second.to_vec();
    *damaged.last_mut().unwrap() ^= 1;
    damaged[0] ^= 1;
    let refusal = append_checked(&owner, id, 1 << 20, &sha256(second), damaged).await;
    refused(refusal, 460, "checksum_mismatch").await;
    assert_eq!(append_checked(&owner, id, 1 << 20, &sha256(second), second.to_vec()).await.status(), 204);
    assert_eq!(owner.append(id, 4 << 20, third.to_vec()).await.status(), 204);
    assert!(reading.await.unwrap() == whole, "the reader got other bytes");
    assert!(owner.download(id).await == whole, "the bytes differ");
    app.finish().await;
}
