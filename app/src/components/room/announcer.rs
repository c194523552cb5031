//! Announcements for screen readers of what happens in the room.

use leptos::prelude::*;

use crate::{
    browser::room::{
        live_room::{Topic, use_live_room},
        notices::added,
    },
    i18n::t,
    room::{FileId, FileState, MemberId, Room, SnippetId},
};

/// A live region that is never visible. It says who joined or left, which files are complete, and that a text was
/// added.
#[component]
pub fn Announcer() -> impl IntoView {
    let live = use_live_room();
    let words = RwSignal::new(String::new());
    let state = Memo::new(move |_| {
        live.track(Topic::Seats);
        live.track(Topic::Files);
        live.read(Topic::Snippets, AnnouncedState::of)
    });
    Effect::new(move |before: Option<AnnouncedState>| {
        let now = state.get();
        if let Some(before) = before {
            let name = |id| live.read_untracked(|room| room.file(id).map(|file| file.name.base())).unwrap_or_default();
            let announcement = now.since(&before, live.you, name);
            if !announcement.is_empty() {
                words.set(announcement);
            }
        }
        now
    });
    view! { <output class="visually-hidden" aria-live="polite">{words}</output> }
}

/// The parts of a room whose changes are announced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct AnnouncedState {
    members: Vec<(MemberId, String)>,
    complete: Vec<FileId>,
    snippets: Vec<SnippetId>,
    closed: bool,
}

impl AnnouncedState {
    fn of(room: &Room) -> Self {
        let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
        Self {
            members: room.members.iter().map(|member| (member.id, member.name.to_string())).collect(),
            complete: complete.map(|file| file.id).collect(),
            snippets: room.snippets.iter().map(|snippet| snippet.id).collect(),
            closed: room.closed.is_some(),
        }
    }

    /// The changes since `before` in sentences, without those of `you`; empty if there are none. `name` returns the
    /// name of a file. Nothing is said about a closed room, because the page itself shows that.
    fn since(&self, before: &Self, you: MemberId, name: impl Fn(FileId) -> String) -> String {
        if self.closed {
            return String::new();
        }
        let seat = |of: &Self, id: MemberId| of.members.iter().any(|(known, _)| *known == id);
        let joined = self.members.iter().filter(|(id, _)| *id != you && !seat(before, *id)).map(|(_, name)| t().member_joined(name));
        let left = before.members.iter().filter(|(id, _)| *id != you && !seat(self, *id)).map(|(_, name)| t().member_left(name));
        let mut sentences: Vec<String> = joined.chain(left).collect();
        match added(&before.complete, &self.complete).as_slice() {
            [] => {}
            [id] => sentences.push(t().file_arrived(&name(*id))),
            several => sentences.push(t().files_arrived(several.len())),
        }
        if self.snippets.iter().any(|id| !before.snippets.contains(id)) {
            sentences.push(t().text_added().to_owned());
        }
        sentences.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announced_state(members: &[(u128, &str)], complete: &[u128], snippets: &[u128]) -> AnnouncedState {
        AnnouncedState {
            members: members.iter().map(|(id, name)| (MemberId::new(*id), (*name).to_owned())).collect(),
            complete: complete.iter().copied().map(FileId::new).collect(),
            snippets: snippets.iter().copied().map(SnippetId::new).collect(),
            closed: false,
        }
    }

    #[test]
    fn who_comes_and_what_arrives_is_said_once() {
        let you = MemberId::new(1);
        let name = |id: FileId| format!("{}.pdf", if id == FileId::new(8) { "b" } else { "a" });
        let before = announced_state(&[(1, "Me"), (2, "Ada")], &[7], &[]);
        assert_eq!(before.since(&before, you, name), "");
        let now = announced_state(&[(1, "I"), (3, "Bob")], &[7, 8], &[9]);
        assert_eq!(now.since(&before, you, name), "Bob joined. Ada left. “b.pdf” is here. New text");
        let more = announced_state(&[(1, "I"), (3, "Bob")], &[8, 10, 11], &[9]);
        assert_eq!(more.since(&now, you, name), "2 files are here.");
        assert_eq!(AnnouncedState { closed: true, ..AnnouncedState::default() }.since(&now, you, name), "");
    }
}
