//! Hostile file names: the list shows them unchanged, downloads offer a safe name, and none is used on the server's disk.

use crate::{
    seat::header,
    test_app::{TestApp, files_on_disk},
};

/// File names, and the `Content-Disposition` of a download of each.
const NAMES: [(&str, &str); 11] = [
    ("plain.txt", r#"attachment; filename="plain.txt"; filename*=UTF-8''plain.txt"#),
    ("☕ menu.pdf", r#"attachment; filename="_ menu.pdf"; filename*=UTF-8''%E2%98%95%20menu.pdf"#),
    (r#"say "hi".txt"#, r#"attachment; filename="say _hi_.txt"; filename*=UTF-8''say%20%22hi%22.txt"#),
    ("../../etc/passwd", r#"attachment; filename="passwd"; filename*=UTF-8''passwd"#),
    ("..", r#"attachment; filename="file"; filename*=UTF-8''file"#),
    ("photos/day 1/a.jpg", r#"attachment; filename="a.jpg"; filename*=UTF-8''a.jpg"#),
    ("C:\\temp\\x.txt", r#"attachment; filename="x.txt"; filename*=UTF-8''x.txt"#),
    ("two\r\nset-cookie: a=b", r#"attachment; filename="two__set-cookie: a=b"; filename*=UTF-8''two__set-cookie%3A%20a%3Db"#),
    ("nul\0.bin", r#"attachment; filename="nul_.bin"; filename*=UTF-8''nul_.bin"#),
    (
        "<img src=x onerror=alert(1)>",
        "attachment; filename=\"<img src=x onerror=alert(1)>\"; filename*=UTF-8''%3Cimg%20src%3Dx%20onerror%3Dalert%281%29%3E",
    ),
    ("invoice\u{202e}fdp.exe", r#"attachment; filename="invoicefdp.exe"; filename*=UTF-8''invoicefdp.exe"#),
];

#[tokio::test]
async fn a_name_is_listed_as_it_is_and_offered_as_a_safe_one() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for (name, disposition) in NAMES {
        let id = owner.upload(name, name.as_bytes()).await;
        assert_eq!(owner.entry(id).await.name.as_str(), name);
        let response = owner.get(&owner.file(id)).await;
        assert_eq!(header(&response, "content-disposition"), disposition);
        assert_eq!(header(&response, "set-cookie"), "");
        assert_eq!(response.bytes().await.unwrap(), name.as_bytes());
    }
    app.finish().await;
}

#[tokio::test]
async fn a_name_of_255_bytes_is_kept_whole() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let name = format!("{}.txt", "é".repeat(125) + "x");
    assert_eq!(name.len(), 255);
    let id = owner.upload(&name, b"long").await;
    assert_eq!(owner.entry(id).await.name.as_str(), name);
    let response = owner.get(&owner.file(id)).await;
    let extended = format!("filename*=UTF-8''{}x.txt", "%C3%A9".repeat(125));
    assert!(header(&response, "content-disposition").ends_with(&extended));
    assert_eq!(response.bytes().await.unwrap(), "long");
    app.finish().await;
}

#[tokio::test]
async fn no_name_reaches_the_disk() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let id = owner.upload("../../../outside.txt", b"inside").await;
    assert_eq!(files_on_disk(app.folder()), [id.to_string()]);
    app.finish().await;
}

#[tokio::test]
async fn files_of_the_same_name_are_two_files() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let (one, two) = (owner.upload("same.txt", b"one").await, owner.upload("same.txt", b"two").await);
    assert_eq!(owner.room().await.files.len(), 2);
    assert_eq!(owner.download(one).await, b"one");
    assert_eq!(owner.download(two).await, b"two");
    app.finish().await;
}
