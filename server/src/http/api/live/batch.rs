//! Several messages in one text message, for clients that asked for that.

use bytes::Bytes;

/// The length in bytes at which a batch takes no further message. Thousands of slow clients may have one waiting.
const BATCH_BYTES: usize = 16 * 1024;

/// Messages that are sent together, one on each line. A message has no line break in it, because it is JSON without
/// white space.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// The first message. While it is the only one, it is not copied.
    first: Bytes,
    /// All messages, as soon as there are several.
    lines: Vec<u8>,
}

impl Batch {
    /// Adds a message.
    pub(super) fn push(&mut self, message: Bytes) {
        if self.first.is_empty() {
            self.first = message;
            return;
        }
        if self.lines.is_empty() {
            self.lines.extend_from_slice(&self.first);
        }
        self.lines.push(b'\n');
        self.lines.extend_from_slice(&message);
    }

    /// Whether there is no message yet.
    pub(super) fn is_empty(&self) -> bool {
        self.first.is_empty()
    }

    /// Whether the batch takes no further message.
    pub(super) fn is_full(&self) -> bool {
        self.first.len().max(self.lines.len()) >= BATCH_BYTES
    }

    /// The text of all messages.
    pub(super) fn text(&self) -> &[u8] {
        if self.lines.is_empty() { &self.first } else { &self.lines }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_lines_in_their_order() {
        let mut batch = Batch::default();
        assert!(batch.is_empty() && batch.text().is_empty());
        for (message, text) in [("{1}", "{1}"), ("{2}", "{1}\n{2}"), ("{3}", "{1}\n{2}\n{3}")] {
            batch.push(Bytes::from_static(message.as_bytes()));
            assert_eq!((batch.text(), batch.is_empty(), batch.is_full()), (text.as_bytes(), false, false));
        }
    }

    #[test]
    fn a_message_alone_is_not_copied() {
        let message = Bytes::from_static(b"{}");
        let mut batch = Batch::default();
        batch.push(message.clone());
        assert_eq!(batch.text().as_ptr(), message.as_ptr());
    }

    #[test]
    fn a_batch_ends_with_the_message_that_fills_it() {
        let mut batch = Batch::default();
        let mut count = 0;
        while !batch.is_full() {
            batch.push(vec![b'x'; 1000].into());
            count += 1;
        }
        assert_eq!((count, batch.text().len()), (17, 17 * 1001 - 1));
        let mut large = Batch::default();
        large.push(vec![b'x'; BATCH_BYTES].into());
        assert!(large.is_full());
    }
}
