//! `Upload-Concat` (tus 1.0.0, extension "concatenation"): marks an upload as a part, or as the file that parts are
//! joined into.

use app::room::{FileId, Pin};

use super::Unreadable;

/// The most parts that one file can be joined from.
const MAX_PARTS: usize = 1000;

/// The role of an upload in a concatenation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concat {
    /// The upload is one part of a file.
    Partial,
    /// The upload is the file that these parts are joined into, in this order.
    Final(Vec<PartUrl>),
}

/// The address of a part, as the server returned it when the part was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartUrl {
    /// The PIN of the room that the part is in.
    pub pin: Pin,
    /// The id of the part.
    pub id: FileId,
}

impl Concat {
    /// Reads `partial`, or `final;` and a list of addresses.
    ///
    /// # Errors
    /// [`Unreadable`] with the reason.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text == "partial" {
            return Ok(Self::Partial);
        }
        let list = text.strip_prefix("final;").ok_or(Unreadable("is neither partial nor final"))?;
        let mut parts = Vec::new();
        for address in list.split_ascii_whitespace() {
            let part = PartUrl::parse(address).ok_or(Unreadable("has an address that is no upload's"))?;
            if parts.contains(&part) {
                return Err(Unreadable("names a part twice"));
            }
            if parts.len() == MAX_PARTS {
                return Err(Unreadable("names too many parts"));
            }
            parts.push(part);
        }
        if parts.is_empty() { Err(Unreadable("names no part")) } else { Ok(Self::Final(parts)) }
    }
}

impl PartUrl {
    /// Parses a path, or a URL with a server name before the path. The server name is ignored, because behind a proxy a
    /// server has many names.
    fn parse(address: &str) -> Option<Self> {
        let path = match address.split_once("://") {
            Some((_, rest)) => &rest[rest.find('/')?..],
            None => address,
        };
        // What stands before is the path below which the server is reached.
        let (_, room) = path.rsplit_once(app::wire::ROOMS)?;
        let (pin, id) = room.strip_prefix('/')?.split_once("/files/")?;
        Some(Self { pin: pin.parse().ok()?, id: id.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn parts_are_found_under_any_name_of_the_server() {
        let part = PartUrl { pin: "482913".parse().unwrap(), id: ID.parse().unwrap() };
        assert_eq!(Concat::parse("partial"), Ok(Concat::Partial));
        for address in [
            format!("/api/rooms/482913/files/{ID}"),
            format!("https://drop.example/api/rooms/482913/files/{ID}"),
            format!("/drop/api/rooms/482913/files/{ID}"),
        ] {
            assert_eq!(Concat::parse(&format!("final;{address}")), Ok(Concat::Final(vec![part.clone()])));
        }
    }

    #[test]
    fn what_names_no_parts_is_refused() {
        let twice = format!("final;/api/rooms/482913/files/{ID} /api/rooms/482913/files/{ID}");
        for text in
            ["", "Partial", "final", "final;", "final; ", "final;/etc/passwd", "final;https://x", "final;/api/rooms/1/files/2", &twice]
        {
            assert!(Concat::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in "(final;)?(https?://)?\\PC{0,80}") {
            #[expect(clippy::let_underscore_must_use, reason = "the test only checks that parsing does not panic")]
            let _ = Concat::parse(&text);
        }
    }
}
