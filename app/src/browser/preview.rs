//! Looking at a file in the page, without saving it.

use gloo_events::EventListener;
use leptos::{prelude::*, task::spawn_local};
use web_sys::Element;

use super::{api, page};
use crate::{
    format,
    i18n::t,
    room::{FileEntry, FileId, Pin, PreviewKind},
    wire,
};

/// The most bytes of a text that are shown.
const TEXT_BYTES: u64 = 256_000;
/// How a PDF begins.
const PDF: &str = "%PDF-";

/// A file that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LookedAt {
    /// Which one.
    pub id: FileId,
    /// What it is called.
    pub name: String,
    kind: PreviewKind,
    size_bytes: u64,
}

impl LookedAt {
    /// What has to be known of a file to look at it; nothing for one that cannot be shown.
    #[must_use]
    pub fn of(file: &FileEntry) -> Option<Self> {
        Some(Self { id: file.id, name: file.name.base(), kind: file.preview()?, size_bytes: file.size_bytes? })
    }
}

/// Puts the file into a place that is empty, with what else there is to say into `note`. Whoever calls it keeps what it
/// returns for as long as the file is there.
#[must_use]
pub fn show(place: &Element, pin: &Pin, file: &LookedAt, note: RwSignal<String>) -> Option<EventListener> {
    let (tag, label, attributes): (_, _, &[(&str, &str)]) = match file.kind {
        PreviewKind::Image => ("img", "alt", &[]),
        PreviewKind::Video => ("video", "aria-label", &[("controls", ""), ("playsinline", "")]),
        PreviewKind::Audio => ("audio", "aria-label", &[("controls", "")]),
        PreviewKind::Pdf => ("iframe", "title", &[]),
        // Scrolled by keys, too.
        PreviewKind::Text => ("pre", "aria-label", &[("role", "region"), ("tabindex", "0"), ("dir", "auto")]),
    };
    let element = page::document().create_element(tag).ok()?;
    for (name, value) in attributes.iter().copied().chain([(label, file.name.as_str())]) {
        set(&element, name, value);
    }
    // Fails only for what would contain itself.
    drop(place.append_child(&element));
    if matches!(file.kind, PreviewKind::Pdf | PreviewKind::Text) {
        spawn_local(fill(element, pin.clone(), file.clone(), note));
        return None;
    }
    set(&element, "src", &wire::preview(pin, file.id));
    let failed = element.clone();
    Some(EventListener::once(&element, "error", move |_| fail(&failed, note)))
}

/// Brings what the browser does not bring itself, or not as it should: it would show every PDF that is none as an error
/// of the server.
async fn fill(element: Element, pin: Pin, file: LookedAt, note: RwSignal<String>) {
    let is_pdf = file.kind == PreviewKind::Pdf;
    let wanted = if is_pdf { PDF.len() as u64 } else { TEXT_BYTES };
    let text = api::beginning_of_file(&pin, file.id, wanted.min(file.size_bytes)).await.unwrap_or_default();
    // Somebody may have closed it by now.
    if !element.is_connected() {
        return;
    }
    if is_pdf && text == PDF && page::shows_pdf() {
        set(&element, "src", &wire::view(&pin, file.id));
    } else if is_pdf || text.is_empty() {
        fail(&element, note);
    } else if file.size_bytes > TEXT_BYTES {
        // The last character may have been cut.
        element.set_text_content(Some(text.trim_end_matches(char::REPLACEMENT_CHARACTER)));
        note.set(t().preview_beginning(&format::size(TEXT_BYTES)));
    } else {
        element.set_text_content(Some(&text));
    }
}

fn fail(element: &Element, note: RwSignal<String>) {
    element.remove();
    note.set(t().preview_failed().to_owned());
}

fn set(element: &Element, name: &str, value: &str) {
    // Fails only for names that no attribute can have.
    drop(element.set_attribute(name, value));
}
