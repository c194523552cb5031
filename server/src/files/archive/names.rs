//! The names of the files in an archive: harmless on every system, and each a name of its own.

use std::collections::{HashMap, HashSet};

use icu_normalizer::DecomposingNormalizerBorrowed;

use super::ArchivedFile;

/// The most bytes of one part of a path. Linux and others take as many; Windows and macOS take 255 units of UTF-16, of which
/// there are never more than bytes.
const MAX_NAME_BYTES: usize = 255;
/// The most bytes of a number that is added to a name, with its space and brackets.
const MAX_NUMBER_BYTES: usize = " (4294967295)".len();
/// The longest ending, with its dot, that is kept when a name is shortened.
const MAX_ENDING_BYTES: usize = 32;

/// Returns one name for each file, which every system accepts. A name gets a number if an earlier file has the same
/// name apart from case and from how its letters are put together, or if another file lies in a folder of that name. The
/// name of a folder ends in `/` (PKWARE APPNOTE 6.3.10, section 4.4.17).
///
/// This takes a time in proportion to the length of all names together, whatever they are: strangers choose them, and
/// thousands of files may have the same long name, or lie in hundreds of folders.
pub(super) fn unique_names(files: &[ArchivedFile]) -> Vec<String> {
    let paths: Vec<Vec<String>> = files.iter().map(|file| file.path.iter().map(|name| harmless(name)).collect()).collect();
    // Each folder has a number; the root has 0. What is in a folder is known by the number of the folder and a folded
    // name.
    let mut folders: HashMap<(usize, String), usize> = HashMap::new();
    let parents: Vec<usize> = paths
        .iter()
        .map(|path| {
            path[..path.len().saturating_sub(1)].iter().fold(0, |folder, name| {
                let next = folders.len() + 1;
                *folders.entry((folder, folded(name))).or_insert(next)
            })
        })
        .collect();
    let mut taken: HashSet<(usize, String)> = folders.keys().cloned().collect();
    let mut folders: HashSet<(usize, String)> = folders.into_keys().collect();
    // The number to try next for each name that came before, as far as it stays when a number is added.
    let mut numbers: HashMap<(usize, String), u32> = HashMap::new();
    let unique = |((file, path), parent): ((&ArchivedFile, Vec<String>), usize)| {
        let name = path.last().map_or("", String::as_str);
        let mut unique = name.to_owned();
        // A folder may be in the archive more than once.
        let is_known_folder = file.is_folder && folders.contains(&(parent, folded(name)));
        if !is_known_folder && !taken.insert((parent, folded(name))) {
            let (stem, ending) = shortened(name, MAX_NUMBER_BYTES);
            let number = numbers.entry((parent, folded(&format!("{stem}{ending}")))).or_insert(2);
            loop {
                unique = format!("{stem} ({number}){ending}");
                *number += 1;
                if taken.insert((parent, folded(&unique))) {
                    break;
                }
            }
        }
        if file.is_folder {
            folders.insert((parent, folded(&unique)));
            unique.push('/');
        }
        let folders = &path[..path.len().saturating_sub(1)];
        folders.iter().chain([&unique]).map(String::as_str).collect::<Vec<_>>().join("/")
    };
    files.iter().zip(paths).zip(parents).map(unique).collect()
}

/// Folds a name, for comparisons. Systems for which "é" and "e" with an accent are the same letter see it decomposed. The
/// name becomes upper case before it becomes lower case, because lower case alone would leave "σ" and a final "ς" different,
/// and "ß" and "SS".
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    let decomposed = DecomposingNormalizerBorrowed::new_nfd();
    let folded: String = decomposed.normalize(name).chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    decomposed.normalize(&folded).into_owned()
}

/// The stem and the ending of a name. The stem is cut so that file systems take them with `more` bytes in addition. The ending
/// stays, because it tells what kind of file it is.
fn shortened(name: &str, more: usize) -> (&str, &str) {
    let ending = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= MAX_ENDING_BYTES).unwrap_or(name.len());
    let (stem, ending) = name.split_at(ending);
    let kept = &stem[..stem.floor_char_boundary(MAX_NAME_BYTES - more - ending.len())];
    // A name that was cut must not end in what Windows drops.
    (if kept.len() < stem.len() { kept.trim_end_matches(['.', ' ']) } else { kept }, ending)
}

/// Changes one part of a path so that every system can create it: Windows forbids some characters, and some names stand
/// for devices there (<https://learn.microsoft.com/windows/win32/fileio/naming-a-file>).
fn harmless(part: &str) -> String {
    const DEVICES: [&str; 6] = ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"];
    let mut safe: String = part.chars().map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c }).collect();
    if safe.ends_with(['.', ' ']) {
        safe.pop();
        safe.push('_');
    }
    let (stem, ending) = shortened(&safe, 1);
    safe = if stem.is_empty() && ending.is_empty() { "_".to_owned() } else { format!("{stem}{ending}") };
    let stem = safe.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let port = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    let is_port = port.is_some_and(|number| matches!(number, "0" | "1" | "2" | "3" | "4" | "5" | "6" | "7" | "8" | "9" | "¹" | "²" | "³"));
    if is_port || DEVICES.contains(&stem.as_str()) {
        safe.insert(0, '_');
    }
    safe
}

#[cfg(test)]
mod tests {
    use app::room::FileId;

    use super::*;

    /// If the time grew with the square of the number of files, this test would take minutes.
    #[test]
    fn thousands_of_files_of_one_long_name_get_numbers() {
        let name = format!("{}.txt", "n".repeat(1000));
        let deep = format!("{}a.txt", "d/".repeat(400));
        let files: Vec<ArchivedFile> =
            [(&name, 5000), (&deep, 500)].iter().flat_map(|(name, count)| vec![archived(name); *count]).collect();
        let names = unique_names(&files);
        assert!(names[4999].ends_with("nnn (5000).txt") && names[5499].ends_with("/d/a (500).txt"));
    }

    /// The same holds for names that differ only where they are cut for a number.
    #[test]
    fn thousands_of_long_names_that_are_one_when_they_are_cut_get_numbers() {
        let names = (0..2500).flat_map(|number| vec![format!("{}{number:04}", "n".repeat(250)); 2]);
        let unique = unique_names(&names.map(|name| archived(&name)).collect::<Vec<_>>());
        assert_eq!(unique[4999], format!("{} (2501)", "n".repeat(242)));
        assert_eq!(unique.iter().collect::<HashSet<_>>().len(), 5000);
    }

    #[test]
    fn a_name_is_shortened_to_what_file_systems_take_and_keeps_its_ending() {
        let long = |letter: &str, bytes: usize| letter.repeat(bytes / letter.len());
        let name = format!("{}.txt", long("ж", 400));
        let [first, second] = unique_names(&[archived(&name), archived(&name)]).try_into().unwrap();
        assert_eq!((first, second), (format!("{}.txt", long("ж", 250)), format!("{} (2).txt", long("ж", 238))));

        // What looks like an ending may be most of the name, and a folder has none; where a name is cut, no dot stays at its end.
        let cases = [
            (format!("a.{}", long("b", 300)), format!("a.{}", long("b", 252))),
            (format!("{}/x", long("f", 300)), format!("{}/x", long("f", 254))),
            (format!("{}..{}", long("d", 253), long("e", 40)), long("d", 253)),
            (".".repeat(300), "._".to_owned()),
            (format!("NUL{}x", " ".repeat(300)), "_NUL".to_owned()),
            (format!("con{}x.txt", " ".repeat(300)), "_con.txt".to_owned()),
        ];
        for (name, fitted) in cases {
            assert_eq!(unique_names(&[archived(&name)]), [fitted], "{name}");
        }
    }

    #[test]
    fn names_whose_letters_are_put_together_differently_are_the_same() {
        let names = ["blä.txt", "bla\u{308}.txt", "BLÄ.TXT", "한글", "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}"];
        let unique = unique_names(&names.map(archived));
        assert_eq!(unique, ["blä.txt", "bla\u{308} (2).txt", "BLÄ (3).TXT", "한글", &format!("{} (2)", names[4])]);
    }

    #[test]
    fn a_folder_is_named_as_one_and_is_no_file_of_that_name() {
        let folder = |name: &str| ArchivedFile { is_folder: true, ..archived(name) };
        let files = [
            folder("Trip/empty"),
            archived("Trip/a.txt"),
            folder("Trip"),
            archived("trip/EMPTY"),
            folder("Trip/A.txt"),
            folder("Trip/empty"),
        ];
        let names = ["Trip/empty/", "Trip/a.txt", "Trip/", "trip/EMPTY (2)", "Trip/A (2).txt/", "Trip/empty/"];
        assert_eq!(unique_names(&files), names);
    }

    fn archived(name: &str) -> ArchivedFile {
        let path = name.split('/').map(str::to_owned).collect();
        ArchivedFile { id: FileId::new(1), path, size_bytes: 0, crc32: 0, modified_at_ms: 0, is_folder: false }
    }
}
