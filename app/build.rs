//! Generates the code of `i18n::Messages` from the catalogues in `locales/`: one method for each key, with the
//! placeholders of the message as parameters, and for each language a table of its texts in the order of the methods.
//! A catalogue that does not match the English one stops the build.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
};

use icu_decimal::DecimalFormatter;
use icu_locale_core::{Locale, locale};
use icu_plurals::{PluralCategory, PluralRules};
use toml::Value;

/// The language whose catalogue defines the keys, the placeholders and the documentation of the methods.
const SOURCE: &str = "en";
/// The plural categories (CLDR), in the order in which the forms of a message are written into the table.
const CATEGORIES: [PluralCategory; 6] =
    [PluralCategory::Zero, PluralCategory::One, PluralCategory::Two, PluralCategory::Few, PluralCategory::Many, PluralCategory::Other];
/// The placeholder for the number in a message with plural forms.
const COUNT: &str = "count";

/// The beginnings of the keys of messages that only the server shows. Neither pages nor the program in the browser have them.
const SERVER_ONLY: [&str; 2] = ["doctor_", "trust_"];

/// Messages by their keys.
type Catalogue = BTreeMap<String, Message>;

enum Message {
    Text(String),
    /// One form for each plural category of the language.
    Counted(BTreeMap<PluralCategory, String>),
}

fn main() {
    println!("cargo::rerun-if-changed=locales");
    let catalogues = read(Path::new("locales"));
    let source = &catalogues[SOURCE];
    let arguments: BTreeMap<&str, Vec<String>> = source.iter().map(|(key, message)| (key.as_str(), arguments(message))).collect();
    let problems: Vec<String> = catalogues.iter().flat_map(|(language, catalogue)| problems(language, catalogue, source)).collect();
    assert!(problems.is_empty(), "the catalogues do not fit together:\n{}", problems.join("\n"));

    let tables: BTreeMap<&str, (String, String)> = catalogues
        .iter()
        .map(|(language, catalogue)| {
            let page: Vec<String> = lines(catalogue, &arguments, false).chain([numbers(language)]).collect();
            let server: Vec<String> = lines(catalogue, &arguments, true).collect();
            (language.as_str(), (page.join("\n"), server.join("\n")))
        })
        .collect();
    let mut code = methods(source, &arguments);
    let mut hasher = DefaultHasher::new();
    tables.hash(&mut hasher);
    writeln!(code, "/// Changes whenever a text does.\npub const VERSION: &str = \"{:016x}\";", hasher.finish())
        .expect("writing to a String cannot fail");
    writeln!(code, "#[cfg(any(target_arch = \"wasm32\", test))]\n/// The line of a table that shows how numbers are written.\nconst NUMBERS: usize = {};", source.keys().filter(|key| !is_server_only(key)).count())
        .expect("writing to a String cannot fail");
    writeln!(
        code,
        "#[cfg(not(target_arch = \"wasm32\"))]\nconst TABLES: [(&str, (&str, &str)); {}] = {:?};",
        tables.len(),
        tables.iter().collect::<Vec<_>>()
    )
    .expect("writing to a String cannot fail");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("messages.rs");
    fs::write(target, code).expect("the build folder can be written to");
}

fn is_server_only(key: &str) -> bool {
    SERVER_ONLY.iter().any(|start| key.starts_with(start))
}

/// Reads the catalogues in a folder. The keys of the result are the codes of the languages, such as `en`.
fn read(folder: &Path) -> BTreeMap<String, Catalogue> {
    let files = fs::read_dir(folder).expect("the folder of the catalogues").map(|entry| entry.expect("a readable folder").path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable catalogue");
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let language = path.file_stem().and_then(|stem| stem.to_str()).expect("the name of a catalogue is UTF-8").to_owned();
            (language, table.into_iter().map(|(key, value)| (key, message(value))).collect())
        })
        .collect()
}

fn message(value: Value) -> Message {
    match value {
        Value::String(text) => Message::Text(text),
        Value::Table(forms) => Message::Counted(
            forms
                .into_iter()
                .map(|(name, form)| {
                    let category = PluralCategory::get_for_cldr_string(&name).unwrap_or_else(|| panic!("{name} is no plural category"));
                    (category, form.as_str().expect("a form is text").to_owned())
                })
                .collect(),
        ),
        other => panic!("{other} is neither text nor plural forms"),
    }
}

impl Message {
    fn forms(&self) -> Vec<&str> {
        match self {
            Self::Text(text) => vec![text],
            Self::Counted(forms) => forms.values().map(String::as_str).collect(),
        }
    }
}

/// The names of the placeholders (`{name}`) in a text, in the order of their first appearance.
fn placeholders(text: &str) -> Vec<&str> {
    let mut placeholders = Vec::new();
    for part in text.split('{').skip(1) {
        let (placeholder, _) = part.split_once('}').unwrap_or_else(|| panic!("a brace is not closed: {text}"));
        if !placeholders.contains(&placeholder) {
            placeholders.push(placeholder);
        }
    }
    placeholders
}

/// The names of the placeholders of a message, apart from the number: the parameters of its method.
fn arguments(message: &Message) -> Vec<String> {
    let mut names = Vec::new();
    for placeholder in message.forms().into_iter().flat_map(placeholders).filter(|placeholder| *placeholder != COUNT) {
        if !names.iter().any(|name| name == placeholder) {
            names.push(placeholder.to_owned());
        }
    }
    names
}

/// What is wrong with a catalogue: keys that are missing or unknown, placeholders other than those of the source,
/// plural forms that the language lacks or does not have, and texts that are empty or that the table cannot hold.
fn problems(language: &str, catalogue: &Catalogue, source: &Catalogue) -> Vec<String> {
    let mut problems = Vec::new();
    let needed = categories(language);
    for key in source.keys().filter(|key| !catalogue.contains_key(*key)) {
        problems.push(format!("{language}: {key} is missing"));
    }
    for (key, message) in catalogue {
        let Some(original) = source.get(key) else {
            problems.push(format!("{language}: {key} is in no other catalogue"));
            continue;
        };
        let (has, wants): (BTreeSet<_>, BTreeSet<_>) =
            (arguments(message).into_iter().collect(), arguments(original).into_iter().collect());
        if has != wants {
            problems.push(format!("{language}: {key} has the placeholders {has:?} and not {wants:?}"));
        }
        match (message, original) {
            (Message::Counted(forms), Message::Counted(_)) => {
                let given: BTreeSet<PluralCategory> = forms.keys().copied().collect();
                if given != needed {
                    problems.push(format!("{language}: {key} has the plural forms {given:?} and not {needed:?}"));
                }
            }
            (Message::Text(_), Message::Text(_)) => {}
            _ => problems.push(format!("{language}: {key} counts in one language only")),
        }
        // In the table a line break separates messages and a bar separates plural forms; an angle bracket could end the
        // element in which the page carries the table.
        if message.forms().iter().any(|form| form.is_empty() || form.contains(['\n', '|', '<'])) {
            problems.push(format!("{language}: {key} is empty or holds a line break, a bar or an angle bracket"));
        }
    }
    problems
}

/// The plural categories (CLDR) that the messages of a language need: those of whole numbers, found by asking for 0 to
/// 199 and for a million, and `other`, which every language has.
fn categories(language: &str) -> BTreeSet<PluralCategory> {
    let locale = language.parse().unwrap_or(locale!("und"));
    let rules = PluralRules::try_new_cardinal((&locale).into()).expect("ICU has plural rules for every language");
    let whole = (0_u32..200).chain([1_000_000]).map(|number| rules.category_for(number));
    whole.chain([PluralCategory::Other]).collect()
}

/// How a language writes 1234567890.5 and 1000, separated by a tab. From these two examples a browser works out how to
/// write any number (`i18n::numbers`).
fn numbers(language: &str) -> String {
    let locale: Locale = language.parse().expect("the name of a catalogue is a language tag");
    let formatter = DecimalFormatter::try_new((&locale).into(), Default::default()).expect("the locale data is compiled in");
    ["1234567890.5", "1000"].map(|digits| formatter.format(&digits.parse().expect("digits")).to_string()).join("\t")
}

/// The texts of a catalogue in the order of their keys, either those that only the server shows, or the others. Plural forms are
/// separated by bars. Placeholders are numbered: `{0}` is the count, `{1}` the first of `arguments`.
fn lines(catalogue: &Catalogue, arguments: &BTreeMap<&str, Vec<String>>, of_server: bool) -> impl Iterator<Item = String> {
    let chosen = catalogue.iter().filter(move |(key, _)| is_server_only(key) == of_server);
    chosen.map(|(key, message)| {
        let numbered = |form: &String| {
            let form = form.replace(&format!("{{{COUNT}}}"), "{0}");
            arguments[key.as_str()]
                .iter()
                .enumerate()
                .fold(form, |form, (index, name)| form.replace(&format!("{{{name}}}"), &format!("{{{}}}", index + 1)))
        };
        match message {
            Message::Text(text) => numbered(text),
            Message::Counted(forms) => {
                let forms = CATEGORIES.map(|category| forms.get(&category).map(numbered).unwrap_or_default());
                forms.join("|")
            }
        }
    })
}

/// The code of the methods, one for each key. The English text of a message is the documentation of its method. The messages
/// that only the server shows come after those of pages and the line with the examples of [`numbers`].
fn methods(source: &Catalogue, arguments: &BTreeMap<&str, Vec<String>>) -> String {
    let mut code = String::from("impl Messages {\n");
    let (server, pages): (Vec<_>, Vec<_>) = source.iter().partition(|(key, _)| is_server_only(key));
    let indexed = pages.iter().enumerate().chain(server.iter().enumerate().map(|(index, message)| (pages.len() + 1 + index, message)));
    for (index, (key, message)) in indexed {
        let doc = message.forms().last().copied().unwrap_or_default();
        let names = &arguments[key.as_str()];
        let parameters: String = names.iter().map(|name| format!(", {name}: &str")).collect();
        let values = names.join(", ");
        // `continue` is a keyword of Rust.
        let name = if *key == "continue" { "r#continue" } else { key };
        let method = match message {
            Message::Text(_) if names.is_empty() => format!("pub fn {name}(self) -> &'static str {{ self.text({index}) }}"),
            Message::Text(_) => format!("pub fn {name}(self{parameters}) -> String {{ self.filled({index}, &[{values}]) }}"),
            Message::Counted(_) => {
                format!("pub fn {name}(self, count: usize{parameters}) -> String {{ self.counted({index}, count, &[{values}]) }}")
            }
        };
        let only = if is_server_only(key) { "#[cfg(not(target_arch = \"wasm32\"))]\n    " } else { "" };
        writeln!(code, "    /// `{doc}`\n    {only}#[must_use]\n    {method}").expect("writing to a String cannot fail");
    }
    code.push_str("}\n");
    code
}
