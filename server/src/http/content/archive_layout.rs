//! The layouts of the archives of rooms and of folders. Laying out thousands of files takes a while, and a client that
//! loads an archive piece by piece asks for the same one again and again, so the newest layouts are kept.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use app::room::{FileEntry, FileId, FileState, Room};
use icu_normalizer::ComposingNormalizerBorrowed;
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

/// Which of a room's files are in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Selection {
    /// All of them.
    Room,
    /// Those in the folder with this path, and in the folders in it.
    Folder(Vec<String>),
    /// Those that somebody chose.
    Files(HashSet<FileId>),
}

/// An archive of complete files of a room, laid out.
#[derive(Debug)]
pub(crate) struct ArchiveLayout {
    pub(crate) archive: Archive,
    /// Identifies the bytes of the archive.
    pub(crate) fingerprint: String,
    /// Whether there are no files in the archive.
    pub(crate) is_empty: bool,
    of: Origin,
    /// How many bytes of memory the layout takes, roughly.
    bytes: usize,
}

/// What a layout is of.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Origin {
    /// The number of the room.
    room: u64,
    /// The version of the room's files.
    version: u64,
    selection: Selection,
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

    /// The layout of those selected files that are complete in the room now.
    pub(crate) async fn of(&self, room: &RoomHandle, selection: &Selection) -> Arc<ArchiveLayout> {
        if let Some(layout) = self.known(room, selection) {
            return layout;
        }
        let _turn = self.turns.acquire().await;
        // Somebody else may have had the same layout made meanwhile.
        if let Some(layout) = self.known(room, selection) {
            return layout;
        }
        let of = Origin { room: room.number(), version: room.files_version(), selection: selection.clone() };
        let files = room.read(|room| selection.files(room));
        // Other requests need this thread meanwhile.
        let layout = blocking(move || {
            let archive = Archive::new(&files);
            let bytes = files.iter().map(|file| FILE_BYTES + 2 * file.path.iter().map(String::len).sum::<usize>()).sum();
            Arc::new(ArchiveLayout { fingerprint: archive.fingerprint(), archive, is_empty: files.is_empty(), of, bytes })
        })
        .await;
        self.keep(&layout);
        layout
    }

    fn known(&self, room: &RoomHandle, selection: &Selection) -> Option<Arc<ArchiveLayout>> {
        let (number, version) = (room.number(), room.files_version());
        let is_it = |of: &Origin| of.room == number && of.version == version && of.selection == *selection;
        lock(&self.kept).iter().find(|layout| is_it(&layout.of)).cloned()
    }

    /// Keeps a layout, and drops those of earlier files of the same room and, if they are too many, the oldest ones. An
    /// archive of chosen files is sent once and as a whole, and an empty one of a folder not at all.
    fn keep(&self, layout: &Arc<ArchiveLayout>) {
        match layout.of.selection {
            Selection::Files(_) => return,
            Selection::Folder(_) if layout.is_empty => return,
            Selection::Folder(_) | Selection::Room => {}
        }
        let mut kept = lock(&self.kept);
        let is_current = |of: &Origin| of.version == layout.of.version && of.selection != layout.of.selection;
        kept.retain(|other| other.of.room != layout.of.room || is_current(&other.of));
        kept.push(Arc::clone(layout));
        while kept.len() > 1 && kept.iter().map(|layout| layout.bytes).sum::<usize>() > MOST_BYTES {
            kept.remove(0);
        }
    }
}

impl Selection {
    /// The selected files of the room, as far as they are complete. In the archive of a folder, the names begin with the
    /// name of this folder.
    fn files(&self, room: &Room) -> Vec<ArchivedFile> {
        let complete = || room.files.iter().filter(|file| file.state == FileState::Complete);
        match self {
            Self::Room => complete().filter_map(|file| archived(file, 0)).collect(),
            Self::Files(ids) => complete().filter(|file| ids.contains(&file.id)).filter_map(|file| archived(file, 0)).collect(),
            Self::Folder(folder) => {
                let in_folder = |is_same: fn(&str, &str) -> bool| {
                    let inside = complete().filter(|file| is_inside(&file.name.segments(), folder, is_same));
                    inside.filter_map(|file| archived(file, folder.len() - 1)).collect::<Vec<_>>()
                };
                // On the way, some systems put the letters of a name together differently.
                let files = in_folder(|name, other| name == other);
                if files.is_empty() { in_folder(is_composed_alike) } else { files }
            }
        }
    }
}

/// The file for an archive, without the first `outer` folders of its path.
fn archived(file: &FileEntry, outer: usize) -> Option<ArchivedFile> {
    Some(ArchivedFile {
        id: file.id,
        path: file.name.segments().split_off(outer),
        size_bytes: file.size_bytes?,
        crc32: file.crc32?,
        modified_at_ms: file.changed_at_ms(),
        is_folder: file.is_folder(),
    })
}

/// Whether the file with this path lies in the folder, or in a folder in it.
fn is_inside(path: &[String], folder: &[String], is_same: impl Fn(&str, &str) -> bool) -> bool {
    path.len() > folder.len() && path.iter().zip(folder).all(|(name, other)| is_same(name, other))
}

/// Whether two names consist of the same letters, such as "é" and "e" with an accent.
fn is_composed_alike(name: &str, other: &str) -> bool {
    let composed = ComposingNormalizerBorrowed::new_nfc();
    composed.normalize(name) == composed.normalize(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout_of(room: u64, version: u64, selection: Selection, bytes: usize) -> Arc<ArchiveLayout> {
        let archive = Archive::new(&[]);
        let of = Origin { room, version, selection };
        Arc::new(ArchiveLayout { fingerprint: archive.fingerprint(), archive, is_empty: false, of, bytes })
    }

    fn layout(room: u64, version: u64, bytes: usize) -> Arc<ArchiveLayout> {
        layout_of(room, version, Selection::Room, bytes)
    }

    #[test]
    fn the_newest_layouts_are_kept_within_a_bound_and_none_of_earlier_files() {
        let layouts = ArchiveLayouts::new(1);
        let kept = || lock(&layouts.kept).iter().map(|layout| (layout.of.room, layout.of.version)).collect::<Vec<_>>();
        layouts.keep(&layout(1, 1, MOST_BYTES / 2));
        layouts.keep(&layout(2, 1, MOST_BYTES / 2));
        assert_eq!(kept(), [(1, 1), (2, 1)]);
        layouts.keep(&layout(1, 2, MOST_BYTES / 2));
        assert_eq!(kept(), [(2, 1), (1, 2)]);
        layouts.keep(&layout(3, 1, 1));
        assert_eq!(kept(), [(1, 2), (3, 1)]);
        layouts.keep(&layout(4, 1, 2 * MOST_BYTES));
        assert_eq!(kept(), [(4, 1)]);
    }

    #[test]
    fn layouts_of_folders_are_kept_beside_that_of_the_room_and_those_of_chosen_files_are_not() {
        let layouts = ArchiveLayouts::new(1);
        let folder = |name: &str| Selection::Folder(vec![name.to_owned()]);
        for selection in [Selection::Room, folder("a"), folder("b"), folder("a"), Selection::Files(HashSet::new())] {
            layouts.keep(&layout_of(1, 1, selection, 1));
        }
        let kept = || lock(&layouts.kept).iter().map(|layout| layout.of.selection.clone()).collect::<Vec<_>>();
        assert_eq!(kept(), [Selection::Room, folder("b"), folder("a")]);
        layouts.keep(&layout_of(1, 2, folder("b"), 1));
        assert_eq!(kept(), [folder("b")]);
    }

    #[test]
    fn a_file_is_in_every_folder_that_leads_to_it_and_in_no_other() {
        let path = |path: &str| app::room::path_segments(path);
        let is_in = |folder: &str| is_inside(&path("Holiday/2019/a.jpg"), &path(folder), |name, other| name == other);
        assert!(is_in("Holiday") && is_in("Holiday/2019"));
        assert!(
            !is_in("2019") && !is_in("Holiday/201") && !is_in("holiday") && !is_in("Holiday/2019/a.jpg") && !is_in("Holiday/2019/a.jpg/b")
        );
    }
}
