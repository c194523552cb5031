//! A strict parser of `multipart/byteranges` (RFC 9110, section 14.6).

use reqwest::Response;

use crate::seat::header;

/// One part of an answer to several ranges.
pub(crate) struct Part {
    pub(crate) media_type: String,
    pub(crate) content_range: String,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    /// The part's `Content-Range`, and its bytes as text.
    pub(crate) fn text(&self) -> (&str, &str) {
        (&self.content_range, std::str::from_utf8(&self.bytes).unwrap())
    }
}

/// The parts of an answer. Checks that the answer announces exactly as many bytes as it has.
pub(crate) async fn parts(response: Response) -> Vec<Part> {
    assert_eq!(response.status(), 206);
    assert_eq!(header(&response, "content-range"), "", "every part has its own");
    let media_type = header(&response, "content-type");
    let boundary = media_type.strip_prefix("multipart/byteranges; boundary=").expect(media_type).trim_matches('"').to_owned();
    let announced: usize = header(&response, "content-length").parse().unwrap();
    let body = response.bytes().await.unwrap();
    assert_eq!(body.len(), announced, "the announced length");
    split(&body, &boundary)
}

fn split(body: &[u8], boundary: &str) -> Vec<Part> {
    let delimiter = format!("--{boundary}");
    let mut rest = body.strip_prefix(b"\r\n").unwrap_or(body);
    let mut parts = Vec::new();
    loop {
        rest = rest.strip_prefix(delimiter.as_bytes()).expect("a delimiter comes next");
        if let Some(end) = rest.strip_prefix(b"--") {
            assert!(end.is_empty() || end == b"\r\n", "{} bytes follow the last delimiter", end.len());
            return parts;
        }
        rest = rest.strip_prefix(b"\r\n").expect("a delimiter ends its line");
        let end = rest.windows(4).position(|window| window == b"\r\n\r\n").expect("a part has a head");
        let head = std::str::from_utf8(&rest[..end]).unwrap();
        rest = &rest[end + 4..];
        let content_range = field(head, "content-range");
        let length = length(&content_range);
        parts.push(Part { media_type: field(head, "content-type"), content_range, bytes: rest[..length].to_vec() });
        rest = rest[length..].strip_prefix(b"\r\n").expect("a line break follows the bytes of a part");
    }
}

/// The value of a header field in the head of a part.
fn field(head: &str, name: &str) -> String {
    let mut fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    let (_, value) = fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).expect(head);
    value.trim().to_owned()
}

/// How many bytes a `Content-Range` stands for: three for `bytes 2-4/10`.
fn length(content_range: &str) -> usize {
    let range = content_range.strip_prefix("bytes ").and_then(|range| range.split_once('/')).expect(content_range).0;
    let (first, last) = range.split_once('-').expect(content_range);
    last.parse::<usize>().unwrap() + 1 - first.parse::<usize>().unwrap()
}
