//! The plain form that uploads files, written as browsers write it, and what the server answers to it.

use app::{room::FileState, wire};
use reqwest::{Body, Method, Response};

use crate::seat::{Seat, header};

pub(crate) const MULTIPART: &str = "multipart/form-data; boundary=----Form7MA4YWxk";
pub(crate) const DELIMITER: &str = "------Form7MA4YWxk";
pub(crate) const END: &str = "------Form7MA4YWxk--\r\n";

/// The beginning of a file in a form, up to its bytes.
pub(crate) fn file_head(name: &str) -> String {
    let disposition = format!("Content-Disposition: form-data; name=\"files\"; filename=\"{name}\"");
    format!("{DELIMITER}\r\n{disposition}\r\nContent-Type: text/plain\r\n\r\n")
}

/// A form with these files, as browsers write it.
pub(crate) fn form<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, bytes) in files {
        body.extend([file_head(name).as_bytes(), bytes, b"\r\n"].concat());
    }
    body.extend(END.as_bytes());
    body
}

pub(crate) fn cookie(seat: &Seat) -> String {
    format!("snapdrop-{}={}", seat.pin(), seat.entered.token)
}

/// Sends a form with these headers to the room in which `room` is a seat, and returns the answer.
pub(crate) async fn send(room: &Seat, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let request = room.door.request(Method::POST, &wire::upload_form(&room.entered.pin));
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(body).send().await.unwrap()
}

/// Sends a form as this member, and returns the address that the server redirects to.
pub(crate) async fn submit(seat: &Seat, body: impl Into<Body>) -> String {
    let response = send(seat, &[("cookie", &cookie(seat)), ("content-type", MULTIPART)], body).await;
    assert_eq!(response.status(), 303);
    header(&response, "location").to_owned()
}

pub(crate) fn room_page(seat: &Seat) -> String {
    format!("/r/{}", seat.pin())
}

/// The address that the server redirects to when it refuses a form with this problem.
pub(crate) fn told(seat: &Seat, problem: &str) -> String {
    format!("/r/{}?problem={problem}", seat.pin())
}

/// The names of the files in the room. Checks that all of them are complete.
pub(crate) async fn complete(seat: &Seat) -> Vec<String> {
    let files = seat.room().await.files;
    assert!(files.iter().all(|file| file.state == FileState::Complete && file.size_bytes == Some(file.offset_bytes)), "{files:?}");
    files.iter().map(|file| file.name.to_string()).collect()
}
