//! The addresses of the server: the paths of pages, of the API and of plain forms. The functions return addresses below the
//! server's base path; the constants are paths, for [`address`].

use super::{address, paths};
use crate::room::{FileId, Pin, SnippetId};

/// One room in the API.
#[must_use]
pub fn room(pin: &Pin) -> String {
    address(&paths::room(pin))
}

/// The address that takes requests to join a room, and to leave it.
#[must_use]
pub fn members(pin: &Pin) -> String {
    format!("{}/members", room(pin))
}

/// The live socket of a room. With `since`, the server sends the events after that revision instead of a snapshot, as
/// far as it still has them.
#[must_use]
pub fn live(pin: &Pin, since: Option<u64>) -> String {
    match since {
        Some(revision) => format!("{}/live?since={revision}", room(pin)),
        None => format!("{}/live", room(pin)),
    }
}

/// The same as [`live`], for a client that takes several messages of the server in one text message, one on each line.
#[must_use]
pub fn live_in_batches(pin: &Pin, since: Option<u64>) -> String {
    let separator = if since.is_some() { '&' } else { '?' };
    format!("{}{separator}batches", live(pin, since))
}

/// The address at which uploads are created.
#[must_use]
pub fn files(pin: &Pin) -> String {
    format!("{}/files", room(pin))
}

/// One file: members get its bytes here, and the owner uploads them and removes the file.
#[must_use]
pub fn file(pin: &Pin, id: FileId) -> String {
    format!("{}/files/{id}", room(pin))
}

/// The bytes of a file for a preview in the page. The server does not count this as a download.
#[must_use]
pub fn preview(pin: &Pin, id: FileId) -> String {
    format!("{}?preview", file(pin, id))
}

/// The bytes of a PDF file, to be shown by the browser's own viewer.
#[must_use]
pub fn view(pin: &Pin, id: FileId) -> String {
    format!("{}/view", file(pin, id))
}

/// The thumbnail of a file.
#[must_use]
pub fn thumbnail(pin: &Pin, id: FileId) -> String {
    format!("{}/thumbnail", file(pin, id))
}

/// The address at which texts to copy are added.
#[must_use]
pub fn snippets(pin: &Pin) -> String {
    format!("{}/snippets", room(pin))
}

/// One text to copy.
#[must_use]
pub fn snippet(pin: &Pin, id: SnippetId) -> String {
    format!("{}/snippets/{id}", room(pin))
}

/// All complete files of a room in one archive.
#[must_use]
pub fn archive(pin: &Pin) -> String {
    format!("{}/archive.zip", room(pin))
}

/// The complete files of one folder and of the folders in it, in one archive. The path of a folder is the names of the
/// folders that lead to it, with `/` between them.
#[must_use]
pub fn folder_archive(pin: &Pin, folder: &str) -> String {
    let mut address = format!("{}?folder=", archive(pin));
    for byte in folder.bytes() {
        match byte {
            // These mean themselves in a query (RFC 3986, sections 2.3 and 3.4).
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => address.push(char::from(byte)),
            byte => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// The page of a room.
#[must_use]
pub fn room_page(pin: &Pin) -> String {
    address(&paths::room_page(pin))
}

/// The address to which the plain form that adds files to a room is sent by a page without a script.
#[must_use]
pub fn upload_form(pin: &Pin) -> String {
    format!("{}/upload", room_page(pin))
}

/// The address to which the plain form that leaves a room is sent by a page without a script.
#[must_use]
pub fn leave_form(pin: &Pin) -> String {
    format!("{}/leave", room_page(pin))
}

/// The page for joining a room, to which the QR code leads.
#[must_use]
pub fn join_page(pin: &Pin) -> String {
    address(&paths::join_page(pin))
}

/// The QR code of [`join_page`], as SVG.
#[must_use]
pub fn join_qr(pin: &Pin) -> String {
    format!("{}/qr.svg", join_page(pin))
}

/// The address to which the plain form that creates a room is sent by a page without a script.
pub const CREATE_FORM: &str = "/create";

/// The address to which the plain form that chooses a language is sent by a page without a script.
pub const LANGUAGE_FORM: &str = "/language";

/// The page on which a device learns to trust a server that signs its own certificate.
pub const TRUST_PAGE: &str = "/ca";

/// The page that checks the way to the server, for example through a proxy.
pub const DOCTOR_PAGE: &str = "/doctor";

/// The texts of the language with this code, in the order that the program with this `version` expects (see
/// `i18n::VERSION`).
#[must_use]
pub fn messages(version: &str, language: &str) -> String {
    address(&format!("/messages/{version}/{language}"))
}

/// The web app manifest, which describes the app to the system when it is installed, in the language with this code.
#[must_use]
pub fn manifest(language: &str) -> String {
    address(&format!("/manifest.webmanifest?language={language}"))
}

/// The address to which the plain form that joins a room is sent by a page without a script.
pub const JOIN_FORM: &str = "/join";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_asks_for_batches_and_for_what_it_missed() {
        let pin: Pin = "482913".parse().unwrap();
        assert_eq!(live_in_batches(&pin, None), "/api/rooms/482913/live?batches");
        assert_eq!(live_in_batches(&pin, Some(7)), "/api/rooms/482913/live?since=7&batches");
    }

    #[test]
    fn the_path_of_a_folder_is_encoded_in_its_address() {
        let pin: Pin = "482913".parse().unwrap();
        let query = |folder| folder_archive(&pin, folder).split_once('?').map(|(_, query)| query.to_owned()).unwrap();
        assert_eq!(folder_archive(&pin, "Holiday/2019"), "/api/rooms/482913/archive.zip?folder=Holiday/2019");
        assert_eq!(query("a b+c&d=e#f%"), "folder=a%20b%2Bc%26d%3De%23f%25");
        assert_eq!(query("Überblick"), "folder=%C3%9Cberblick");
    }
}
