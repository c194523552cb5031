//! The date of a file: when its sender changed it last. It goes along with the file, in downloads and in archives.

use std::io::Cursor;

use app::room::FileId;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Response, header::HeaderMap};
use zip::{ZipArchive, extra_fields::ExtraField};

use crate::{
    seat::{Seat, header, id_in_location},
    test_app::TestApp,
};

/// 2019-03-04 05:06:07.890 UTC.
const MOMENT_MS: u64 = 1_551_675_967_890;
const MOMENT: &str = "Mon, 04 Mar 2019 05:06:07 GMT";

/// Uploads a file that was changed at this moment.
async fn upload(seat: &Seat, unix_ms: u64) -> FileId {
    let metadata = format!("filename {},lastmodified {}", STANDARD.encode("a.txt"), STANDARD.encode(unix_ms.to_string()));
    let response = seat.creation().header("upload-length", 10).header("upload-metadata", metadata).send().await.unwrap();
    let id = id_in_location(&response);
    assert_eq!(seat.append(id, 0, b"0123456789".to_vec()).await.status(), 204);
    id
}

async fn get(seat: &Seat, id: FileId, headers: &[(&'static str, &str)]) -> Response {
    let headers: HeaderMap = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
    seat.request(Method::GET, &seat.file(id)).headers(headers).send().await.unwrap()
}

#[tokio::test]
async fn a_download_says_when_the_file_was_changed_and_can_be_asked_for_by_that() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = upload(&owner, MOMENT_MS).await;
    assert_eq!(header(&get(&owner, id, &[]).await, "last-modified"), MOMENT);
    for (headers, status) in [
        (&[("if-modified-since", MOMENT)][..], 304),
        (&[("if-modified-since", "Mon, 04 Mar 2019 05:06:06 GMT")], 200),
        // An entity tag decides alone.
        (&[("if-modified-since", MOMENT), ("if-none-match", "\"other\"")], 200),
        (&[("range", "bytes=5-"), ("if-range", MOMENT)], 206),
        (&[("range", "bytes=5-"), ("if-range", "Mon, 04 Mar 2019 05:06:06 GMT")], 200),
        (&[("range", "bytes=5-"), ("if-range", "Mon, 04 Mar 2019 05:06:08 GMT")], 200),
        (&[("if-unmodified-since", MOMENT)], 200),
        (&[("if-unmodified-since", "Mon, 04 Mar 2019 05:06:06 GMT")], 412),
    ] {
        assert_eq!(get(&owner, id, headers).await.status(), status, "{headers:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_file_of_the_future_or_without_a_date_was_changed_when_it_was_added() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(1);
    for id in [upload(&owner, u64::MAX).await, owner.upload("b.txt", b"0123456789").await] {
        let response = get(&owner, id, &[]).await;
        let date = httpdate::parse_http_date(header(&response, "last-modified")).unwrap();
        assert!((before..=std::time::SystemTime::now()).contains(&date), "{date:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_file_in_an_archive_keeps_its_date() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for unix_ms in [MOMENT_MS, 0] {
        upload(&owner, unix_ms).await;
    }
    let bytes = owner.archive().await.bytes().await.unwrap();
    let mut archive = ZipArchive::new(Cursor::new(bytes)).unwrap();
    let dates: Vec<_> = (0..archive.len())
        .map(|index| {
            let file = archive.by_index(index).unwrap();
            let exact = file.extra_data_fields().find_map(|field| match field {
                ExtraField::ExtendedTimestamp(timestamp) => timestamp.mod_time(),
                _ => None,
            });
            (file.last_modified().unwrap().to_string(), exact)
        })
        .collect();
    // The date of the format has even seconds only and begins in 1980.
    let expected = [("2019-03-04 05:06:06", Some(1_551_675_967)), ("1980-01-01 00:00:00", Some(0))];
    assert_eq!(dates, expected.map(|(date, exact)| (date.to_owned(), exact)));
    app.finish().await;
}
