//! Text to copy: added and taken back.

use app::room::{RoomEvent, Snippet, SnippetId, SnippetText};
use rand::RngExt as _;

use super::{RecordError, RoomHandle};

/// The most texts of one room.
pub const MAX_SNIPPETS: usize = 100;

/// The room holds as many texts as it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySnippets;

/// There is no such text in the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchSnippet;

impl RoomHandle {
    /// Adds text for everybody to copy.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when there are [`MAX_SNIPPETS`], or why it could not be recorded.
    pub async fn add_snippet(&self, text: SnippetText) -> Result<SnippetId, RecordError<TooManySnippets>> {
        let id = SnippetId::new(rand::rng().random());
        self.record(|room| {
            if room.snippets.len() >= MAX_SNIPPETS {
                return Err(TooManySnippets);
            }
            Ok(RoomEvent::SnippetAdded { snippet: Snippet { id, text, added_at_ms: crate::clock::unix_ms() } })
        })
        .await?;
        Ok(id)
    }

    /// Takes text back.
    ///
    /// # Errors
    /// [`RecordError::Refused`] when there is none with this id, or why it could not be recorded.
    pub async fn remove_snippet(&self, id: SnippetId) -> Result<(), RecordError<NoSuchSnippet>> {
        self.record(|room| {
            let known = room.snippets.iter().any(|snippet| snippet.id == id);
            if known { Ok(RoomEvent::SnippetRemoved { id }) } else { Err(NoSuchSnippet) }
        })
        .await
    }
}
