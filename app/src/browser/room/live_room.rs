//! [`LiveRoom`]: the state of the room that the page follows. Components read it by topic, so that an event makes only
//! those components run again that it concerns: a room may have a thousand files and a hundred members.

use std::{collections::HashMap, time::Duration};

use futures::channel::mpsc::UnboundedSender;
use leptos::prelude::*;

pub use super::topic::Topic;

use super::changes::{Changes, When};
use crate::{
    browser::system::clock,
    room::{FileEntry, FileId, Gap, Member, MemberId, PassingEvent, Pin, Role, Room, RoomEvent, Snapshot, Snippet, SnippetId},
    wire::{ClientMessage, RoomView},
};

/// The state of the live connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// The connection is open, and events arrive as they happen.
    Live,
    /// The connection is being made.
    Connecting,
    /// The connection was lost; the next attempt follows by itself.
    Waiting,
    /// Several attempts failed, although the browser has a network: the server does not answer.
    Unanswered,
    /// Several attempts failed, but the server answers other requests: something on the way, or the browser itself, lets no
    /// WebSocket through.
    Blocked,
    /// The browser has no network.
    Offline,
}

/// Why the page cannot follow the room any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The room does not exist any more, and the page has not received the event that closed it.
    Gone {
        /// When the room was closed, in milliseconds since the Unix epoch, if the server knows it.
        closed_at_ms: Option<u64>,
    },
    /// The room exists, but this browser has no seat in it.
    NoSeat,
}

/// A room and this browser's seat in it, shared by all components of the room page.
#[derive(Clone, Copy, Debug)]
pub struct LiveRoom {
    /// The room's state with all events that have arrived so far.
    snapshot: StoredValue<Snapshot>,
    /// A signal for each topic that is read; it is notified when the topic changes.
    readers: StoredValue<HashMap<Topic, ArcRwSignal<()>>>,
    /// The changes of the last moments.
    changes: StoredValue<Changes>,
    /// This browser's seat.
    pub you: MemberId,
    /// The state of the live connection.
    pub link: RwSignal<Link>,
    /// Set when the page cannot follow the room any more.
    pub ended: RwSignal<Option<Ended>>,
    /// Messages for the server.
    outgoing: StoredValue<Outgoing>,
}

/// Where messages for the server go.
#[derive(Debug)]
enum Outgoing {
    /// The room is not followed yet: the page is not alive.
    Waits(Vec<ClientMessage>),
    /// To the task that has the live socket.
    Goes(UnboundedSender<ClientMessage>),
}

impl LiveRoom {
    /// A room as the server rendered or sent it, which is not followed yet.
    #[must_use]
    pub fn new(view: RoomView) -> Self {
        Self {
            snapshot: StoredValue::new(view.snapshot),
            readers: StoredValue::new(HashMap::new()),
            changes: StoredValue::new(Changes::default()),
            you: view.you,
            link: RwSignal::new(Link::Connecting),
            ended: RwSignal::new(None),
            outgoing: StoredValue::new(Outgoing::Waits(Vec::new())),
        }
    }

    /// Reads the room. An effect or view that calls this runs again when the topic changes.
    pub fn read<T>(self, topic: Topic, look: impl FnOnce(&Room) -> T) -> T {
        self.track(topic);
        self.read_untracked(look)
    }

    /// Makes the effect or view that calls this run again when the topic changes.
    pub fn track(self, topic: Topic) {
        if let Some(readers) = self.readers.try_update_value(|readers| readers.entry(topic).or_default().clone()) {
            readers.track();
        }
    }

    /// Reads the room as it is now. The caller does not run again.
    pub fn read_untracked<T>(self, look: impl FnOnce(&Room) -> T) -> T {
        self.snapshot.with_value(|snapshot| look(&snapshot.room))
    }

    /// The same as [`Self::read_untracked`], but returns `None` if the room's page has been left.
    pub fn try_read_untracked<T>(self, look: impl FnOnce(&Room) -> T) -> Option<T> {
        self.snapshot.try_with_value(|snapshot| look(&snapshot.room))
    }

    /// Whether so much is happening that changes are drawn together.
    #[must_use]
    pub fn is_flooded(self) -> bool {
        self.changes.with_value(|changes| changes.is_flood)
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

    /// One file. A reader of the memo runs again only when this file changes.
    #[must_use]
    pub fn file(self, id: FileId) -> Memo<Option<FileEntry>> {
        Memo::new(move |_| self.read(Topic::File(id), |room| room.file(id).cloned()))
    }

    /// One piece of text, which never changes.
    #[must_use]
    pub fn snippet(self, id: SnippetId) -> Option<Snippet> {
        self.read_untracked(|room| room.snippets.iter().find(|snippet| snippet.id == id).cloned())
    }

    /// One member. A reader of the memo runs again only when this member changes.
    #[must_use]
    pub fn member(self, id: MemberId) -> Memo<Option<Member>> {
        Memo::new(move |_| self.read(Topic::Member(id), |room| room.member(id).cloned()))
    }

    /// Sends a message to the server over the live socket, as soon as there is a connection.
    pub fn send(self, message: ClientMessage) {
        self.outgoing.update_value(|outgoing| match outgoing {
            Outgoing::Waits(messages) => messages.push(message),
            Outgoing::Goes(sender) => {
                #[expect(clippy::let_underscore_must_use, reason = "the receiver is gone only when the page is")]
                let _ = sender.unbounded_send(message);
            }
        });
    }

    /// Takes the messages for the server from now on, and those that wait.
    pub(crate) fn set_outgoing(self, sender: UnboundedSender<ClientMessage>) {
        let before = self.outgoing.try_update_value(|outgoing| std::mem::replace(outgoing, Outgoing::Goes(sender)));
        if let Some(Outgoing::Waits(messages)) = before {
            messages.into_iter().for_each(|message| self.send(message));
        }
    }

    /// The revision that the page has reached: the number of the last recorded event that it has applied.
    pub(crate) fn revision(self) -> u64 {
        self.snapshot.with_value(|snapshot| snapshot.revision)
    }

    /// Replaces the whole state with a snapshot from the server.
    pub(crate) fn replace(self, snapshot: Snapshot) {
        self.snapshot.set_value(snapshot);
        self.everything_changed();
    }

    /// Applies a recorded event, and notifies the topics that it concerns. Fails if events before it are missing.
    pub(crate) fn apply(self, revision: u64, event: &RoomEvent) -> Result<(), Gap> {
        self.snapshot.try_update_value(|snapshot| snapshot.follow(revision, event)).unwrap_or(Ok(()))?;
        match event {
            RoomEvent::MemberJoined { member: Member { id, .. } } | RoomEvent::MemberLeft { id } => {
                self.changed(&[Topic::Seats, Topic::Presence, Topic::Downloads, Topic::Member(*id)]);
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
            RoomEvent::FileReceived { id, .. } => self.changed(&[Topic::Receipts, Topic::Downloads, Topic::File(*id)]),
            RoomEvent::FileDigested { id, .. } | RoomEvent::ThumbnailAdded { id } | RoomEvent::ThumbnailLost { id } => {
                self.changed(&[Topic::File(*id)])
            }
            RoomEvent::MemberForgotten { .. } | RoomEvent::PartAdded { .. } => {}
            RoomEvent::SnippetAdded { .. } | RoomEvent::SnippetRemoved { .. } => self.changed(&[Topic::Snippets]),
            RoomEvent::SettingsChanged { .. } => self.changed(&[Topic::Settings]),
            RoomEvent::RoomClosed { .. } => self.everything_changed(),
        }
        Ok(())
    }

    /// Counts a recorded event that this member may not see. Fails if events before it are missing.
    pub(crate) fn skip(self, revision: u64) -> Result<(), Gap> {
        self.snapshot.try_update_value(|snapshot| snapshot.skip(revision)).unwrap_or(Ok(()))
    }

    /// Applies a passing event, and notifies the topics that it concerns.
    pub(crate) fn pass(self, event: &PassingEvent) {
        self.snapshot.update_value(|snapshot| snapshot.room.pass(event));
        match event {
            PassingEvent::PresenceChanged { id, .. } => self.changed(&[Topic::Presence, Topic::Member(*id)]),
            PassingEvent::FileProgress { id, .. } => self.changed(&[Topic::Progress, Topic::File(*id)]),
            PassingEvent::Download { download, .. } => self.changed(&[Topic::Downloads, Topic::File(download.file)]),
        }
    }

    /// Forgets all downloads. They were reported over a connection that has been lost, so it is not known which of them
    /// still run.
    pub(crate) fn forget_downloads(self) {
        let forget = |snapshot: &mut Snapshot| {
            let mut files = std::mem::take(&mut snapshot.room.downloads);
            files.append(&mut snapshot.room.broken_downloads);
            files
        };
        let files = self.snapshot.try_update_value(forget).unwrap_or_default();
        if !files.is_empty() {
            self.changed(&[Topic::Downloads]);
            files.iter().for_each(|download| self.changed(&[Topic::File(download.file)]));
        }
    }

    /// Notifies the readers of these topics: at once, or, when much is happening, together with those of other changes.
    fn changed(self, topics: &[Topic]) {
        match self.changes.try_update_value(|changes| changes.add(topics, clock::now_secs())) {
            Some(When::Now) => self.notify_waiting(),
            Some(When::Later(wait)) => set_timeout(move || self.notify_waiting(), wait),
            Some(When::Announced) | None => {}
        }
    }

    /// Notifies the readers of all changes together that `change` makes.
    pub(crate) fn change_together<T>(self, change: impl FnOnce() -> T) -> T {
        self.changes.update_value(|changes| changes.are_kept = true);
        let changed = change();
        self.changes.update_value(|changes| changes.are_kept = false);
        self.changed(&[]);
        changed
    }

    fn notify_waiting(self) {
        let topics = self.changes.try_update_value(|changes| changes.take(clock::now_secs())).unwrap_or_default();
        let readers = self.readers.try_with_value(|readers| {
            readers.iter().filter(|(topic, _)| topics.contains(topic)).map(|(_, reader)| reader.clone()).collect::<Vec<_>>()
        });
        if self.is_flooded() {
            self.measure_drawing();
        }
        // The table is not borrowed while the readers are notified, because they may track further topics at once.
        readers.unwrap_or_default().iter().for_each(Notify::notify);
    }

    /// Notes how long it takes from now until the next frame is drawn.
    fn measure_drawing(self) {
        let began = clock::now_secs();
        // What follows a frame's callbacks comes when the frame is drawn.
        request_animation_frame(move || {
            set_timeout(
                move || {
                    self.changes.try_update_value(|changes| changes.took(clock::now_secs() - began));
                },
                Duration::ZERO,
            );
        });
    }

    fn everything_changed(self) {
        self.changes.update_value(|changes| changes.waiting.clear());
        let readers = self.readers.try_with_value(|readers| readers.values().cloned().collect::<Vec<_>>());
        readers.unwrap_or_default().iter().for_each(Notify::notify);
    }
}

/// The room of this page.
///
/// # Panics
/// When it is called outside a room page, which is a mistake in the component.
#[must_use]
pub fn use_live_room() -> LiveRoom {
    use_context().expect("the room page provides the live room")
}
