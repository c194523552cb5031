//! The data that the server embeds in a page when it paints it. The program in the browser needs the same data to
//! hydrate the page.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::{
    i18n::Language,
    theme::Theme,
    wire::{Place, ProblemCode},
};

/// What a page was painted from. The server embeds it in the page, so that the browser does not have to request it
/// again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPaint {
    /// The place that was asked for; [`Place::Nowhere`] when there is nothing at the address.
    pub place: Place,
    /// The content of the page.
    pub page: Page,
    /// What every page may show of the server.
    pub server: ServerDescription,
}

/// What every page may show of the server, and the theme and language of the visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerDescription {
    /// Scheme, host and port under which other devices reach the server.
    pub origin: String,
    /// The host and port in the address of the page, if they lead every device to itself, such as `localhost:3000`.
    /// `origin` has the same ones if there is no address at which other devices reach the server.
    pub loopback: Option<String>,
    /// Whether the server signs its own certificate, which a device has to be told to trust.
    pub signs_itself: bool,
    /// The number of digits of the server's PINs.
    pub pin_digits: usize,
    /// How long the server keeps a room that nobody uses, in seconds.
    pub room_ttl_secs: u64,
    /// The theme that the visitor chose.
    pub theme: Theme,
    /// The language of the page.
    pub language: Language,
}

impl ServerDescription {
    /// Host and port of [`Self::origin`].
    #[must_use]
    pub fn authority(&self) -> &str {
        self.origin.split_once("://").map_or(&self.origin, |(_, authority)| authority)
    }
}

/// The content of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// The first page, on which a room is created or joined.
    Home {
        /// Why the last attempt to create or join a room failed.
        problem: Option<ProblemCode>,
    },
    /// A room, for a member of it. The text is a [`crate::wire::RoomView`] as JSON: the code that decodes it is in the
    /// room's part of the program, which other pages do not load.
    Room(String),
    /// The form with which somebody joins a room.
    Join {
        /// Why the room cannot be joined, or why the last attempt failed.
        problem: Option<ProblemCode>,
    },
    /// The page of a room that was closed lately.
    Closed {
        /// When the room was closed, in milliseconds since the Unix epoch, if that is known.
        at_ms: Option<u64>,
    },
    /// The page for an address at which there is nothing.
    NotFound,
    /// The page that says why a form was refused.
    Refused {
        /// Why it was refused.
        problem: ProblemCode,
    },
}

/// The description of the server that painted this page; the default one when there is none in the context.
pub(crate) fn use_server() -> ServerDescription {
    use_context().unwrap_or_default()
}

/// Takes the content that the server painted. Only the first call gets it, which is made by the page that was painted;
/// pages that are opened later get `None`.
pub(crate) fn first_paint() -> Option<Page> {
    use_context::<StoredValue<Option<Page>>>()?.try_update_value(Option::take).flatten()
}

/// Why the form was refused to which the page is the answer, if it is one. This can be asked again.
pub(crate) fn refused() -> Option<ProblemCode> {
    use_context::<StoredValue<Option<Page>>>()?.with_value(|page| match page {
        Some(Page::Refused { problem }) => Some(*problem),
        _ => None,
    })
}
