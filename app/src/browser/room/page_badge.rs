//! What the browser's tab shows while another one is in front: the progress of uploads, and how many files have
//! arrived.

use leptos::prelude::*;
use web_sys::Element;

use super::{activity::Activity, notices::Notices};
use crate::{
    browser::{files::uploader::Total, system::page},
    format,
};

/// The steps in which the ring in the icon grows, in percent. The icon has only sixteen pixels.
const STEP_PERCENT: u64 = 5;

/// Puts the progress and the number of new files before the window's title, and replaces the tab's icon with a ring
/// that shows the progress.
pub fn follow(total: Memo<Total>, notices: Notices, activity: Activity) {
    let percent = Memo::new(move |_| total.with(sent_percent));
    Effect::new(move |_| activity.title_prefix.set(title_prefix(notices.unseen(), percent.get())));
    let step = Memo::new(move |_| percent.get().map(|percent| percent / STEP_PERCENT * STEP_PERCENT));
    // The effect keeps the icon until its next run; while nothing is uploaded, it is dropped.
    Effect::new(move |icon: Option<Option<Icon>>| {
        let step = step.get()?;
        let icon = icon.flatten().or_else(Icon::take)?;
        icon.show(&ring(step));
        Some(icon)
    });
}

/// The progress of uploads in percent; `None` while none of them is active.
fn sent_percent(total: &Total) -> Option<u64> {
    (total.active > 0).then(|| format::percent(total.sent_bytes, total.size_bytes))
}

/// The text before the title. It comes first, because a narrow tab shows only the first letters.
fn title_prefix(unseen: usize, percent: Option<u64>) -> String {
    let unseen = if unseen == 0 { String::new() } else { format!("({unseen}) ") };
    let percent = percent.map(|percent| format!("{} · ", format::percent_text(percent))).unwrap_or_default();
    unseen + &percent
}

/// Replaces the icon of the tab. Dropping this restores the icon that was there before.
struct Icon {
    link: Element,
    before: String,
}

impl Icon {
    fn take() -> Option<Self> {
        let link = page::document().query_selector("link[rel=icon]").ok()??;
        let before = link.get_attribute("href")?;
        Some(Self { link, before })
    }

    fn show(&self, svg: &str) {
        let address = format!("data:image/svg+xml,{}", String::from(js_sys::encode_uri_component(svg)));
        self.link_to(&address);
    }

    fn link_to(&self, address: &str) {
        #[expect(clippy::let_underscore_must_use, reason = "setting an attribute fails only for an invalid name")]
        let _ = self.link.set_attribute("href", address);
    }
}

impl Drop for Icon {
    fn drop(&mut self) {
        self.link_to(&self.before);
    }
}

/// An SVG image of a ring that fills clockwise from the top. Its background is the black of the board with the PIN.
fn ring(percent: u64) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32' fill='none' stroke-width='6'>\
         <rect width='32' height='32' rx='7' fill='#17181b'/><circle cx='16' cy='16' r='9' stroke='#4a4c53'/>\
         <circle cx='16' cy='16' r='9' stroke='#ffb52e' pathLength='100' stroke-dasharray='{percent} 100' \
         transform='rotate(-90 16 16)'/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_begins_with_new_files_and_progress() {
        assert_eq!(title_prefix(0, None), "");
        assert_eq!(title_prefix(0, Some(43)), "43 % · ");
        assert_eq!(title_prefix(2, None), "(2) ");
        assert_eq!(title_prefix(2, Some(43)), "(2) 43 % · ");
    }

    #[test]
    fn only_active_uploads_have_a_progress() {
        let total = Total { files: 2, active: 1, paused: 1, sent_bytes: 43, size_bytes: 100, ..Total::default() };
        assert_eq!(sent_percent(&total), Some(43));
        assert_eq!(sent_percent(&Total { active: 0, paused: 2, ..total }), None);
    }
}
