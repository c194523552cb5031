//! Ranges of a file: several at once, under conditions, and of a file that is still arriving (RFC 9110).

use reqwest::{Method, Response};

use crate::{
    byteranges::{Part, parts},
    door::refused,
    seat::{Seat, header, id_in_location, metadata},
    test_app::TestApp,
};

async fn ask(seat: &Seat, method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let request = headers.iter().fold(seat.request(method, path), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap()
}

async fn get(seat: &Seat, path: &str, headers: &[(&str, &str)]) -> Response {
    ask(seat, Method::GET, path, headers).await
}

/// A room with one file of ten bytes: its owner, the file's address and its entity tag.
async fn ten_bytes(app: &TestApp) -> (Seat, String, String) {
    let owner = app.create_room().await;
    let id = owner.upload("a.txt", b"0123456789").await;
    let path = owner.file(id);
    (owner, path, format!("\"{id}\""))
}

#[tokio::test]
async fn several_ranges_are_parts_of_one_answer_in_the_order_asked() {
    let app = TestApp::start().await;
    let (owner, path, _) = ten_bytes(&app).await;
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("bytes=0-1,4-5,-1", &[("bytes 0-1/10", "01"), ("bytes 4-5/10", "45"), ("bytes 9-9/10", "9")]),
        ("bytes=8-,0-0", &[("bytes 8-9/10", "89"), ("bytes 0-0/10", "0")]),
        ("bytes=-2,3-4", &[("bytes 8-9/10", "89"), ("bytes 3-4/10", "34")]),
        ("bytes=0-0, 2-2,\t5-99", &[("bytes 0-0/10", "0"), ("bytes 2-2/10", "2"), ("bytes 5-9/10", "56789")]),
        ("bytes=0-1,1-2,8-9", &[("bytes 0-2/10", "012"), ("bytes 8-9/10", "89")]),
    ];
    for (range, expected) in cases {
        let found = parts(get(&owner, &path, &[("range", range)]).await).await;
        assert_eq!(found.iter().map(Part::text).collect::<Vec<_>>(), expected, "{range}");
        assert!(found.iter().all(|part| part.media_type == "text/plain"), "{range}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ranges_that_touch_or_overlap_are_one() {
    let app = TestApp::start().await;
    let (owner, path, _) = ten_bytes(&app).await;
    for (range, content_range, bytes) in [
        ("bytes=0-4,3-6", "bytes 0-6/10", "0123456"),
        ("bytes=0-1,2-3", "bytes 0-3/10", "0123"),
        ("bytes=5-6,5-6", "bytes 5-6/10", "56"),
        ("bytes=0-,2-3", "bytes 0-9/10", "0123456789"),
    ] {
        let response = get(&owner, &path, &[("range", range)]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(header(&response, "content-range"), content_range, "{range}");
        assert_eq!(header(&response, "content-length"), bytes.len().to_string(), "{range}");
        assert_eq!(header(&response, "content-type"), "text/plain", "{range}");
        assert_eq!(response.text().await.unwrap(), bytes, "{range}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ranges_beyond_the_end_are_left_out() {
    let app = TestApp::start().await;
    let (owner, path, _) = ten_bytes(&app).await;
    let found = parts(get(&owner, &path, &[("range", "bytes=0-1,20-30,8-9,-0")]).await).await;
    assert_eq!(found.iter().map(Part::text).collect::<Vec<_>>(), [("bytes 0-1/10", "01"), ("bytes 8-9/10", "89")]);
    for range in ["bytes=3-4,10-", "bytes=-0,3-4"] {
        let response = get(&owner, &path, &[("range", range)]).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(header(&response, "content-range"), "bytes 3-4/10", "{range}");
        assert_eq!(response.text().await.unwrap(), "34", "{range}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ranges_that_are_all_beyond_the_end_are_refused_with_the_length() {
    let app = TestApp::start().await;
    let (owner, path, _) = ten_bytes(&app).await;
    let response = get(&owner, &path, &[("range", "bytes=10-,20-30,-0")]).await;
    assert_eq!(header(&response, "content-range"), "bytes */10");
    refused(response, 416, "range_not_satisfiable").await;
    let head = ask(&owner, Method::HEAD, &path, &[("range", "bytes=10-,20-30")]).await;
    assert_eq!((head.status().as_u16(), header(&head, "content-range")), (416, "bytes */10"));
    app.finish().await;
}

#[tokio::test]
async fn ranges_that_cannot_be_read_give_the_whole_file() {
    let app = TestApp::start().await;
    let (owner, path, _) = ten_bytes(&app).await;
    for range in
        ["bytes=5-2", "bytes=0-1,5-2", "bytes=0-1,five", "bytes=0-1;4-5", "bytes=-", "bytes=0-1-2", "lines=0-1,3-4", "bytes=", "0-1"]
    {
        let response = get(&owner, &path, &[("range", range)]).await;
        assert_eq!(response.status(), 200, "{range}");
        assert_eq!(header(&response, "content-range"), "", "{range}");
        assert_eq!(response.text().await.unwrap(), "0123456789", "{range}");
    }
    app.finish().await;
}

#[tokio::test]
async fn sixty_four_ranges_are_served_and_one_more_gives_the_whole_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let bytes: Vec<u8> = (0..200).collect();
    let path = owner.file(owner.upload("a.bin", &bytes).await);
    let every_third = |count: usize| {
        let ranges: Vec<String> = (0..count).map(|index| format!("{0}-{0}", 3 * index)).collect();
        format!("bytes={}", ranges.join(","))
    };
    let (most, too_many) = (every_third(64), every_third(65));
    let found = parts(get(&owner, &path, &[("range", most.as_str())]).await).await;
    let first: Vec<u8> = found.iter().map(|part| part.bytes[0]).collect();
    assert_eq!(first, (0..64).map(|index| 3 * index).collect::<Vec<u8>>());
    let response = get(&owner, &path, &[("range", too_many.as_str())]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.bytes().await.unwrap(), bytes);
    app.finish().await;
}

#[tokio::test]
async fn ten_thousand_ranges_are_answered_like_none_or_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = owner.file(owner.upload("a.bin", &[7; 30_000]).await);
    for first in [0, 30_000] {
        let ranges: Vec<String> = (0..10_000).map(|index| format!("{0}-{0}", first + 3 * index)).collect();
        let asked = format!("bytes={}", ranges.join(","));
        let response = get(&owner, &path, &[("range", asked.as_str())]).await;
        let expected: &[u16] = if first == 0 { &[200] } else { &[200, 416] };
        assert!(expected.contains(&response.status().as_u16()), "{}", response.status());
    }
    app.finish().await;
}

#[tokio::test]
async fn the_head_of_several_ranges_is_that_of_the_download() {
    let app = TestApp::start().await;
    let (owner, path, etag) = ten_bytes(&app).await;
    for range in ["bytes=0-1,4-5", "bytes=0-1,1-5"] {
        let head = ask(&owner, Method::HEAD, &path, &[("range", range)]).await;
        let got = get(&owner, &path, &[("range", range)]).await;
        assert_eq!((head.status().as_u16(), header(&head, "etag")), (206, etag.as_str()), "{range}");
        for name in ["content-length", "content-range", "accept-ranges", "content-disposition", "x-content-type-options"] {
            assert_eq!(header(&head, name), header(&got, name), "{range}: {name}");
        }
        assert_eq!(head.bytes().await.unwrap(), "", "{range}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ranges_are_served_only_of_the_file_that_was_begun() {
    let app = TestApp::start().await;
    let (owner, path, etag) = ten_bytes(&app).await;
    let weak = format!("W/{etag}");
    for range in ["bytes=5-", "bytes=0-1,4-5"] {
        for (known, status) in [(etag.as_str(), 206), ("\"other\"", 200), (weak.as_str(), 200), ("Tue, 15 Nov 1994 12:45:26 GMT", 200)] {
            let response = get(&owner, &path, &[("range", range), ("if-range", known)]).await;
            assert_eq!(response.status(), status, "{range} {known}");
        }
    }
    // When `If-Range` names another file, the range is ignored, even one beyond the end.
    assert_eq!(get(&owner, &path, &[("range", "bytes=10-"), ("if-range", "\"other\"")]).await.status(), 200);
    app.finish().await;
}

#[tokio::test]
async fn a_file_that_is_known_is_not_sent_again_not_even_a_part_of_it() {
    let app = TestApp::start().await;
    let (owner, path, etag) = ten_bytes(&app).await;
    for known in ["*", &etag, &format!("W/{etag}"), &format!("\"a\", \"b\", {etag}")] {
        for method in [Method::GET, Method::HEAD] {
            let response = ask(&owner, method, &path, &[("if-none-match", known), ("range", "bytes=0-1,4-5")]).await;
            assert_eq!((response.status().as_u16(), header(&response, "etag")), (304, etag.as_str()), "{known}");
        }
    }
    let response = get(&owner, &path, &[("if-none-match", "\"a\", \"b\""), ("range", "bytes=2-3")]).await;
    assert_eq!((response.status().as_u16(), response.text().await.unwrap().as_str()), (206, "23"));
    app.finish().await;
}

#[tokio::test]
async fn whoever_wants_another_file_is_told_that_this_is_not_it() {
    let app = TestApp::start().await;
    let (owner, path, etag) = ten_bytes(&app).await;
    for wanted in ["*", &etag, &format!("\"a\", {etag}")] {
        assert_eq!(get(&owner, &path, &[("if-match", wanted)]).await.status(), 200, "{wanted}");
        assert_eq!(get(&owner, &path, &[("if-match", wanted), ("range", "bytes=0-1")]).await.status(), 206, "{wanted}");
    }
    for wanted in ["\"a\"", "\"a\", \"b\"", &format!("W/{etag}")] {
        refused(get(&owner, &path, &[("if-match", wanted)]).await, 412, "precondition_failed").await;
        refused(get(&owner, &path, &[("if-match", wanted), ("range", "bytes=10-")]).await, 412, "precondition_failed").await;
        assert_eq!(ask(&owner, Method::HEAD, &path, &[("if-match", wanted)]).await.status(), 412, "{wanted}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ranges_of_a_running_upload_wait_for_their_bytes() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.add_file("a.txt", 10).await;
    assert_eq!(owner.append(id, 0, "01234").await.status(), 204);
    let response = get(&owner, &owner.file(id), &[("range", "bytes=7-8,0-1")]).await;
    assert_eq!(owner.append(id, 5, "56789").await.status(), 204);
    let found = parts(response).await;
    assert_eq!(found.iter().map(Part::text).collect::<Vec<_>>(), [("bytes 7-8/10", "78"), ("bytes 0-1/10", "01")]);
    app.finish().await;
}

#[tokio::test]
async fn a_range_of_a_file_whose_length_nobody_knows_gives_the_whole_file() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let request = owner.creation().header("upload-defer-length", 1).header("upload-metadata", metadata("a.txt"));
    let id = id_in_location(&request.send().await.unwrap());
    assert_eq!(owner.append(id, 0, "01234").await.status(), 204);
    let response = get(&owner, &owner.file(id), &[("range", "bytes=2-3")]).await;
    assert_eq!(response.status(), 200);
    assert_eq!((header(&response, "content-length"), header(&response, "content-range")), ("", ""));
    assert_eq!(owner.chunk(id, 5).header("upload-length", 10).body("56789").send().await.unwrap().status(), 204);
    assert_eq!(response.text().await.unwrap(), "0123456789");
    assert_eq!(get(&owner, &owner.file(id), &[("range", "bytes=2-3")]).await.status(), 206);
    app.finish().await;
}

#[tokio::test]
async fn an_empty_file_has_no_ranges() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let path = owner.file(owner.upload("empty", b"").await);
    for range in ["bytes=0-", "bytes=0-0", "bytes=0-0,1-1", "bytes=-0"] {
        let response = get(&owner, &path, &[("range", range)]).await;
        assert_eq!(header(&response, "content-range"), "bytes */0", "{range}");
        refused(response, 416, "range_not_satisfiable").await;
    }
    app.finish().await;
}
