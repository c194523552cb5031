//! Uploads and chunks that are refused, which leaves the files and the room as they were.

use app::room::{FileId, FileState};
use bytes::Bytes;
use reqwest::{Body, Response};

use crate::{
    door::refused,
    seat::{Seat, header, metadata},
    test_app::{TestApp, files_on_disk},
};

async fn create(owner: &Seat, name: &'static str, value: &str) -> Response {
    owner.creation().header(name, value).send().await.unwrap()
}

#[tokio::test]
async fn an_upload_needs_a_length() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    refused(owner.creation().send().await.unwrap(), 400, "malformed_request").await;
    for length in ["", "ten", "1.5", "0x10", "1e3", "１"] {
        refused(create(&owner, "upload-length", length).await, 400, "malformed_request").await;
    }
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_length_must_be_one_that_a_file_can_have() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    refused(create(&owner, "upload-length", "-1").await, 422, "out_of_range").await;
    refused(create(&owner, "upload-length", "18446744073709551616").await, 422, "out_of_range").await;
    refused(create(&owner, "upload-length", "18446744073709551615").await, 413, "file_too_large").await;
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn a_file_larger_than_the_server_takes_is_refused() {
    let app = TestApp::with_flags(&["--max-file-size", "10B"]).await;
    let owner = app.create_room().await;
    refused(create(&owner, "upload-length", "11").await, 413, "file_too_large").await;
    owner.upload("fits.txt", b"0123456789").await;
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_does_not_fit_into_the_room_is_refused() {
    let app = TestApp::with_flags(&["--max-file-size", "10B", "--max-room-size", "15B"]).await;
    let owner = app.create_room().await;
    let first = owner.add_file("first", 10).await;
    refused(create(&owner, "upload-length", "6").await, 413, "room_full").await;
    assert_eq!(files_on_disk(app.folder()), [first.to_string()]);
    owner.upload("fits", b"01234").await;
    owner.remove(first).await;
    owner.upload("fits now", b"0123456789").await;
    app.finish().await;
}

#[tokio::test]
async fn metadata_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for value in ["filename not-base64!", "filename YQ==,filename Yg==", "filename /w==", &format!("filename {}", "YWFh".repeat(3000))] {
        let response = owner.creation().header("upload-length", 1).header("upload-metadata", value).send().await.unwrap();
        refused(response, 400, "malformed_request").await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_file_name_needs_something_to_read_and_has_an_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for name in ["", "  ", "\t\n", &"n".repeat(1025)] {
        let response = owner.creation().header("upload-length", 1).header("upload-metadata", metadata(name)).send().await.unwrap();
        refused(response, 422, "invalid_file_name").await;
    }
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn a_request_without_the_spoken_version_is_told_which_it_is() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    for version in [None, Some("0.2.2"), Some("1.0"), Some("")] {
        for (method, path) in [("POST", owner.files()), ("PATCH", owner.file(id)), ("DELETE", owner.file(id))] {
            // Removing a file without `Tus-Resumable` is allowed.
            if (method, version) == ("DELETE", None) {
                continue;
            }
            let mut request = owner.request(method.parse().unwrap(), &path).header("upload-length", 5);
            if let Some(version) = version {
                request = request.header("tus-resumable", version);
            }
            let response = request.send().await.unwrap();
            assert_eq!(header(&response, "tus-version"), "1.0.0", "{method} {version:?}");
            refused(response, 412, "tus_version").await;
        }
    }
    assert_eq!(owner.room().await.files.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_of_another_media_type_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    for media_type in [None, Some("application/octet-stream"), Some("text/plain")] {
        let mut request = owner.request("PATCH".parse().unwrap(), &owner.file(id)).header("tus-resumable", "1.0.0");
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        let response = request.header("upload-offset", 0).body("12345").send().await.unwrap();
        refused(response, 415, "unsupported_media_type").await;
    }
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_that_does_not_begin_at_the_end_is_told_where_that_is() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    owner.append(id, 0, "0123").await;
    for offset in [0, 3, 5, 10, 11, u64::MAX] {
        let response = owner.append(id, offset, "x").await;
        assert_eq!(header(&response, "upload-offset"), "4");
        assert_eq!(refused(response, 409, "offset_mismatch").await["offset_bytes"], 4);
    }
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    let response = owner.append(id, 0, "0123").await;
    assert_eq!(refused(response, 409, "offset_mismatch").await["offset_bytes"], 10);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_needs_an_offset() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    for (offset, status, code) in [
        (None, 400, "malformed_request"),
        (Some("zero"), 400, "malformed_request"),
        (Some("-1"), 422, "out_of_range"),
        (Some("18446744073709551616"), 422, "out_of_range"),
    ] {
        let mut request = owner.request("PATCH".parse().unwrap(), &owner.file(id));
        request = request.header("tus-resumable", "1.0.0").header("content-type", "application/offset+octet-stream");
        if let Some(offset) = offset {
            request = request.header("upload-offset", offset);
        }
        refused(request.body("12345").send().await.unwrap(), status, code).await;
    }
    assert_eq!(owner.offset(id).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_that_announces_too_much_is_refused_before_a_byte_is_taken() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 5).await;
    refused(owner.append(id, 0, "123456").await, 413, "body_too_long").await;
    assert_eq!(owner.offset(id).await, 0);
    owner.append(id, 0, "12345").await;
    refused(owner.append(id, 5, "6").await, 413, "body_too_long").await;
    assert_eq!(owner.download(id).await, b"12345");
    app.finish().await;
}

/// A body of these frames, which is sent without a `Content-Length`.
fn unannounced(frames: &'static [&'static str]) -> Body {
    let frames = frames.iter().map(|frame| Ok::<_, std::convert::Infallible>(Bytes::from_static(frame.as_bytes())));
    Body::wrap_stream(futures::stream::iter(frames))
}

/// Continues an upload to its end as a tus client does, and returns the downloaded bytes.
async fn continued(owner: &Seat, id: FileId, whole: &[u8]) -> Vec<u8> {
    let offset = owner.offset(id).await;
    let rest = whole[usize::try_from(offset).unwrap()..].to_vec();
    if !rest.is_empty() {
        assert_eq!(owner.append(id, offset, rest).await.status(), 204);
    }
    assert_eq!(owner.entry(id).await.state, FileState::Complete);
    owner.download(id).await
}

#[tokio::test]
async fn a_chunk_of_unannounced_length_is_taken() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, unannounced(&["01234", "56789"])).await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_that_goes_on_too_long_is_cut_and_the_file_can_be_continued() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    refused(owner.append(id, 0, unannounced(&["01234", "56789x"])).await, 413, "body_too_long").await;
    assert_eq!(continued(&owner, id, b"0123456789").await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_that_goes_on_after_the_last_byte_leaves_a_whole_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    refused(owner.append(id, 0, unannounced(&["01234", "56789", "x"])).await, 413, "body_too_long").await;
    assert_eq!(continued(&owner, id, b"0123456789").await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_complete_file_takes_nothing_more_however_it_is_sent() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    refused(owner.append(id, 10, unannounced(&["x"])).await, 413, "body_too_long").await;
    refused(owner.append(id, 10, "x").await, 413, "body_too_long").await;
    refused(owner.append(id, 4, "456789").await, 409, "offset_mismatch").await;
    assert_eq!(owner.append(id, 10, "").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
    app.finish().await;
}

#[tokio::test]
async fn a_chunk_of_megabytes_that_is_refused_is_still_answered() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.bin", 16 << 20).await;
    let response = owner.append(id, 1, vec![0; 8 << 20]).await;
    assert_eq!(refused(response, 409, "offset_mismatch").await["offset_bytes"], 0);
    app.finish().await;
}
