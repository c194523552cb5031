//! Uploads that go well (tus 1.0.0: core, creation, termination).

use app::room::{FileState, RoomEvent};
use reqwest::Method;

use crate::{
    seat::{header, id_in_location},
    test_app::{TestApp, files_on_disk},
};

#[tokio::test]
async fn a_new_upload_has_an_address_and_no_bytes() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let request = owner.creation().header("upload-length", 11).header("upload-metadata", "filename YS50eHQ=,filetype dGV4dC9wbGFpbg==");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");
    let id = id_in_location(&response);
    assert_eq!(header(&response, "location"), format!("/api/rooms/{}/files/{id}", owner.pin()));

    let entry = owner.entry(id).await;
    assert_eq!(entry.name.as_str(), "a.txt");
    assert_eq!(entry.media_type, "text/plain");
    assert_eq!((entry.size_bytes, entry.offset_bytes), (Some(11), 0));
    assert_eq!((entry.state, entry.crc32), (FileState::Arriving, None));
    app.finish().await;
}

#[tokio::test]
async fn an_upload_without_a_name_gets_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for metadata in [None, Some("filetype dGV4dC9wbGFpbg=="), Some("")] {
        let mut request = owner.creation().header("upload-length", 0);
        if let Some(metadata) = metadata {
            request = request.header("upload-metadata", metadata);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 201, "{metadata:?}");
        assert_eq!(owner.entry(id_in_location(&response)).await.name.as_str(), "unnamed file");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_offset_tells_what_has_arrived() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    let response = owner.append(id, 0, "0123").await;
    assert_eq!(response.status(), 204);
    assert_eq!(header(&response, "upload-offset"), "4");
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");

    let response = owner.ask_offset(id).await;
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "upload-offset"), "4");
    assert_eq!(header(&response, "upload-length"), "10");
    assert_eq!(header(&response, "cache-control"), "no-store");
    assert_eq!(header(&response, "tus-resumable"), "1.0.0");
    app.finish().await;
}

#[tokio::test]
async fn the_offset_comes_with_what_the_upload_was_created_with() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let metadata = "filename YS50eHQ=,filetype dGV4dC9wbGFpbg==";
    let response = owner.creation().header("upload-length", 11).header("upload-metadata", metadata).send().await.unwrap();
    let response = owner.ask_offset(id_in_location(&response)).await;
    assert_eq!(header(&response, "upload-metadata"), metadata);
    app.finish().await;
}

#[tokio::test]
async fn the_last_chunk_completes_the_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 9).await;
    assert_eq!(owner.append(id, 0, "1234").await.status(), 204);
    assert_eq!(owner.append(id, 4, "56789").await.status(), 204);
    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.offset_bytes), (FileState::Complete, 9));
    // The check value of CRC-32/ISO-HDLC.
    assert_eq!(entry.crc32, Some(0xcbf4_3926));
    assert_eq!(owner.offset(id).await, 9);
    assert_eq!(owner.download(id).await, b"123456789");
    app.finish().await;
}

#[tokio::test]
async fn an_empty_file_is_complete_at_once() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("empty", 0).await;
    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.offset_bytes, entry.crc32), (FileState::Complete, 0, Some(0)));
    assert_eq!(owner.download(id).await, b"");
    app.finish().await;
}

#[tokio::test]
async fn five_mebibytes_come_back_byte_for_byte() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let bytes: Vec<u8> = (0..5u32 << 20).map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let id = owner.upload("noise.bin", &bytes).await;
    assert!(guest.download(id).await == bytes, "the bytes differ");
    app.finish().await;
}

#[tokio::test]
async fn an_empty_chunk_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 4).await;
    let response = owner.append(id, 0, "").await;
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (204, "0"));
    assert_eq!(owner.append(id, 0, "full").await.status(), 204);
    let response = owner.append(id, 4, "").await;
    assert_eq!((response.status().as_u16(), header(&response, "upload-offset")), (204, "4"));
    app.finish().await;
}

#[tokio::test]
async fn a_removed_file_is_gone_from_the_list_and_from_disk() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (one, two) = (owner.upload("one.txt", b"1").await, owner.add_file("two.txt", 2).await);
    let mut on_disk = files_on_disk(app.folder());
    on_disk.sort();
    let mut expected = vec![one.to_string(), two.to_string()];
    expected.sort();
    assert_eq!(on_disk, expected);

    assert_eq!(owner.remove(one).await, 204);
    assert_eq!(files_on_disk(app.folder()), [two.to_string()]);
    assert_eq!(owner.remove(two).await, 204);
    assert_eq!(files_on_disk(app.folder()), Vec::<String>::new());
    assert_eq!(owner.room().await.files, []);
    assert_eq!(owner.remove(one).await, 404);
    app.finish().await;
}

#[tokio::test]
async fn a_file_can_be_removed_without_speaking_tus() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"a").await;
    assert_eq!(owner.request(Method::DELETE, &owner.file(id)).send().await.unwrap().status(), 204);
    assert_eq!(owner.room().await.files, []);
    app.finish().await;
}

#[tokio::test]
async fn everybody_hears_of_a_file_from_its_announcement_to_its_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Ada").await;
    let mut socket = guest.listen().await;
    let id = owner.upload("a.txt", b"123456789").await;
    let RoomEvent::FileAdded { file } = socket.event().await else { panic!("no file was added") };
    assert_eq!((file.id, file.name.as_str(), file.size_bytes), (id, "a.txt", Some(9)));
    assert_eq!(socket.event().await, RoomEvent::FileCompleted { id, crc32: 0xcbf4_3926 });
    let RoomEvent::FileDigested { id: summed, sha256 } = socket.event().await else { panic!("no file was summed") };
    assert_eq!(summed, id);
    assert_eq!(sha256.to_string(), "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225");
    owner.remove(id).await;
    assert_eq!(socket.event().await, RoomEvent::FileRemoved { id });
    app.finish().await;
}
