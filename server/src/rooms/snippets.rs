//! Snippets: texts that the members of a room can copy.

use app::room::{RoomEvent, Snippet, SnippetId, SnippetText};
use rand::RngExt as _;

use super::{RecordError, RoomHandle};

/// The most snippets of one room.
pub const MAX_SNIPPETS: usize = 100;

/// Why a room takes no further text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoomHasNoSpace {
    /// It has [`MAX_SNIPPETS`] already.
    TooManySnippets,
    /// All names and texts together would have more bytes than this.
    TooMuchText(usize),
}

/// The room has no such snippet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchSnippet;

impl RoomHandle {
    /// Adds a text that everybody in the room can copy.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when the room has no space for it, or why the snippet could not be recorded.
    pub async fn add_snippet(&self, text: SnippetText) -> Result<SnippetId, RecordError<RoomHasNoSpace>> {
        let most = self.inner.settings.limits.text_bytes;
        let id = SnippetId::new(rand::rng().random());
        self.record(|room| {
            if room.snippets.len() >= MAX_SNIPPETS {
                return Err(RoomHasNoSpace::TooManySnippets);
            }
            if room.text_bytes().saturating_add(text.as_str().len()) > most {
                return Err(RoomHasNoSpace::TooMuchText(most));
            }
            Ok(RoomEvent::SnippetAdded { snippet: Snippet { id, text: text.clone(), added_at_ms: crate::clock::unix_ms() } })
        })
        .await?;
        Ok(id)
    }

    /// Removes a snippet.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when the room has no snippet with this id, or why the removal could not be recorded.
    pub async fn remove_snippet(&self, id: SnippetId) -> Result<(), RecordError<NoSuchSnippet>> {
        self.record(|room| {
            let known = room.snippets.iter().any(|snippet| snippet.id == id);
            if known { Ok(RoomEvent::SnippetRemoved { id }) } else { Err(NoSuchSnippet) }
        })
        .await
    }
}
