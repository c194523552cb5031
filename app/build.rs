//! Turns the catalogues in `locales/` into typed messages: one method for each, with its places as arguments, and for
//! each language the texts in the order of the methods. What does not fit together stops the build.

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

/// The language that the keys and the documentation are taken from.
const SOURCE: &str = "en";
/// The plural categories, in the order in which the forms of a message are written one after the other.
const CATEGORIES: [PluralCategory; 6] =
    [PluralCategory::Zero, PluralCategory::One, PluralCategory::Two, PluralCategory::Few, PluralCategory::Many, PluralCategory::Other];
/// The place of the number in a message that counts.
const COUNT: &str = "count";

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

    let tables: BTreeMap<&str, String> =
        catalogues.iter().map(|(language, catalogue)| (language.as_str(), table(language, catalogue, &arguments))).collect();
    let mut code = methods(source, &arguments);
    let mut hasher = DefaultHasher::new();
    tables.hash(&mut hasher);
    writeln!(code, "/// Changes whenever a text does.\npub const VERSION: &str = \"{:016x}\";", hasher.finish())
        .expect("a string takes all");
    writeln!(code, "#[cfg(any(target_arch = \"wasm32\", test))]\n/// The line of a table that shows how numbers are written.\nconst NUMBERS: usize = {};", source.len())
        .expect("a string takes all");
    writeln!(
        code,
        "#[cfg(not(target_arch = \"wasm32\"))]\nconst TABLES: [(&str, &str); {}] = {:?};",
        tables.len(),
        tables.iter().collect::<Vec<_>>()
    )
    .expect("a string takes all");
    let target = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("messages.rs");
    fs::write(target, code).expect("the build folder can be written to");
}

/// The catalogues by the codes of their languages.
fn read(folder: &Path) -> BTreeMap<String, Catalogue> {
    let files = fs::read_dir(folder).expect("the folder of the catalogues").map(|entry| entry.expect("a readable folder").path());
    files
        .filter(|path| path.extension().is_some_and(|ending| ending == "toml"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable catalogue");
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let language = path.file_stem().and_then(|stem| stem.to_str()).expect("a name in ASCII").to_owned();
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

/// The places of a text, in the order of their first appearance.
fn places(text: &str) -> Vec<&str> {
    let mut places = Vec::new();
    for part in text.split('{').skip(1) {
        let (place, _) = part.split_once('}').unwrap_or_else(|| panic!("a brace is not closed: {text}"));
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// What a message is given besides the number.
fn arguments(message: &Message) -> Vec<String> {
    let mut names = Vec::new();
    for place in message.forms().into_iter().flat_map(places).filter(|place| *place != COUNT) {
        if !names.iter().any(|name| name == place) {
            names.push(place.to_owned());
        }
    }
    names
}

/// What keeps a catalogue from saying everything that the source says.
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
            problems.push(format!("{language}: {key} has the places {has:?} and not {wants:?}"));
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
        // They separate messages and forms on the way, and end the element that carries them.
        if message.forms().iter().any(|form| form.is_empty() || form.contains(['\n', '|', '<'])) {
            problems.push(format!("{language}: {key} is empty or holds a line break, a bar or an angle bracket"));
        }
    }
    problems
}

/// The plural categories that whole numbers have in a language (CLDR), and `other`, which fractions have.
fn categories(language: &str) -> BTreeSet<PluralCategory> {
    let locale = language.parse().unwrap_or(locale!("und"));
    let rules = PluralRules::try_new_cardinal((&locale).into()).expect("rules for every language");
    let whole = (0_u32..200).chain([1_000_000]).map(|number| rules.category_for(number));
    whole.chain([PluralCategory::Other]).collect()
}

/// How a language writes 1234567890.5 and 1000: enough to write any number.
fn numbers(language: &str) -> String {
    let locale: Locale = language.parse().expect("the name of a catalogue is a language");
    let formatter = DecimalFormatter::try_new((&locale).into(), Default::default()).expect("the data is in the program");
    ["1234567890.5", "1000"].map(|digits| formatter.format(&digits.parse().expect("digits")).to_string()).join("\t")
}

/// The texts in the order of their keys, one on each line; the places are numbers, and 0 is the count. The last line is
/// about numbers.
fn table(language: &str, catalogue: &Catalogue, arguments: &BTreeMap<&str, Vec<String>>) -> String {
    let lines = catalogue.iter().map(|(key, message)| {
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
    });
    lines.chain([numbers(language)]).collect::<Vec<_>>().join("\n")
}

/// The methods, one for each key, documented by what they say in English.
fn methods(source: &Catalogue, arguments: &BTreeMap<&str, Vec<String>>) -> String {
    let mut code = String::from("impl Messages {\n");
    for (index, (key, message)) in source.iter().enumerate() {
        let doc = message.forms().last().copied().unwrap_or_default();
        let names = &arguments[key.as_str()];
        let parameters: String = names.iter().map(|name| format!(", {name}: &str")).collect();
        let values = names.join(", ");
        // `continue` is a word of Rust, too.
        let name = if key == "continue" { "r#continue" } else { key };
        let method = match message {
            Message::Text(_) if names.is_empty() => format!("pub fn {name}(self) -> &'static str {{ self.text({index}) }}"),
            Message::Text(_) => format!("pub fn {name}(self{parameters}) -> String {{ self.filled({index}, &[{values}]) }}"),
            Message::Counted(_) => {
                format!("pub fn {name}(self, count: usize{parameters}) -> String {{ self.counted({index}, count, &[{values}]) }}")
            }
        };
        writeln!(code, "    /// `{doc}`\n    #[must_use]\n    {method}").expect("a string takes all");
    }
    code.push_str("}\n");
    code
}
