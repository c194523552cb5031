//! Removing files from the room, as the row of a file and the selection do.

use leptos::task::spawn_local;

use crate::{
    browser::{
        api,
        files::uploader::Uploads,
        room::{live_room::LiveRoom, removals::Removals},
        system::toasts::Toasts,
    },
    room::FileId,
};

/// Removes files. That can be undone for a few seconds, except for files that this browser is sending: they were never
/// complete, so nothing is lost.
pub(super) fn remove(live: LiveRoom, uploads: Uploads, removals: Removals, toasts: Toasts, ids: &[FileId]) {
    let (sent, whole): (Vec<FileId>, Vec<FileId>) = ids.iter().partition(|id| uploads.state_untracked(**id).is_some());
    if let Some(first) = whole.first() {
        let name = live.read_untracked(|room| room.file(*first).map(|file| file.name.base())).unwrap_or_default();
        removals.begin(&whole, &name);
    }
    for id in sent {
        uploads.cancel(id);
        let pin = live.pin();
        spawn_local(async move {
            if let Err(problem) = api::remove_file(&pin, id).await {
                toasts.show(problem.detail);
            }
        });
    }
}
