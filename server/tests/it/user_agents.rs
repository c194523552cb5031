//! Device detection against user agents as browsers really send them.

use app::room::{Device, DeviceKind};
use server::device::{DeviceHints, DeviceRules};

const TABLE: &str = include_str!("user_agents.txt");
const RULE_LIST: &str = include_str!("../../src/device/rules.yaml");

const CHROME_ON_LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const CHROME_ON_ANDROID_TABLET: &str = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 \
    (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const SAFARI_ON_MAC: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
const SAFARI_ON_IPAD: &str = "Mozilla/5.0 (iPad; CPU OS 12_5_7 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1.2 Mobile/15E148 Safari/604.1";
const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) \
    AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

/// One line of the table.
struct Row {
    hints: DeviceHints<'static>,
    expected: Device,
}

/// The table's lines, without comments and blank lines.
fn rows() -> impl Iterator<Item = Row> {
    TABLE.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(parse_row)
}

fn parse_row(line: &'static str) -> Row {
    let mut columns = line.splitn(5, '|').map(str::trim);
    let mut column = || columns.next().unwrap_or_else(|| panic!("too few columns: {line}"));
    let kind = match column() {
        "Mobile" => DeviceKind::Mobile,
        "Tablet" => DeviceKind::Tablet,
        "Desktop" => DeviceKind::Desktop,
        other => panic!("no such kind: {other}"),
    };
    let (browser, system) = (column(), column());
    let (hint_column, user_agent) = (column(), column());

    let mut hints = from_agent(user_agent);
    for hint in hint_column.split(" & ").filter(|hint| !hint.is_empty()) {
        match hint.split_once('=') {
            Some(("touch", points)) => hints.touch_points = points.parse().ok(),
            Some(("brands", value)) => hints.ch_ua = Some(value),
            Some(("platform", value)) => hints.ch_ua_platform = Some(value),
            Some(("mobile", value)) => hints.ch_ua_mobile = Some(value),
            _ => panic!("no such hint: {hint}"),
        }
    }
    Row { hints, expected: device(kind, browser, system) }
}

fn device(kind: DeviceKind, browser: &str, system: &str) -> Device {
    Device { kind, browser: browser.to_owned(), system: system.to_owned() }
}

fn from_agent(user_agent: &str) -> DeviceHints<'_> {
    DeviceHints { user_agent, ..DeviceHints::default() }
}

/// Detects with freshly loaded rules, for the tests that need it only once.
fn detect(hints: &DeviceHints<'_>) -> Device {
    DeviceRules::load().detect(hints)
}

#[test]
fn every_user_agent_of_the_table_is_named_as_expected() {
    let rules = DeviceRules::load();
    let mut checked = 0;
    let mut wrong = Vec::new();
    for Row { hints, expected } in rows() {
        checked += 1;
        let found = rules.detect(&hints);
        if found != expected {
            let agent = hints.user_agent;
            wrong.push(format!("{agent}\n  want {expected:?}\n   got {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 60, "only {checked} user agents in the table");
}

#[test]
fn a_mac_with_touch_points_is_an_ipad() {
    let with_touch = |touch_points| DeviceHints { touch_points, ..from_agent(SAFARI_ON_MAC) };
    let ipad = device(DeviceKind::Tablet, "Safari", "iPad");
    let mac = device(DeviceKind::Desktop, "Safari", "macOS");
    assert_eq!(detect(&with_touch(Some(5))), ipad);
    assert_eq!(detect(&with_touch(Some(2))), ipad);
    assert_eq!(detect(&with_touch(Some(1))), mac);
    assert_eq!(detect(&with_touch(Some(0))), mac);
    assert_eq!(detect(&with_touch(None)), mac);
}

#[test]
fn a_browser_that_names_its_platform_macos_is_no_ipad() {
    let hints = DeviceHints { ch_ua_platform: Some("\"macOS\""), touch_points: Some(5), ..from_agent(SAFARI_ON_MAC) };
    assert_eq!(detect(&hints), device(DeviceKind::Desktop, "Safari", "macOS"));
}

#[test]
fn a_mobile_hint_makes_a_phone_of_an_android_without_mobile() {
    let hints = DeviceHints { ch_ua_mobile: Some("?1"), ..from_agent(CHROME_ON_ANDROID_TABLET) };
    assert_eq!(detect(&hints), device(DeviceKind::Mobile, "Chrome", "Android"));
}

#[test]
fn a_tablet_form_factor_outweighs_the_mobile_hint() {
    let hints = DeviceHints {
        ch_ua_mobile: Some("?1"),
        ch_ua_form_factors: Some("\"Mobile\", \"Tablet\""),
        ..from_agent(CHROME_ON_ANDROID_TABLET)
    };
    assert_eq!(detect(&hints), device(DeviceKind::Tablet, "Chrome", "Android"));
}

#[test]
fn the_platform_hint_overrides_a_disguised_user_agent() {
    let on_android = DeviceHints { ch_ua_platform: Some("\"Android\""), ch_ua_mobile: Some("?0"), ..from_agent(CHROME_ON_LINUX) };
    assert_eq!(detect(&on_android), device(DeviceKind::Tablet, "Chrome", "Android"));
    let on_windows = DeviceHints { ch_ua_platform: Some("\"Windows\""), ch_ua_mobile: Some("?0"), ..from_agent(CHROME_ON_LINUX) };
    assert_eq!(detect(&on_windows), device(DeviceKind::Desktop, "Chrome", "Windows"));
}

#[test]
fn an_apple_device_is_what_its_user_agent_says_whatever_hints_come_with_it() {
    let desktop = |user_agent| DeviceHints {
        ch_ua_mobile: Some("?0"),
        ch_ua_platform: Some("\"Linux\""),
        ch_ua_form_factors: Some("\"Desktop\""),
        ..from_agent(user_agent)
    };
    assert_eq!(detect(&desktop(SAFARI_ON_IPHONE)), device(DeviceKind::Mobile, "Safari", "iPhone"));
    for platform in ["\"Windows\"", "\"macOS\"", "\"Android\"", "\"iOS\""] {
        let hints = DeviceHints { ch_ua_platform: Some(platform), ..desktop(SAFARI_ON_IPAD) };
        assert_eq!(detect(&hints), device(DeviceKind::Tablet, "Safari", "iPad"), "{platform}");
    }
}

#[test]
fn a_brand_names_the_browser_that_passes_for_chrome() {
    let branded = |brand: &str| {
        let header = format!("\"Chromium\";v=\"126\", {brand};v=\"126\", \"Not-A.Brand\";v=\"99\"");
        let hints = DeviceHints { ch_ua: Some(&header), ..from_agent(CHROME_ON_LINUX) };
        detect(&hints).browser
    };
    assert_eq!(branded("\"Brave\""), "Brave");
    assert_eq!(branded("\"Vivaldi\""), "Vivaldi");
    assert_eq!(branded("\"Microsoft Edge\""), "Edge");
    assert_eq!(branded("\"Google Chrome\""), "Chrome");
    assert_eq!(branded("\"HeadlessChrome\""), "Headless Chrome");
    assert_eq!(branded("\"Unheard Of\""), "Chromium");
}

#[test]
fn hints_alone_are_enough() {
    let hints = DeviceHints {
        ch_ua: Some("\"Google Chrome\";v=\"126\", \"Chromium\";v=\"126\""),
        ch_ua_mobile: Some("?1"),
        ch_ua_platform: Some("\"Android\""),
        ..DeviceHints::default()
    };
    assert_eq!(detect(&hints), device(DeviceKind::Mobile, "Chrome", "Android"));
}

#[test]
fn an_empty_user_agent_is_a_nameless_desktop() {
    assert_eq!(detect(&from_agent("")), device(DeviceKind::Desktop, "", ""));
}

#[test]
fn a_user_agent_of_ten_kilobytes_is_read_only_at_its_start() {
    let nameless = device(DeviceKind::Desktop, "", "");
    let late = format!("{}{SAFARI_ON_IPHONE}", "x".repeat(10 * 1024));
    assert_eq!(detect(&from_agent(&late)), nameless);
    let early = format!("{SAFARI_ON_IPHONE}{}", "x".repeat(10 * 1024));
    assert_eq!(detect(&from_agent(&early)), device(DeviceKind::Mobile, "Safari", "iPhone"));
    // Each character has three bytes, so that the limit falls inside one of them.
    let split = "界".repeat(4 * 1024);
    assert_eq!(detect(&from_agent(&split)), nameless);
}

/// User agents and hints that no browser sends, but that anyone can send.
fn hostile_texts() -> Vec<String> {
    let mut texts: Vec<String> = [
        "<script>alert(1)</script> Firefox/<b>1</b>",
        "Macintosh\0Mobile/\0\r\nSet-Cookie: a=b",
        "$1 ${1} $0 \\1 (Googlebot",
        "\u{202e}iPad; \u{feff}Android 🦀 Mobile Safari/",
        "\"Brave\\\"\", \"\", \"",
        "\"\"\"\"\"\"\"\"\"",
        "?1?1?1",
    ]
    .map(str::to_owned)
    .into();
    texts.extend(["Macintosh", "Android ", "(", "\"", "\0", "é", "🦀"].map(|s| s.repeat(10_000)));
    texts
}

#[test]
fn hostile_input_yields_only_names_of_our_own_lists() {
    let rules = DeviceRules::load();
    let is_ours = |name: &str| name.is_empty() || RULE_LIST.contains(name);
    let hostile = hostile_texts();
    for text in &hostile {
        for hint in &hostile {
            let found = rules.detect(&DeviceHints {
                user_agent: text,
                ch_ua: Some(hint),
                ch_ua_mobile: Some(hint),
                ch_ua_platform: Some(hint),
                ch_ua_form_factors: Some(hint),
                touch_points: Some(u32::MAX),
            });
            assert!(is_ours(&found.browser), "{found:?}");
            assert!(is_ours(&found.system), "{found:?}");
        }
    }
}

#[test]
fn a_user_agent_cut_anywhere_yields_only_names_of_our_own_lists() {
    let rules = DeviceRules::load();
    for Row { hints, .. } in rows() {
        for (cut, _) in hints.user_agent.char_indices().step_by(7) {
            let found = rules.detect(&from_agent(&hints.user_agent[cut..]));
            assert!(RULE_LIST.contains(&found.browser), "{found:?}");
            assert!(RULE_LIST.contains(&found.system), "{found:?}");
        }
    }
}

#[test]
fn no_rule_copies_text_of_the_clients_choosing() {
    assert!(!RULE_LIST.contains('$'), "a replacement may hold no group reference");
    let mut lines = RULE_LIST.lines().map(str::trim).peekable();
    while let Some(line) = lines.next() {
        let Some(pattern) = line.strip_prefix("- regex: ") else {
            continue;
        };
        if lines.peek().is_some_and(|next| next.contains("_replacement: ")) {
            continue;
        }
        let group = pattern.split(['(', ')']).nth(1).unwrap_or_default();
        let fixed = |c: char| c.is_ascii_alphanumeric() || "-_|".contains(c);
        assert!(!group.is_empty() && group.chars().all(fixed), "not a list of words: {pattern}");
    }
}
