//! The steps in which a person installs the certificate, for each system.

use app::{i18n::Messages, room::Device};

/// The steps for one system.
pub(super) struct Guide {
    pub(super) system: System,
    pub(super) title: &'static str,
    pub(super) steps: [Step; 3],
}

/// A step, with the drawing of what one sees there.
pub(super) struct Step {
    pub(super) drawing: Drawing,
    pub(super) text: &'static str,
}

/// The systems with ways of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum System {
    IPhone,
    Android,
    Windows,
    Mac,
    Linux,
    Firefox,
}

/// What is drawn beside a step.
#[derive(Clone, Copy, Debug)]
pub(super) enum Drawing {
    /// A file comes down.
    Download,
    /// A list of settings, one of which is chosen.
    Settings,
    /// A switch that is on.
    Switch,
    /// A file that is chosen among others.
    File,
    /// A certificate with its seal.
    Certificate,
    /// A question with a check mark.
    Confirm,
}

impl System {
    /// The system of a device, as far as it says so.
    pub(super) fn of(device: &Device) -> Option<Self> {
        Some(match device.system.as_str() {
            "iPhone" | "iPad" => Self::IPhone,
            "Android" => Self::Android,
            // On computers, this browser has a list of authorities of its own.
            _ if device.browser == "Firefox" => Self::Firefox,
            "Windows" => Self::Windows,
            "macOS" | "Mac" => Self::Mac,
            "Linux" => Self::Linux,
            _ => return None,
        })
    }
}

/// All guides, the one for this device first.
pub(super) fn guides(t: Messages, device: &Device) -> Vec<Guide> {
    use Drawing::{Certificate, Confirm, Download, File, Settings, Switch};
    let guide = |system, title, steps: [(Drawing, &'static str); 3]| Guide {
        system,
        title,
        steps: steps.map(|(drawing, text)| Step { drawing, text }),
    };
    let mut guides = vec![
        guide(
            System::IPhone,
            t.trust_iphone(),
            [(Download, t.trust_iphone_1()), (Settings, t.trust_iphone_2()), (Switch, t.trust_iphone_3())],
        ),
        guide(
            System::Android,
            t.trust_android(),
            [(Download, t.trust_android_1()), (Settings, t.trust_android_2()), (File, t.trust_android_3())],
        ),
        guide(
            System::Windows,
            t.trust_windows(),
            [(Certificate, t.trust_windows_1()), (Settings, t.trust_windows_2()), (Confirm, t.trust_windows_3())],
        ),
        guide(System::Mac, t.trust_mac(), [(Certificate, t.trust_mac_1()), (Settings, t.trust_mac_2()), (Confirm, t.trust_mac_3())]),
        guide(System::Linux, t.trust_linux(), [(Download, t.trust_linux_1()), (Settings, t.trust_linux_2()), (File, t.trust_linux_3())]),
        guide(
            System::Firefox,
            t.trust_firefox(),
            [(Download, t.trust_firefox_1()), (Settings, t.trust_firefox_2()), (Confirm, t.trust_firefox_3())],
        ),
    ];
    let own = System::of(device);
    // The sort is stable, so the others keep their order.
    guides.sort_by_key(|guide| Some(guide.system) != own);
    guides
}

impl Drawing {
    /// The drawing as SVG, in lines of the colour of the text.
    pub(super) const fn paths(self) -> &'static str {
        match self {
            Self::Download => r#"<path d="M24 8v22m-9-9 9 9 9-9M10 38h28"/>"#,
            Self::Settings => {
                r#"<path d="M8 12h32M8 36h32"/><rect class="drawing-chosen" x="6" y="18" width="36" height="12" rx="3"/><path d="m33 21 4 3-4 3"/>"#
            }
            Self::Switch => r#"<rect class="drawing-chosen" x="6" y="14" width="36" height="20" rx="10"/><circle cx="32" cy="24" r="6"/>"#,
            Self::File => r#"<path d="M14 6h14l8 8v28H14z"/><path d="M28 6v8h8"/><path class="drawing-chosen" d="m19 28 4 4 8-9"/>"#,
            Self::Certificate => {
                r#"<rect x="6" y="8" width="36" height="26" rx="3"/><path d="M12 16h16M12 23h10"/><circle class="drawing-chosen" cx="34" cy="32" r="6"/><path d="m31 37-2 7 5-2 5 2-2-7"/>"#
            }
            Self::Confirm => r#"<rect x="6" y="8" width="36" height="32" rx="3"/><path class="drawing-chosen" d="m15 24 6 6 12-13"/>"#,
        }
    }
}

#[cfg(test)]
mod tests {
    use app::{i18n::Language, room::DeviceKind};

    use super::*;

    #[test]
    fn the_guide_for_the_visitors_device_comes_first() {
        for (system, browser, expected) in [
            ("iPhone", "Safari", System::IPhone),
            ("iPad", "Firefox", System::IPhone),
            ("Android", "Firefox", System::Android),
            ("Windows", "Edge", System::Windows),
            ("Windows", "Firefox", System::Firefox),
            ("Linux", "Chrome", System::Linux),
            ("", "curl", System::IPhone),
        ] {
            let device = Device { kind: DeviceKind::Desktop, browser: browser.to_owned(), system: system.to_owned() };
            let guides = guides(Messages::of(Language::English), &device);
            assert_eq!((guides.len(), guides[0].system), (6, expected), "{browser} on {system}");
        }
    }
}
