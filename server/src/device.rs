//! Names the device behind a request, such as "Safari on an iPhone".
//!
//! The user agent is matched against a short rule list of our own (`device/rules.yaml`) rather than the large public
//! one: most patterns of the public list tell apart models that a room never shows, and all of them take memory. Client
//! hints, where a browser sends them, correct what the user agent hides.
//!
//! Everything that is read here comes from the client and is not trusted: inputs are cut to a fixed length, the
//! patterns run in linear time, and the names in a [`Device`] come from our own lists, never from the request.

use std::{borrow::Cow, fmt};

use uaparser::{Parser, UserAgentParser};

use app::room::{Device, DeviceKind};

/// The rules. They are compiled into the program, so that they cannot be missing.
const RULES: &[u8] = include_bytes!("device/rules.yaml");

/// The longest user agent or hint that is considered, in bytes. Real ones are shorter; of a longer one, only the first
/// bytes are searched.
const LONGEST_INPUT: usize = 512;

/// The name that uaparser returns when no rule matches.
const UNMATCHED: &str = "Other";

/// The number of touch points from which a "Macintosh" is taken for an iPad. No Mac has a touch screen; an iPad reports
/// five.
const IPAD_TOUCH_POINTS: u32 = 2;

/// Brands of `Sec-CH-UA` and the browsers they stand for. A browser lists the brands of its engine beside its own, so
/// the engines' brands come last in this table.
const BRANDS: [(&str, &str); 12] = [
    ("Brave", "Brave"),
    ("Microsoft Edge", "Edge"),
    ("Opera", "Opera"),
    ("Opera GX", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("Samsung Internet", "Samsung Internet"),
    ("YaBrowser", "Yandex"),
    ("Yandex", "Yandex"),
    ("DuckDuckGo", "DuckDuckGo"),
    ("HeadlessChrome", "Headless Chrome"),
    ("Google Chrome", "Chrome"),
    ("Chromium", "Chromium"),
];

/// Values of `Sec-CH-UA-Platform` and the systems they stand for. "iOS" is left out, because the user agent tells an
/// iPhone from an iPad and this hint does not.
const PLATFORMS: [(&str, &str); 6] = [
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("macOS", "macOS"),
    ("Chrome OS", "ChromeOS"),
    ("Chromium OS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// Values of `Sec-CH-UA-Form-Factors` and the kinds they stand for. When a browser lists several, the one that comes
/// first in this table decides.
const FORM_FACTORS: [(&str, DeviceKind); 3] =
    [("Tablet", DeviceKind::Tablet), ("Mobile", DeviceKind::Mobile), ("Desktop", DeviceKind::Desktop)];

/// What a browser says about itself: header values as they were sent, not yet trusted.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeviceHints<'a> {
    /// `User-Agent`, empty when not sent.
    pub user_agent: &'a str,
    /// `Sec-CH-UA`, the list of brands.
    pub ch_ua: Option<&'a str>,
    /// `Sec-CH-UA-Mobile`, `?1` for a mobile device.
    pub ch_ua_mobile: Option<&'a str>,
    /// `Sec-CH-UA-Platform`, such as `"Android"` with its quotes.
    pub ch_ua_platform: Option<&'a str>,
    /// `Sec-CH-UA-Form-Factors`, such as `"Tablet"` with its quotes.
    pub ch_ua_form_factors: Option<&'a str>,
    /// `navigator.maxTouchPoints`, which only the page can report.
    pub touch_points: Option<u32>,
}

/// The compiled rule list. It should be loaded once and shared, because loading compiles every pattern, while detecting
/// a device only searches with them.
pub struct DeviceRules {
    parser: UserAgentParser,
}

impl fmt::Debug for DeviceRules {
    // The patterns are left out, because they would fill pages of a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceRules").finish_non_exhaustive()
    }
}

impl DeviceRules {
    /// Compiles the built-in rules.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the rules are part of the program and every test loads them")]
    pub fn load() -> Self {
        // Headers are matched as ASCII: Unicode character classes would only make the patterns larger.
        let parser = UserAgentParser::builder()
            .with_unicode_support(false)
            .build_from_bytes(RULES)
            .expect("the built-in rules are valid, as every test checks by loading them");
        Self { parser }
    }

    /// Names the device that sent these hints. Names that cannot be determined are left empty, and a device of unknown
    /// kind counts as a desktop.
    #[must_use]
    pub fn detect(&self, hints: &DeviceHints<'_>) -> Device {
        let user_agent = capped(hints.user_agent);
        let browser = named(self.parser.parse_user_agent(user_agent).family);
        let system = named(self.parser.parse_os(user_agent).family);
        let platform = platform(hints.ch_ua_platform, &system);

        // Browsers on an iPad ask for desktop pages and then claim to run on a Mac. They send no client hints, so a
        // client that names its platform is not an iPad.
        let touches = hints.touch_points.unwrap_or(0);
        let disguised_ipad = system == "macOS" && platform.is_none() && touches >= IPAD_TOUCH_POINTS;

        // An Apple device sends no hints. Those that come with its user agent are of a program that poses as one, such as a
        // browser's tools for developers, and whoever uses these wants to be taken for what they pose as.
        let is_apple_device = matches!(system.as_str(), "iPhone" | "iPad" | "iPod");

        let kind = if disguised_ipad {
            DeviceKind::Tablet
        } else if is_apple_device {
            self.claimed_kind(user_agent)
        } else {
            hinted_kind(hints).or_else(|| contradicted_kind(platform, &system)).unwrap_or_else(|| self.claimed_kind(user_agent))
        };

        Device {
            kind,
            browser: brand(hints.ch_ua, &browser).map_or(browser, str::to_owned),
            system: match platform {
                _ if disguised_ipad => "iPad".to_owned(),
                Some(platform) if !is_apple_device => platform.to_owned(),
                _ => system,
            },
        }
    }

    /// Corrects a device that was detected before with the number of touch points that its page reports: a Mac with a
    /// touch screen is an iPad.
    #[must_use]
    pub fn with_touch_points(known: &Device, touch_points: u32) -> Device {
        if known.system == "macOS" && touch_points >= IPAD_TOUCH_POINTS {
            return Device { kind: DeviceKind::Tablet, system: "iPad".to_owned(), ..known.clone() };
        }
        known.clone()
    }

    /// The kind of device that the user agent claims to be.
    fn claimed_kind(&self, user_agent: &str) -> DeviceKind {
        match self.parser.parse_device(user_agent).family.as_ref() {
            "Mobile" => DeviceKind::Mobile,
            "Tablet" => DeviceKind::Tablet,
            _ => DeviceKind::Desktop,
        }
    }
}

/// The kind that client hints state explicitly.
fn hinted_kind(hints: &DeviceHints<'_>) -> Option<DeviceKind> {
    let form_factor = hints.ch_ua_form_factors.and_then(|header| first_listed(&FORM_FACTORS, header));
    let mobile = hints.ch_ua_mobile.is_some_and(|value| value.trim() == "?1");
    form_factor.or(mobile.then_some(DeviceKind::Mobile))
}

/// The kind that follows from the platform hint when the user agent claims another system: such a user agent is not
/// genuine, so the kind that it claims is not used either.
fn contradicted_kind(platform: Option<&str>, claimed_system: &str) -> Option<DeviceKind> {
    match platform? {
        same if same == claimed_system => None,
        // An Android phone would have said in its hints that it is mobile.
        "Android" => Some(DeviceKind::Tablet),
        _ => Some(DeviceKind::Desktop),
    }
}

/// The browser that the brand list names, where it says more than the user agent. Many browsers claim to be Chrome in
/// the user agent and name themselves only here. Crawlers and apps name themselves in the user agent, so that name is
/// kept.
fn brand(header: Option<&str>, claimed_browser: &str) -> Option<&'static str> {
    if matches!(claimed_browser, "" | "Chrome" | "Chromium") { first_listed(&BRANDS, header?) } else { None }
}

/// The system that the platform hint names. Televisions and consoles may also say "Linux", so that value does not
/// replace a system that is already known.
fn platform(header: Option<&str>, claimed_system: &str) -> Option<&'static str> {
    first_listed(&PLATFORMS, header?).filter(|&platform| platform != "Linux" || claimed_system.is_empty())
}

/// The meaning of the first entry of `table` whose word is among the quoted strings of a header such as
/// `"Chromium";v="130", "Brave";v="130"`.
fn first_listed<T: Copy>(table: &[(&str, T)], header: &str) -> Option<T> {
    let header = capped(header);
    table.iter().find_map(|&(word, meaning)| {
        let mut quoted = header.split('"').skip(1).step_by(2);
        quoted.any(|text| text == word).then_some(meaning)
    })
}

/// The name that a rule gave; empty when no rule matched.
fn named(family: Cow<'_, str>) -> String {
    if family == UNMATCHED { String::new() } else { family.into_owned() }
}

/// The first bytes of `text`, at most [`LONGEST_INPUT`].
fn capped(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST_INPUT)]
}
