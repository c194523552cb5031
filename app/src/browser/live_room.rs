//! The room that the page follows. Components read it by topic, so that an event makes only those run again whom it
//! concerns: a room may have a thousand files and a hundred members.

use std::collections::HashMap;

use futures::channel::mpsc::UnboundedSender;
use leptos::prelude::*;

use crate::{
    room::{FileEntry, FileId, Gap, Member, MemberId, PassingEvent, Pin, Role, Room, RoomEvent, Snapshot, Snippet, SnippetId},
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

/// What of a room a component draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// Its settings, and whether it is closed.
    Settings,
    /// Who has a seat, under which name.
    Seats,
    /// Who of them is there.
    Presence,
    /// Which files there are, how long they are, and whether they are complete.
    Files,
    /// How far any file is.
    Progress,
    /// Who is getting anything.
    Downloads,
    /// The texts.
    Snippets,
    /// Everything about one member.
    Member(MemberId),
    /// Everything about one file.
    File(FileId),
}

/// A room and this browser's place in it, shared by all components of the room page.
#[derive(Clone, Copy, Debug)]
pub struct LiveRoom {
    /// As the server last told it.
    snapshot: StoredValue<Snapshot>,
    readers: StoredValue<HashMap<Topic, ArcRwSignal<()>>>,
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
            snapshot: StoredValue::new(view.snapshot),
            readers: StoredValue::new(HashMap::new()),
            you: view.you,
            link: RwSignal::new(Link::Connecting),
            ended: RwSignal::new(None),
            says: StoredValue::new(None),
        }
    }

    /// Reads the room; what reads it runs again when the topic changes.
    pub fn read<T>(self, topic: Topic, look: impl FnOnce(&Room) -> T) -> T {
        self.follow(topic);
        self.read_untracked(look)
    }

    /// Has whatever calls this run again when the topic changes.
    pub fn follow(self, topic: Topic) {
        if let Some(readers) = self.readers.try_update_value(|readers| readers.entry(topic).or_default().clone()) {
            readers.track();
        }
    }

    /// Reads the room as it is now.
    pub fn read_untracked<T>(self, look: impl FnOnce(&Room) -> T) -> T {
        self.snapshot.with_value(|snapshot| look(&snapshot.room))
    }

    /// The same, when its page may have been left.
    pub fn try_read_untracked<T>(self, look: impl FnOnce(&Room) -> T) -> Option<T> {
        self.snapshot.try_with_value(|snapshot| look(&snapshot.room))
    }

    /// The room's PIN, which never changes.
    #[must_use]
    pub fn pin(self) -> Pin {
        self.read_untracked(|room| room.pin.clone())
    }

    /// Whether this browser owns the room, which never changes.
    #[must_use]
    pub fn is_owner(self) -> bool {
        self.read_untracked(|room| room.member(self.you).is_some_and(|member| member.role == Role::Owner))
    }

    /// One file; whoever reads it runs again only when this file changes.
    #[must_use]
    pub fn file(self, id: FileId) -> Memo<Option<FileEntry>> {
        Memo::new(move |_| self.read(Topic::File(id), |room| room.file(id).cloned()))
    }

    /// One piece of text, which never changes.
    #[must_use]
    pub fn snippet(self, id: SnippetId) -> Option<Snippet> {
        self.read_untracked(|room| room.snippets.iter().find(|snippet| snippet.id == id).cloned())
    }

    /// One member; whoever reads it runs again only when this member changes.
    #[must_use]
    pub fn member(self, id: MemberId) -> Memo<Option<Member>> {
        Memo::new(move |_| self.read(Topic::Member(id), |room| room.member(id).cloned()))
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

    /// Number of the last event that the page has seen.
    pub(super) fn revision(self) -> u64 {
        self.snapshot.with_value(|snapshot| snapshot.revision)
    }

    /// Begins anew with what the server sent.
    pub(super) fn replace(self, snapshot: Snapshot) {
        self.snapshot.set_value(snapshot);
        self.everything_changed();
    }

    /// Folds a recorded event into the room.
    pub(super) fn apply(self, revision: u64, event: &RoomEvent) -> Result<(), Gap> {
        self.snapshot.try_update_value(|snapshot| snapshot.follow(revision, event)).unwrap_or(Ok(()))?;
        match event {
            RoomEvent::MemberJoined { member: Member { id, .. } } | RoomEvent::MemberLeft { id } => {
                self.changed(&[Topic::Seats, Topic::Presence, Topic::Member(*id)]);
            }
            RoomEvent::MemberRenamed { id, .. } => self.changed(&[Topic::Seats, Topic::Member(*id)]),
            RoomEvent::DeviceChanged { id, .. } => self.changed(&[Topic::Member(*id)]),
            RoomEvent::FileAdded { file: FileEntry { id, .. } }
            | RoomEvent::PartsJoined { file: FileEntry { id, .. } }
            | RoomEvent::FileSized { id, .. }
            | RoomEvent::FileCompleted { id, .. }
            | RoomEvent::FileReopened { id, .. } => self.changed(&[Topic::Files, Topic::Progress, Topic::File(*id)]),
            RoomEvent::FileRemoved { id } => {
                self.changed(&[Topic::Files, Topic::Progress, Topic::Downloads, Topic::File(*id)]);
            }
            RoomEvent::FileDigested { id, .. }
            | RoomEvent::FileReceived { id, .. }
            | RoomEvent::ThumbnailAdded { id }
            | RoomEvent::ThumbnailLost { id } => self.changed(&[Topic::File(*id)]),
            RoomEvent::PartAdded { .. } => {}
            RoomEvent::SnippetAdded { .. } | RoomEvent::SnippetRemoved { .. } => self.changed(&[Topic::Snippets]),
            RoomEvent::SettingsChanged { .. } => self.changed(&[Topic::Settings]),
            RoomEvent::RoomClosed { .. } => self.everything_changed(),
        }
        Ok(())
    }

    /// Folds a passing event into the room.
    pub(super) fn pass(self, event: &PassingEvent) {
        self.snapshot.update_value(|snapshot| snapshot.room.pass(event));
        match event {
            PassingEvent::PresenceChanged { id, .. } => self.changed(&[Topic::Presence, Topic::Member(*id)]),
            PassingEvent::FileProgress { id, .. } => self.changed(&[Topic::Progress, Topic::File(*id)]),
            PassingEvent::Download { download, .. } => self.changed(&[Topic::Downloads, Topic::File(download.file)]),
        }
    }

    /// Nobody gets anything, as far as is known: the connection that told of it is gone.
    pub(super) fn forget_downloads(self) {
        let files = self.snapshot.try_update_value(|snapshot| std::mem::take(&mut snapshot.room.downloads)).unwrap_or_default();
        if !files.is_empty() {
            self.changed(&[Topic::Downloads]);
            files.iter().for_each(|download| self.changed(&[Topic::File(download.file)]));
        }
    }

    fn changed(self, topics: &[Topic]) {
        let readers =
            self.readers.try_with_value(|readers| topics.iter().filter_map(|topic| readers.get(topic).cloned()).collect::<Vec<_>>());
        // Notified outside of the table: whoever runs again may follow more topics.
        readers.unwrap_or_default().iter().for_each(Notify::notify);
    }

    fn everything_changed(self) {
        let readers = self.readers.try_with_value(|readers| readers.values().cloned().collect::<Vec<_>>());
        readers.unwrap_or_default().iter().for_each(Notify::notify);
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
