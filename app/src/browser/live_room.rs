//! The room that the page follows.

use futures::channel::mpsc::UnboundedSender;
use leptos::prelude::*;

use crate::{
    room::{FileEntry, FileId, Member, MemberId, Pin, Role, Room, Snapshot},
    wire::{ClientMessage, RoomView},
};

/// How the connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Everything that happens is seen.
    Live,
    /// The connection is being made.
    Connecting,
    /// The connection was lost; the next try follows by itself.
    Waiting,
}

/// Why the page has nothing to follow any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The room does not exist any more; how it ended was not heard.
    Gone,
    /// The room exists, but this browser has no seat in it.
    NoSeat,
}

/// A room and this browser's place in it, shared by all components of the room page.
#[derive(Clone, Copy, Debug)]
pub struct LiveRoom {
    /// The room and its revision, as the server last told.
    pub snapshot: RwSignal<Snapshot>,
    /// This browser's seat.
    pub you: MemberId,
    /// How the connection stands.
    pub link: RwSignal<Link>,
    /// Set when there is nothing to follow any more.
    pub ended: RwSignal<Option<Ended>>,
    says: StoredValue<Option<UnboundedSender<ClientMessage>>>,
}

impl LiveRoom {
    /// A room as the server painted or sent it, not yet followed.
    #[must_use]
    pub fn new(view: RoomView) -> Self {
        Self {
            snapshot: RwSignal::new(view.snapshot),
            you: view.you,
            link: RwSignal::new(Link::Connecting),
            ended: RwSignal::new(None),
            says: StoredValue::new(None),
        }
    }

    /// Reads the room; what reads it again runs on every event.
    pub fn read<T>(self, look: impl FnOnce(&Room) -> T) -> T {
        self.snapshot.with(|snapshot| look(&snapshot.room))
    }

    /// The room's PIN, which never changes.
    #[must_use]
    pub fn pin(self) -> Pin {
        self.snapshot.with_untracked(|snapshot| snapshot.room.pin.clone())
    }

    /// Whether this browser owns the room, which never changes.
    #[must_use]
    pub fn is_owner(self) -> bool {
        self.snapshot.with_untracked(|snapshot| snapshot.room.member(self.you).is_some_and(|member| member.role == Role::Owner))
    }

    /// One file; whoever reads it runs again only when this file changes.
    #[must_use]
    pub fn file(self, id: FileId) -> Memo<Option<FileEntry>> {
        Memo::new(move |_| self.read(|room| room.file(id).cloned()))
    }

    /// One member; whoever reads it runs again only when this member changes.
    #[must_use]
    pub fn member(self, id: MemberId) -> Memo<Option<Member>> {
        Memo::new(move |_| self.read(|room| room.member(id).cloned()))
    }

    /// Says something to the server over the live socket; lost when there is none.
    pub fn say(self, message: ClientMessage) {
        self.says.with_value(|says| {
            if let Some(says) = says {
                // The receiver is gone only when the page is.
                drop(says.unbounded_send(message));
            }
        });
    }

    pub(super) fn set_speaker(self, says: UnboundedSender<ClientMessage>) {
        self.says.set_value(Some(says));
    }
}

/// The room of this page.
///
/// # Panics
/// Outside a room page, which is a mistake in the component.
#[must_use]
pub fn use_live_room() -> LiveRoom {
    use_context().expect("a component of the room page is inside one")
}
