use std::{fs, path::Path};

use proc_macro2::{TokenStream, TokenTree};

use super::*;

#[test]
fn every_language_has_its_own_words() {
    let english = Messages::of(Language::English);
    for language in Language::ALL.into_iter().filter(|language| *language != Language::English) {
        let own = Messages::of(language);
        let same = english.texts.iter().zip(own.texts).filter(|(english, own)| english == own && english.contains(' ')).collect::<Vec<_>>();
        // Some texts are the same in every language, such as "{0} MB".
        assert!(same.len() < 12, "{language:?}: {same:?}");
    }
}

#[test]
fn numbers_and_plurals_follow_the_language() {
    let cases = [
        (Language::English, 15, "1.5"),
        (Language::Czech, 15, "1,5"),
        (Language::German, 123_450, "12.345,0"),
        (Language::Hindi, 1_234_560, "1,23,456.0"),
    ];
    for (language, tenths, text) in cases {
        assert_eq!(Messages::of(language).tenths(tenths), text, "{language:?}");
    }
    let czech = Messages::of(Language::Czech);
    assert_eq!([1, 2, 5].map(|count| czech.files_arrived(count)), ["Dorazil 1 soubor.", "Dorazily 2 soubory.", "Dorazilo 5 souborů."]);
    let polish = Messages::of(Language::Polish);
    assert_eq!([1, 22, 25].map(|count| polish.hours(count)), ["1 godzinę", "22 godziny", "25 godzin"]);
}

/// In every language the texts and the numbers have Latin digits, and `clock::time_of_day` asks browsers for the same.
#[test]
fn there_is_one_kind_of_digits() {
    for language in Language::ALL {
        let texts = Messages::of(language).texts.iter().copied();
        let others: Vec<&str> = texts.filter(|text| text.chars().any(|c| c.is_numeric() && !c.is_ascii_digit())).collect();
        assert!(others.is_empty(), "{language:?}: {others:?}");
    }
}

#[test]
fn what_is_put_in_does_not_turn_the_words_around_it() {
    assert_eq!(fill("“{1}” is here.", "", &["a.pdf"], false), "“a.pdf” is here.");
    assert_eq!(fill("“{1}” is here.", "", &["تقرير.pdf"], false), "“\u{2068}تقرير.pdf\u{2069}” is here.");
    assert_eq!(fill("{1}: {0}", "٣", &["Ada"], true), "\u{2068}Ada\u{2069}: ٣");
    assert_eq!(fill("{2} {1} {2}{", "", &["a", "{1}"], false), "{1} a {1}");
}

/// Attributes whose values people read or hear.
const SPOKEN_ATTRIBUTES: [&str; 4] = ["label", "title", "placeholder", "alt"];
/// Attributes whose values only the browser reads.
const SILENT_ATTRIBUTES: [&str; 5] = ["class", "d", "viewBox", "media", "rel"];
/// Texts that are allowed in the code: names, and texts for programs that look like words.
const NOT_FOR_PEOPLE: [&str; 6] = ["SnapDrop", "SHA-256", "×", "light dark", "crc32c {}", "upload {pin}/{id}"];

/// Every text that people see or hear comes from the catalogues.
#[test]
fn no_words_stand_in_the_program_itself() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for part in ["pages", "components", "browser", "shell.rs", "document.rs", "format.rs"] {
        look_into(&root.join(part), &mut found);
    }
    assert!(found.is_empty(), "these belong in app/locales:\n{}", found.join("\n"));
}

#[test]
fn every_message_is_used_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut sources = String::new();
    read_all(&root.join("src"), &mut sources);
    read_all(&root.join("../server/src"), &mut sources);
    let catalogue = fs::read_to_string(root.join("locales/en.toml")).unwrap();
    let keys = catalogue.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = ")).map(|(key, _)| key);
    let unused: Vec<&str> = keys.filter(|key| !sources.contains(&format!(".{key}(")) && !sources.contains(&format!(".r#{key}("))).collect();
    assert!(unused.is_empty(), "these messages are used nowhere: {unused:?}");
}

fn read_all(path: &Path, sources: &mut String) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| read_all(&entry.unwrap().path(), sources));
    } else if path.extension().is_some_and(|ending| ending == "rs") {
        sources.push_str(&fs::read_to_string(path).unwrap());
    }
}

fn look_into(path: &Path, found: &mut Vec<String>) {
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| look_into(&entry.unwrap().path(), found));
        return;
    }
    let source = fs::read_to_string(path).unwrap();
    let source = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut words = Vec::new();
    collect(source.parse().unwrap(), false, &mut words);
    found.extend(words.into_iter().map(|word| format!("{}: {word}", path.display())));
}

/// Collects text literals that look like something people read; in a view, single words count, too.
fn collect(tokens: TokenStream, in_view: bool, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let text_of = |index: Option<usize>| index.and_then(|index| tokens.get(index)).map(ToString::to_string).unwrap_or_default();
    for (index, token) in tokens.iter().enumerate() {
        let before = text_of(index.checked_sub(1));
        match token {
            // A group after a number sign is an attribute, such as documentation or the reason of an `expect`.
            TokenTree::Group(_) if before == "#" || (before == "!" && text_of(index.checked_sub(2)) == "#") => {}
            TokenTree::Group(group) => {
                let says_to_developers = ["expect", "panic", "debug_2"].contains(&before.as_str());
                let is_view = before == "!" && text_of(index.checked_sub(2)) == "view";
                if !says_to_developers {
                    collect(group.stream(), is_view, found);
                }
            }
            TokenTree::Literal(literal) => {
                let Some(text) = literal.to_string().strip_prefix('"').and_then(|text| text.strip_suffix('"')).map(str::to_owned) else {
                    continue;
                };
                let attribute = (before == "=").then(|| text_of(index.checked_sub(2)));
                let for_people = match attribute {
                    Some(name) if in_view && SPOKEN_ATTRIBUTES.contains(&name.as_str()) => has_letters(&text),
                    Some(name) if in_view && SILENT_ATTRIBUTES.contains(&name.as_str()) => false,
                    Some(_) => looks_like_words(&text),
                    _ if in_view => has_letters(&text),
                    _ => looks_like_words(&text),
                };
                if for_people && !NOT_FOR_PEOPLE.contains(&text.as_str()) {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
}

/// Whether a format string has letters outside its placeholders.
fn has_letters(text: &str) -> bool {
    let mut depth = 0;
    text.chars().any(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0 && c.is_alphabetic()
    })
}

fn looks_like_words(text: &str) -> bool {
    let sentence = text.contains(' ') && text.contains(char::is_alphabetic) && has_letters(text);
    let path = text.strip_prefix('M').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let markup = path || text.starts_with('<') || text.contains('=') || text.contains(": ") && text.contains('(');
    (sentence || !text.is_ascii()) && !markup && has_letters(text)
}
