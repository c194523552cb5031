//! Ranges of the archive: its download can be resumed like that of a file, although the archive is not stored on disk.

use app::wire;
use bytes::Bytes;
use reqwest::{Method, Response};

use crate::{
    byteranges::parts,
    door::refused,
    seat::{Seat, header},
    test_app::TestApp,
};

async fn ask(seat: &Seat, method: Method, headers: &[(&str, &str)]) -> Response {
    let request = seat.request(method, &wire::archive(&seat.entered.pin));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

async fn get(seat: &Seat, headers: &[(&str, &str)]) -> Response {
    ask(seat, Method::GET, headers).await
}

/// A room whose archive has an empty file, a folder, and a file that takes more than one read.
async fn room_with_files(app: &TestApp) -> Seat {
    let owner = app.create_room().await;
    let noise: Vec<u8> = (0..1_200_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    owner.upload("a.txt", b"first").await;
    owner.upload("☕/noise.bin", &noise).await;
    owner.upload("empty", b"").await;
    owner.upload("☕/last.txt", &[b'x'; 3000]).await;
    owner
}

/// The whole archive and its entity tag.
async fn whole(seat: &Seat) -> (Bytes, String) {
    let response = seat.archive().await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "accept-ranges"), "bytes");
    let etag = header(&response, "etag").to_owned();
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "not a strong entity tag: {etag}");
    (response.bytes().await.unwrap(), etag)
}

/// Forty offsets at which a download is cut. Borders of the archive's records are among them.
fn cuts(size: usize) -> Vec<usize> {
    let spread = (0..28).map(|index| 1 + index * (size - 2) / 27);
    let near_the_start = [0, 1, 29, 30, 35, 36, 40, 41];
    let near_the_end = [size - 22, size - 23, size - 1, size - 100];
    near_the_start.into_iter().chain(near_the_end).chain(spread).collect()
}

#[tokio::test]
async fn an_archive_goes_on_wherever_it_was_cut() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (whole, etag) = whole(&owner).await;
    let cuts = cuts(whole.len());
    assert_eq!(cuts.len(), 40);
    for cut in cuts {
        let range = format!("bytes={cut}-");
        let response = get(&owner, &[("range", range.as_str()), ("if-range", etag.as_str())]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(header(&response, "content-range"), format!("bytes {cut}-{}/{}", whole.len() - 1, whole.len()));
        assert_eq!(header(&response, "content-length"), (whole.len() - cut).to_string());
        assert_eq!(header(&response, "etag"), etag);
        assert!(response.bytes().await.unwrap() == whole[cut..], "the bytes from {cut} on differ");
    }
    app.finish().await;
}

#[tokio::test]
async fn every_piece_of_an_archive_is_that_of_the_whole() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (whole, _) = whole(&owner).await;
    let mut cuts = cuts(whole.len());
    cuts.sort_unstable();
    cuts.dedup();
    for piece in cuts.windows(2) {
        let (first, end) = (piece[0], piece[1]);
        let range = format!("bytes={first}-{}", end - 1);
        let response = get(&owner, &[("range", range.as_str())]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert!(response.bytes().await.unwrap() == whole[first..end], "{range} differs");
    }
    app.finish().await;
}

#[tokio::test]
async fn several_ranges_of_an_archive_are_parts_of_one_answer() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (whole, _) = whole(&owner).await;
    let size = whole.len();
    let found = parts(get(&owner, &[("range", "bytes=1000-700000,0-99,-50")]).await).await;
    let expected = [(1000, 700_001), (0, 100), (size - 50, size)];
    assert_eq!(found.len(), expected.len());
    for (part, (first, end)) in found.iter().zip(expected) {
        assert_eq!(part.content_range, format!("bytes {first}-{}/{size}", end - 1));
        assert_eq!(part.media_type, "application/zip");
        assert!(part.bytes == whole[first..end], "{} differs", part.content_range);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_last_bytes_of_an_archive_lead_to_its_directory() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let end = get(&owner, &[("range", "bytes=-22")]).await.bytes().await.unwrap();
    assert_eq!(end[..4], *b"PK\x05\x06");
    let field = |at: usize| u32::from_le_bytes(end[at..at + 4].try_into().unwrap());
    let (size, start) = (field(12), field(16));
    let range = format!("bytes={start}-{}", start + size - 1);
    let directory = get(&owner, &[("range", range.as_str())]).await.bytes().await.unwrap();
    assert_eq!(directory[..4], *b"PK\x01\x02");
    assert_eq!(directory.windows(4).filter(|window| *window == b"PK\x01\x02").count(), 4);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_with_another_file_in_it_is_begun_anew() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (_, old) = whole(&owner).await;
    owner.upload("another.txt", b"another").await;
    let (new, etag) = whole(&owner).await;
    assert_ne!(etag, old);
    for range in ["bytes=100-", "bytes=0-1,100-", "bytes=99999999-"] {
        let response = get(&owner, &[("range", range), ("if-range", old.as_str())]).await;
        assert_eq!(response.status(), 200, "{range}");
        assert_eq!(header(&response, "content-length"), new.len().to_string());
        assert!(response.bytes().await.unwrap() == new, "{range}: the bytes differ");
    }
    app.finish().await;
}

#[tokio::test]
async fn an_archive_is_another_one_only_when_its_files_are() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (bytes, before) = whole(&owner).await;
    let id = owner.add_file("running.txt", 10).await;
    owner.append(id, 0, "01234").await;
    app.join(&owner, "Ada").await;
    assert!(whole(&owner).await == (bytes, before.clone()), "the archive has changed");

    owner.append(id, 5, "56789").await;
    let (_, completed) = whole(&owner).await;
    assert_ne!(completed, before);
    assert_eq!(owner.remove(id).await, 204);
    let (_, removed) = whole(&owner).await;
    assert_ne!(removed, completed);
    app.finish().await;
}

#[tokio::test]
async fn an_archive_that_is_known_is_not_sent_again() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let (_, etag) = whole(&owner).await;
    for known in ["*", &etag, &format!("W/{etag}"), &format!("\"other\", {etag}")] {
        let response = get(&owner, &[("if-none-match", known)]).await;
        assert_eq!((response.status().as_u16(), header(&response, "etag")), (304, etag.as_str()), "{known}");
        assert_eq!(response.bytes().await.unwrap(), "");
    }
    assert_eq!(get(&owner, &[("if-none-match", "\"other\"")]).await.status(), 200);
    refused(get(&owner, &[("if-match", "\"other\"")]).await, 412, "precondition_failed").await;
    assert_eq!(get(&owner, &[("if-match", etag.as_str())]).await.status(), 200);
    owner.upload("another.txt", b"another").await;
    assert_eq!(get(&owner, &[("if-none-match", etag.as_str())]).await.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn a_range_outside_an_archive_is_refused_with_its_length() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let size = whole(&owner).await.0.len();
    let beyond = format!("bytes={size}-");
    for range in [beyond.as_str(), "bytes=-0"] {
        let response = get(&owner, &[("range", range)]).await;
        assert_eq!(header(&response, "content-range"), format!("bytes */{size}"), "{range}");
        refused(response, 416, "range_not_satisfiable").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn the_head_of_an_archive_is_that_of_the_download() {
    let app = TestApp::start().await;
    let owner = room_with_files(&app).await;
    let asked: [&[(&str, &str)]; 4] =
        [&[], &[("range", "bytes=100-200000")], &[("range", "bytes=0-1,500-600")], &[("range", "bytes=99999999-")]];
    for headers in asked {
        let head = ask(&owner, Method::HEAD, headers).await;
        let got = get(&owner, headers).await;
        assert_eq!(head.status(), got.status(), "{headers:?}");
        for name in ["content-length", "content-range", "etag", "accept-ranges", "content-disposition", "x-content-type-options"] {
            assert_eq!(header(&head, name), header(&got, name), "{headers:?}: {name}");
        }
        assert_eq!(head.bytes().await.unwrap(), "", "{headers:?}");
    }
    app.finish().await;
}
