//! Which files are listed, and in which order: what a person has chosen, and what follows from that.

use std::cmp::{Ordering, Reverse};

use alphanumeric_sort::compare_str;
use leptos::prelude::*;

use crate::{
    browser::system::{hydration::use_hydration, stored},
    room::{FileEntry, FileId, Room},
};

/// The keys under which the browser remembers the order, and that pictures are shown as a list.
const REMEMBERED: &str = "snapdrop-order";
const PICTURES_AS_LIST: &str = "snapdrop-pictures-as-list";
/// From so many files on, a room may be one of pictures.
const MANY_PICTURES: usize = 6;

/// The order of the files that are in no folder, and of the folders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// What was added last comes first.
    #[default]
    Newest,
    /// By name, with numbers in names in the order of their values: "photo 2" comes before "photo 10".
    Name,
    /// The largest comes first.
    Size,
}

impl Order {
    /// The word that stands for the order in the storage and in the field.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Name => "name",
            Self::Size => "size",
        }
    }

    /// The order for which a word stands; [`Self::Newest`] if it is unknown.
    pub fn of(word: &str) -> Self {
        [Self::Name, Self::Size].into_iter().find(|order| order.word() == word).unwrap_or_default()
    }
}

/// What a person has chosen to see of the list. Shared by the components of the list.
#[derive(Clone, Copy, Debug)]
pub struct Listing {
    /// The order, which the browser remembers.
    pub order: RwSignal<Order>,
    /// Whether a room of pictures is shown as a list, too, instead of a grid. The browser remembers it.
    pub pictures_as_list: RwSignal<bool>,
    /// What is sought in the names; empty when all files are listed.
    pub sought: RwSignal<String>,
    /// Whether files are being selected.
    pub selecting: RwSignal<bool>,
    /// How many files are selected.
    pub selected: RwSignal<usize>,
}

impl Listing {
    /// Starts with everything in the order that the server painted, and takes the remembered order when the page is
    /// hydrated.
    pub fn provide() {
        let listing = Self {
            order: RwSignal::new(Order::default()),
            pictures_as_list: RwSignal::new(false),
            sought: RwSignal::new(String::new()),
            selecting: RwSignal::new(false),
            selected: RwSignal::new(0),
        };
        provide_context(listing);
        let hydration = use_hydration();
        Effect::new(move |_| {
            if hydration.is_over() {
                if let Some(word) = stored::recall(REMEMBERED) {
                    listing.order.set(Order::of(&word));
                }
                listing.pictures_as_list.set(stored::recall(PICTURES_AS_LIST).is_some_and(|as_list| as_list == "true"));
            }
        });
    }

    /// Lists the files in another order, and remembers it.
    pub fn sort(self, order: Order) {
        stored::remember(REMEMBERED, order.word());
        self.order.set(order);
    }

    /// Shows pictures as a list or as a grid, and remembers it.
    pub fn show_pictures(self, as_list: bool) {
        stored::remember(PICTURES_AS_LIST, if as_list { "true" } else { "false" });
        self.pictures_as_list.set(as_list);
    }
}

/// Whether a room is one of pictures: most of its files, which are not few, are images and videos by what their sender said.
pub(super) fn is_of_pictures(room: &Room) -> bool {
    let is_picture = |file: &&FileEntry| file.media_type.starts_with("image/") || file.media_type.starts_with("video/");
    let pictures = || room.files.iter().filter(is_picture).count();
    room.files.len() >= MANY_PICTURES && 4 * pictures() >= 3 * room.files.len()
}

/// The files of one folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folder {
    /// The folder's path as it is shown to people; empty for the files that are in no folder.
    pub name: String,
    /// The files, in the order in which they are listed.
    pub ids: Vec<FileId>,
    /// The total size of the files; of a file whose size is unknown, what has arrived is counted.
    pub bytes: u64,
}

/// The folders of the room with their files, both in order. Only files that `is_shown` lets through and that have all
/// words of `sought` in their name are listed. Within a folder, files are sorted by name unless they are sorted by size.
pub(super) fn folders(room: &Room, is_shown: impl Fn(FileId) -> bool, order: Order, sought: &str) -> Vec<Folder> {
    let sought = lowercase(sought);
    let words: Vec<&str> = sought.split_whitespace().collect();
    let is_found = |file: &FileEntry| {
        words.is_empty() || {
            let name = lowercase(file.name.as_str());
            words.iter().all(|word| name.contains(word))
        }
    };
    let mut folders: Vec<(Folder, Vec<&FileEntry>)> = Vec::new();
    let mut last = 0;
    for file in room.files.iter().rev().filter(|file| is_shown(file.id) && is_found(file)) {
        let name = file.name.folders();
        // Files of one folder are mostly added one after the other.
        if folders.get(last).is_none_or(|(folder, _)| folder.name != name) {
            last = folders.iter().position(|(folder, _)| folder.name == name).unwrap_or_else(|| {
                folders.push((Folder { name, ..Folder::default() }, Vec::new()));
                folders.len() - 1
            });
        }
        let (folder, files) = &mut folders[last];
        folder.bytes = folder.bytes.saturating_add(length(file));
        files.push(file);
    }
    match order {
        Order::Newest => {}
        Order::Name => folders.sort_by_cached_key(|(folder, _)| Natural::of(&folder.name)),
        Order::Size => folders.sort_by_key(|(folder, _)| Reverse(folder.bytes)),
    }
    let listed = |(mut folder, mut files): (Folder, Vec<&FileEntry>)| {
        match order {
            Order::Size => files.sort_by_key(|file| Reverse(length(file))),
            Order::Newest if folder.name.is_empty() => {}
            Order::Newest | Order::Name => files.sort_by_cached_key(|file| Natural::of(file.name.as_str())),
        }
        folder.ids = files.into_iter().map(|file| file.id).collect();
        folder
    };
    folders.into_iter().map(listed).collect()
}

/// A text in lower case. Only browsers seek, and they have the tables of Unicode already.
fn lowercase(text: &str) -> String {
    if cfg!(target_arch = "wasm32") { js_sys::JsString::from(text).to_lower_case().into() } else { text.to_lowercase() }
}

/// A name that is ordered as people order names: numbers by their values, and without regard to the case of the letters A
/// to Z. Server and browser have to agree on the order, so nothing depends on the browser's version of Unicode.
#[derive(PartialEq, Eq)]
struct Natural(String);

impl Natural {
    fn of(name: &str) -> Self {
        Self(name.to_ascii_lowercase())
    }
}

impl Ord for Natural {
    fn cmp(&self, other: &Self) -> Ordering {
        compare_str(&self.0, &other.0)
    }
}

impl PartialOrd for Natural {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn length(file: &FileEntry) -> u64 {
    file.size_bytes.unwrap_or(file.offset_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room::tests::file;

    /// The folders with the names of their files as they are listed.
    fn listed(order: Order, sought: &str) -> Vec<(String, Vec<String>)> {
        let mut room = Room::new("482913".parse().unwrap(), 0);
        let files = [("b 10.txt", 5), ("Trip/2.jpg", 20), ("Trip/10.jpg", 30), ("B 9.txt", 7), ("Art/x.png", 1), ("A.txt", 6)];
        for (id, (name, size)) in (0..).zip(files) {
            room.files.push(FileEntry { size_bytes: Some(size), ..file(FileId::new(id), name) });
        }
        let name = |id: &FileId| room.file(*id).unwrap().name.base();
        let folders = folders(&room, |_| true, order, sought).into_iter();
        folders.map(|folder| (folder.name, folder.ids.iter().map(name).collect())).collect()
    }

    fn of(folder: &str, files: &[&str]) -> (String, Vec<String>) {
        (folder.to_owned(), files.iter().map(|file| (*file).to_owned()).collect())
    }

    #[test]
    fn the_newest_comes_first_and_folders_are_sorted_inside() {
        let newest = [of("", &["A.txt", "B 9.txt", "b 10.txt"]), of("Art", &["x.png"]), of("Trip", &["2.jpg", "10.jpg"])];
        assert_eq!(listed(Order::Newest, ""), newest);
    }

    #[test]
    fn names_are_sorted_as_people_count() {
        let by_name = [of("", &["A.txt", "B 9.txt", "b 10.txt"]), of("Art", &["x.png"]), of("Trip", &["2.jpg", "10.jpg"])];
        assert_eq!(listed(Order::Name, ""), by_name);
    }

    #[test]
    fn the_largest_comes_first() {
        let by_size = [of("Trip", &["10.jpg", "2.jpg"]), of("", &["B 9.txt", "A.txt", "b 10.txt"]), of("Art", &["x.png"])];
        assert_eq!(listed(Order::Size, ""), by_size);
    }

    #[test]
    fn every_word_that_is_sought_is_in_the_name() {
        assert_eq!(listed(Order::Newest, " TRIP 10"), [of("Trip", &["10.jpg"])]);
        assert_eq!(listed(Order::Newest, "b txt"), [of("", &["B 9.txt", "b 10.txt"])]);
        assert_eq!(listed(Order::Newest, "nothing"), []);
    }

    #[test]
    fn a_room_is_one_of_pictures_when_most_of_its_files_are() {
        let room_of = |types: &[&str]| {
            let mut room = Room::new("482913".parse().unwrap(), 0);
            for (id, media_type) in (0..).zip(types) {
                room.files.push(FileEntry { media_type: (*media_type).to_owned(), ..file(FileId::new(id), "a") });
            }
            is_of_pictures(&room)
        };
        assert!(room_of(&["image/png", "video/mp4", "image/png", "", "image/png", "image/heic"]));
        assert!(!room_of(&["image/png"; 5]), "a few pictures fit into a list");
        assert!(!room_of(&["image/png", "image/png", "", "text/plain", "image/png", "image/png"]));
    }

    #[test]
    fn an_order_is_remembered_by_its_word() {
        for order in [Order::Newest, Order::Name, Order::Size] {
            assert_eq!(Order::of(order.word()), order);
        }
        assert_eq!(Order::of("unknown"), Order::Newest);
    }
}
