//! The preview of a file of the room: shows it in the page, without saving it.

use gloo_events::EventListener;
use leptos::{prelude::*, task::spawn_local};
use web_sys::Element;

use crate::{
    browser::{api, system::page},
    format,
    i18n::t,
    room::{FileEntry, FileId, Pin, PreviewKind},
    wire,
};

/// The most bytes of a text file that are shown.
const TEXT_BYTES: u64 = 256_000;
/// The characters with which a PDF begins.
const PDF: &str = "%PDF-";

/// A file that is previewed, with what is needed to show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewedFile {
    /// The file's id.
    pub id: FileId,
    /// The file's name without its folders.
    pub name: String,
    /// The media type that its sender gave it.
    pub media_type: String,
    kind: PreviewKind,
    size_bytes: u64,
}

impl PreviewedFile {
    /// Returns what a preview has to know of a file, or `None` if the file cannot be previewed.
    #[must_use]
    pub fn of(file: &FileEntry) -> Option<Self> {
        Some(Self {
            id: file.id,
            name: file.name.base(),
            media_type: file.media_type.clone(),
            kind: file.preview()?,
            size_bytes: file.size_bytes?,
        })
    }
}

impl PreviewedFile {
    /// Whether the file is one that phones keep among their photos.
    #[must_use]
    pub fn is_photo(&self) -> bool {
        matches!(self.kind, PreviewKind::Image | PreviewKind::Video)
    }
}

/// Shows the file in `container`, which is empty. `note` receives a sentence if the file cannot be shown, or if only
/// its beginning is shown. The caller keeps the returned listener for as long as the file is shown; it reports images
/// and media that cannot be loaded.
#[must_use]
pub fn show(container: &Element, pin: &Pin, file: &PreviewedFile, note: RwSignal<String>) -> Option<EventListener> {
    let (tag, label, attributes): (_, _, &[(&str, &str)]) = match file.kind {
        PreviewKind::Image => ("img", "alt", &[]),
        PreviewKind::Video => ("video", "aria-label", &[("controls", ""), ("playsinline", "")]),
        PreviewKind::Audio => ("audio", "aria-label", &[("controls", "")]),
        PreviewKind::Pdf => ("iframe", "title", &[]),
        // `tabindex` allows the text to be scrolled with the keyboard, too.
        PreviewKind::Text => ("pre", "aria-label", &[("role", "region"), ("tabindex", "0"), ("dir", "auto")]),
    };
    let element = page::document().create_element(tag).ok()?;
    for (name, value) in attributes.iter().copied().chain([(label, file.name.as_str())]) {
        set(&element, name, value);
    }
    #[expect(clippy::let_underscore_must_use, reason = "fails only for an element that would contain itself")]
    let _ = container.append_child(&element);
    if matches!(file.kind, PreviewKind::Pdf | PreviewKind::Text) {
        spawn_local(fill(element, pin.clone(), file.clone(), note));
        return None;
    }
    set(&element, "src", &wire::preview(pin, file.id));
    let failed = element.clone();
    Some(EventListener::once(&element, "error", move |_| fail(&failed, note)))
}

/// Loads a text into the element, or checks the first bytes of a PDF before the browser loads it. Without the check, a
/// file that is wrongly declared as a PDF would look like an error of the server.
async fn fill(element: Element, pin: Pin, file: PreviewedFile, note: RwSignal<String>) {
    let is_pdf = file.kind == PreviewKind::Pdf;
    let wanted = if is_pdf { PDF.len() as u64 } else { TEXT_BYTES };
    let text = api::beginning_of_file(&pin, file.id, wanted.min(file.size_bytes)).await.unwrap_or_default();
    // The preview may have been closed meanwhile.
    if !element.is_connected() {
        return;
    }
    if is_pdf && text == PDF && page::shows_pdf() {
        set(&element, "src", &wire::view(&pin, file.id));
    } else if is_pdf || text.is_empty() {
        fail(&element, note);
    } else if file.size_bytes > TEXT_BYTES {
        // The last character may be incomplete, and is then decoded as replacement characters.
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
    #[expect(clippy::let_underscore_must_use, reason = "setting an attribute fails only for an invalid name")]
    let _ = element.set_attribute(name, value);
}
