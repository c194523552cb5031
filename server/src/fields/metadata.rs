//! `Upload-Metadata` (tus 1.0.0, extension "creation"): what a sender says about a file.

use std::collections::HashSet;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::Unreadable;

/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// The values of the keys that this server uses; other keys are ignored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The name that the sender gave the file.
    pub filename: Option<String>,
    /// The media type of the file.
    pub filetype: Option<String>,
    /// When the file was last changed, in milliseconds since the Unix epoch, from the key `lastmodified`.
    pub modified_at_ms: Option<u64>,
}

impl Metadata {
    /// Parses comma-separated pairs of a key and a base64 value. Keys must be unique.
    ///
    /// # Errors
    /// [`Unreadable`] with the reason.
    pub fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > MAX_BYTES {
            return Err(Unreadable("is too long"));
        }
        let mut keys = HashSet::new();
        let mut metadata = Self::default();
        for pair in text.split(',').map(str::trim).filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
            if !keys.insert(key) {
                return Err(Unreadable("repeats a key"));
            }
            let value = STANDARD.decode(value.trim()).map_err(|_| Unreadable("has a value that is not base64"))?;
            if !matches!(key, "filename" | "filetype" | "lastmodified") {
                continue;
            }
            let value = String::from_utf8(value).map_err(|_| Unreadable("has a value that is not UTF-8"))?;
            match key {
                "filename" => metadata.filename = Some(value),
                "filetype" => metadata.filetype = Some(value),
                // A time that cannot be read is treated as absent.
                _ => metadata.modified_at_ms = value.parse().ok(),
            }
        }
        Ok(metadata)
    }

    /// Writes the metadata as a field again, for a client that asks about an upload which it wants to continue.
    #[must_use]
    pub fn to_field(&self) -> String {
        let moment = self.modified_at_ms.map(|moment| moment.to_string());
        let pairs = [("filename", self.filename.as_ref()), ("filetype", self.filetype.as_ref()), ("lastmodified", moment.as_ref())];
        let pairs = pairs.into_iter().filter_map(|(key, value)| Some(format!("{key} {}", STANDARD.encode(value?))));
        pairs.collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn metadata_is_read_as_the_protocol_says() {
        let metadata = Metadata::parse("filename YSBiLnR4dA==, filetype dGV4dC9wbGFpbg==,is_secret,lastmodified MTc2Mw==").unwrap();
        let expected =
            Metadata { filename: Some("a b.txt".to_owned()), filetype: Some("text/plain".to_owned()), modified_at_ms: Some(1763) };
        assert_eq!(metadata, expected);
        assert_eq!(Metadata::parse("").unwrap(), Metadata::default());
        assert_eq!(Metadata::parse("lastmodified c29vbg==").unwrap(), Metadata::default());
    }

    #[test]
    fn metadata_that_cannot_be_read_is_refused() {
        for text in ["filename !", "filename YQ==,filename YQ==", "filename /w==", "other =", &"a".repeat(9000)] {
            assert!(Metadata::parse(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_told_again_means_the_same(filename: Option<String>, filetype: Option<String>, modified_at_ms: Option<u64>) {
            let metadata = Metadata { filename, filetype, modified_at_ms };
            prop_assume!(metadata.to_field().len() <= MAX_BYTES);
            prop_assert_eq!(Metadata::parse(&metadata.to_field()).unwrap(), metadata);
        }

        #[test]
        fn no_text_makes_it_stumble(text: String) {
            Metadata::parse(&text).unwrap_or_default();
        }
    }
}
