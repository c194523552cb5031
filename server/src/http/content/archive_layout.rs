//! The layouts of the archives of rooms. Laying out thousands of files takes a while, and a client that loads an archive
//! piece by piece asks for the same one again and again, so the newest layouts are kept.

use std::sync::{Arc, Mutex};

use app::room::{FileState, Pin};

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
    /// The room, and the version of its files, that the layout is of.
    of: (Pin, u64),
    /// How many bytes of memory the layout takes, roughly.
    bytes: usize,
}

/// The layouts that are kept; the newest is the last one.
#[derive(Debug, Default)]
pub(crate) struct ArchiveLayouts(Mutex<Vec<Arc<ArchiveLayout>>>);

impl ArchiveLayouts {
    /// The layout of the files that are complete in the room now.
    pub(crate) async fn of(&self, room: &RoomHandle) -> Arc<ArchiveLayout> {
        let of = (room.pin().clone(), room.files_version());
        let known = lock(&self.0).iter().find(|layout| layout.of == of).cloned();
        if let Some(layout) = known {
            return layout;
        }
        let files: Vec<ArchivedFile> = room.read(|room| {
            let complete = room.files.iter().filter(|file| file.state == FileState::Complete);
            complete
                .filter_map(|file| {
                    Some(ArchivedFile { id: file.id, path: file.name.segments(), size_bytes: file.size_bytes?, crc32: file.crc32? })
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

    /// Keeps a layout, and drops those of the same room and, if they are too many, the oldest ones.
    fn keep(&self, layout: Arc<ArchiveLayout>) {
        let mut kept = lock(&self.0);
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

    fn layout(pin: &str, version: u64, bytes: usize) -> Arc<ArchiveLayout> {
        let archive = Archive::new(&[]);
        Arc::new(ArchiveLayout { fingerprint: archive.fingerprint(), archive, of: (pin.parse().unwrap(), version), bytes })
    }

    #[test]
    fn the_newest_layouts_are_kept_within_a_bound_and_one_for_each_room() {
        let layouts = ArchiveLayouts::default();
        let kept = || lock(&layouts.0).iter().map(|layout| layout.of.clone()).collect::<Vec<_>>();
        let of = |pin: &str, version| (pin.parse::<Pin>().unwrap(), version);
        layouts.keep(layout("1111", 1, MOST_BYTES / 2));
        layouts.keep(layout("2222", 1, MOST_BYTES / 2));
        assert_eq!(kept(), [of("1111", 1), of("2222", 1)]);
        layouts.keep(layout("1111", 2, MOST_BYTES / 2));
        assert_eq!(kept(), [of("2222", 1), of("1111", 2)]);
        layouts.keep(layout("3333", 1, 1));
        assert_eq!(kept(), [of("1111", 2), of("3333", 1)]);
        layouts.keep(layout("4444", 1, 2 * MOST_BYTES));
        assert_eq!(kept(), [of("4444", 1)]);
    }
}
