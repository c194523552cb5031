//! The layouts of the archives of rooms. Laying out thousands of files takes a while, and a client that loads an archive
//! piece by piece asks for the same one again and again, so the newest layouts are kept.

use std::sync::{Arc, Mutex};

use app::room::FileState;
use tokio::sync::Semaphore;

use crate::{
    files::{Archive, ArchivedFile},
    locks::lock,
    rooms::RoomHandle,
    tasks::blocking,
};

/// The most bytes of memory that the kept layouts take together, as far as their headers tell. The newest layout is kept
/// even when it is larger.
const MOST_BYTES: usize = 16 << 20;
/// About how many bytes a file of an archive takes besides its name, in both of its headers and in the table of segments.
const FILE_BYTES: usize = 300;

/// The archive of all complete files of a room, laid out.
#[derive(Debug)]
pub(crate) struct ArchiveLayout {
    pub(crate) archive: Archive,
    /// Identifies the bytes of the archive.
    pub(crate) fingerprint: String,
    /// The number of the room, and the version of its files, that the layout is of.
    of: (u64, u64),
    /// How many bytes of memory the layout takes, roughly.
    bytes: usize,
}

/// The layouts that are kept, and the turns to make one.
#[derive(Debug)]
pub(crate) struct ArchiveLayouts {
    /// The newest is the last one.
    kept: Mutex<Vec<Arc<ArchiveLayout>>>,
    turns: Semaphore,
}

impl ArchiveLayouts {
    /// Lets so many layouts be made at the same time. Sending an archive takes no more than sending its files.
    pub(crate) fn new(at_once: usize) -> Self {
        Self { kept: Mutex::default(), turns: Semaphore::new(at_once.min(Semaphore::MAX_PERMITS)) }
    }

    /// The layout of the files that are complete in the room now.
    pub(crate) async fn of(&self, room: &RoomHandle) -> Arc<ArchiveLayout> {
        if let Some(layout) = self.known((room.number(), room.files_version())) {
            return layout;
        }
        let _turn = self.turns.acquire().await;
        // Somebody else may have had the same layout made meanwhile.
        let of = (room.number(), room.files_version());
        if let Some(layout) = self.known(of) {
            return layout;
        }
        let files: Vec<ArchivedFile> = room.read(|room| {
            let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
            complete
                .filter_map(|file| {
                    Some(ArchivedFile {
                        id: file.id,
                        path: file.name.segments(),
                        size_bytes: file.size_bytes?,
                        crc32: file.crc32?,
                        modified_at_ms: file.changed_at_ms(),
                    })
                })
                .collect()
        });
        // Other requests need this thread meanwhile.
        let layout = blocking(move || {
            let archive = Archive::new(&files);
            let bytes = files.iter().map(|file| FILE_BYTES + 2 * file.path.iter().map(String::len).sum::<usize>()).sum();
            Arc::new(ArchiveLayout { fingerprint: archive.fingerprint(), archive, of, bytes })
        })
        .await;
        self.keep(Arc::clone(&layout));
        layout
    }

    fn known(&self, of: (u64, u64)) -> Option<Arc<ArchiveLayout>> {
        lock(&self.kept).iter().find(|layout| layout.of == of).cloned()
    }

    /// Keeps a layout, and drops those of the same room and, if they are too many, the oldest ones.
    fn keep(&self, layout: Arc<ArchiveLayout>) {
        let mut kept = lock(&self.kept);
        kept.retain(|other| other.of.0 != layout.of.0);
        kept.push(layout);
        while kept.len() > 1 && kept.iter().map(|layout| layout.bytes).sum::<usize>() > MOST_BYTES {
            kept.remove(0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(room: u64, version: u64, bytes: usize) -> Arc<ArchiveLayout> {
        let archive = Archive::new(&[]);
        Arc::new(ArchiveLayout { fingerprint: archive.fingerprint(), archive, of: (room, version), bytes })
    }

    #[test]
    fn the_newest_layouts_are_kept_within_a_bound_and_one_for_each_room() {
        let layouts = ArchiveLayouts::new(1);
        let kept = || lock(&layouts.kept).iter().map(|layout| layout.of).collect::<Vec<_>>();
        layouts.keep(layout(1, 1, MOST_BYTES / 2));
        layouts.keep(layout(2, 1, MOST_BYTES / 2));
        assert_eq!(kept(), [(1, 1), (2, 1)]);
        layouts.keep(layout(1, 2, MOST_BYTES / 2));
        assert_eq!(kept(), [(2, 1), (1, 2)]);
        layouts.keep(layout(3, 1, 1));
        assert_eq!(kept(), [(1, 2), (3, 1)]);
        layouts.keep(layout(4, 1, 2 * MOST_BYTES));
        assert_eq!(kept(), [(4, 1)]);
    }
}
