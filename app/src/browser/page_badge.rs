//! What the tab tells while another one is in front: how far uploads are, and how many files arrived.

use leptos::prelude::*;
use web_sys::Element;

use super::{activity::Activity, notices::Notices, page, uploader::Total};
use crate::format;

/// What the ring of the icon shows of the way, at sixteen pixels.
const STEP_PERCENT: u64 = 5;

/// Puts what there is to tell before the window's title, and draws the progress over its icon.
pub fn follow(total: Memo<Total>, notices: Notices, activity: Activity) {
    let percent = Memo::new(move |_| total.with(sent_percent));
    Effect::new(move |_| activity.news.set(news(notices.unseen(), percent.get())));
    let step = Memo::new(move |_| percent.get().map(|percent| percent / STEP_PERCENT * STEP_PERCENT));
    // The icon is held between two runs.
    Effect::new(move |icon: Option<Option<Icon>>| {
        let step = step.get()?;
        let icon = icon.flatten().or_else(Icon::take)?;
        icon.show(&ring(step));
        Some(icon)
    });
}

/// How far uploads are, while they move.
fn sent_percent(total: &Total) -> Option<u64> {
    (total.moving > 0).then(|| format::percent(total.sent_bytes, total.size_bytes))
}

/// Comes before the title: the first letters are all that a narrow tab shows.
fn news(unseen: usize, percent: Option<u64>) -> String {
    let unseen = if unseen == 0 { String::new() } else { format!("({unseen}) ") };
    let percent = percent.map(|percent| format!("{} · ", format::percent_text(percent))).unwrap_or_default();
    unseen + &percent
}

/// The icon of the tab; what it was before is back when this is dropped.
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
        // Fails only for names that no attribute can have.
        drop(self.link.set_attribute("href", address));
    }
}

impl Drop for Icon {
    fn drop(&mut self) {
        self.link_to(&self.before);
    }
}

/// A ring on the board's black that fills clockwise from the top.
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
    fn the_news_stand_before_the_title() {
        assert_eq!(news(0, None), "");
        assert_eq!(news(0, Some(43)), "43 % · ");
        assert_eq!(news(2, None), "(2) ");
        assert_eq!(news(2, Some(43)), "(2) 43 % · ");
    }

    #[test]
    fn only_uploads_that_move_have_a_progress() {
        let total = Total { files: 2, moving: 1, paused: 1, sent_bytes: 43, size_bytes: 100, bytes_per_second: None };
        assert_eq!(sent_percent(&total), Some(43));
        assert_eq!(sent_percent(&Total { moving: 0, paused: 2, ..total }), None);
    }
}
