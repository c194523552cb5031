//! Friendly names for members who did not choose one.

use app::room::{DisplayName, Room};
use rand::seq::IndexedRandom as _;

const QUALITIES: [&str; 40] = [
    "Amber", "Azure", "Bold", "Brave", "Bright", "Calm", "Clever", "Copper", "Coral", "Crisp", "Dapper", "Eager", "Fair", "Fleet",
    "Gentle", "Golden", "Happy", "Hazel", "Honest", "Indigo", "Jolly", "Keen", "Kind", "Lively", "Lucky", "Mellow", "Merry", "Misty",
    "Noble", "Paper", "Patient", "Plucky", "Quick", "Quiet", "Ruby", "Silver", "Snug", "Sunny", "Velvet", "Witty",
];

const ANIMALS: [&str; 40] = [
    "Badger", "Beaver", "Bison", "Crane", "Curlew", "Deer", "Dolphin", "Falcon", "Ferret", "Finch", "Fox", "Gecko", "Hare", "Heron",
    "Ibis", "Jackdaw", "Kestrel", "Koala", "Lark", "Lemur", "Lynx", "Magpie", "Marten", "Moose", "Newt", "Otter", "Owl", "Panda", "Puffin",
    "Quail", "Raven", "Robin", "Seal", "Sparrow", "Stork", "Swift", "Tapir", "Turtle", "Walrus", "Wren",
];

/// Picks a random name that nobody in the room has.
pub(super) fn friendly(room: &Room) -> DisplayName {
    let mut rng = rand::rng();
    let mut pick = || {
        let quality = QUALITIES.choose(&mut rng).expect("the list is not empty");
        let animal = ANIMALS.choose(&mut rng).expect("the list is not empty");
        format!("{quality} {animal}")
    };
    let free = |name: &str| room.members.iter().all(|member| member.name.as_str() != name);
    // There are 1,600 names, which is enough for most rooms. In a crowded room, a number is added to a name, which is
    // then not checked again.
    let plain = std::iter::repeat_with(&mut pick).take(16).find(|name| free(name));
    let name = plain.unwrap_or_else(|| format!("{} {}", pick(), room.members.len() + 1));
    DisplayName::parse(&name).expect("the words are short and plain")
}
