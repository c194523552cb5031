//! Benchmarks: how long it takes to name one device by its user agent, and to load the rules for that.

use std::sync::LazyLock;

use divan::Bencher;
use server::device::{DeviceHints, DeviceRules};

static RULES: LazyLock<DeviceRules> = LazyLock::new(DeviceRules::load);

/// The name of each case and its user agent: typical visitors, and agents for which the whole rule list is searched.
const AGENTS: [(&str, &str); 7] = [
    (
        "safari_iphone",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    ),
    ("safari_mac", "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15"),
    ("chrome_android", "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36"),
    (
        "edge_windows",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
    ),
    ("firefox_linux", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"),
    ("curl", "curl/8.6.0"),
    ("hostile", HOSTILE),
];

/// 512 bytes in which many rules begin to match and none succeeds.
const HOSTILE: &str = {
    const BYTES: [u8; 512] = {
        let word = *b"Macintosh (Andro";
        let mut bytes = [0; 512];
        let mut at = 0;
        while at < bytes.len() {
            bytes[at] = word[at % word.len()];
            at += 1;
        }
        bytes
    };
    match std::str::from_utf8(&BYTES) {
        Ok(text) => text,
        Err(_) => panic!("ASCII is UTF-8"),
    }
};

fn main() {
    divan::main();
}

#[divan::bench(args = AGENTS.map(|(name, _)| name))]
fn detect(bencher: Bencher<'_, '_>, name: &str) {
    let user_agent = AGENTS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, user_agent)| *user_agent)
        .expect("the argument is one of the table's names");
    let hints = DeviceHints {
        user_agent,
        ch_ua: Some("\"Chromium\";v=\"126\", \"Google Chrome\";v=\"126\", \"Not-A.Brand\";v=\"99\""),
        ..DeviceHints::default()
    };
    let rules = &*RULES;
    bencher.bench(|| rules.detect(divan::black_box(&hints)));
}

#[divan::bench]
fn load() -> DeviceRules {
    DeviceRules::load()
}
