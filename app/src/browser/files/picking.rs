//! Gets files and text into the page. Files are picked, dropped or pasted, alone or in folders; text is pasted. The
//! callers decide what happens to them.

use futures::future::LocalBoxFuture;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{FileSystemDirectoryEntry, FileSystemEntry, FileSystemFileEntry, FileSystemFileHandle, HtmlInputElement};

use super::picked_file::PickedFile;
use crate::{
    browser::system::{
        clock,
        page::{document, window},
        toasts::{Toasts, use_toasts},
    },
    i18n::t,
};

/// Returns the files that were picked in a field, and empties the field so that the same file can be picked again.
#[must_use]
pub fn picked_files(event: &web_sys::Event) -> Vec<PickedFile> {
    let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return Vec::new() };
    let files = field.files().map(|files| list(&files)).unwrap_or_default();
    field.set_value("");
    files.into_iter().map(PickedFile::from).collect()
}

/// Dispatches a `change` event for every field with files in it. If the files were picked before the page was hydrated,
/// nothing listened to the original event.
pub(crate) fn repeat_missed_picks() {
    let Ok(fields) = document().query_selector_all("input[type=file]") else { return };
    for field in (0..fields.length()).filter_map(|index| fields.get(index)?.dyn_into::<HtmlInputElement>().ok()) {
        let is_filled = field.files().is_some_and(|files| files.length() > 0);
        if is_filled && let Ok(change) = web_sys::Event::new("change") {
            #[expect(clippy::let_underscore_must_use, reason = "fails only for an event that is being dispatched already")]
            let _ = field.dispatch_event(&change);
        }
    }
}

/// Whether the browser has a picker that returns handles, with which files can be opened again on a later visit.
#[must_use]
pub fn can_pick_handles() -> bool {
    js_sys::Reflect::has(&window(), &"showOpenFilePicker".into()).unwrap_or(false)
}

/// Whether the browser lets people pick whole folders.
#[must_use]
pub fn can_pick_folders() -> bool {
    let field = document().create_element("input");
    field.is_ok_and(|field| js_sys::Reflect::has(&field, &"webkitdirectory".into()).unwrap_or(false))
}

/// Lets the person pick files in the picker that returns handles. The result is empty if the person cancels.
pub async fn pick_with_handles() -> Vec<PickedFile> {
    picked_handles().await.unwrap_or_default()
}

async fn picked_handles() -> Result<Vec<PickedFile>, JsValue> {
    let picker: js_sys::Function = js_sys::Reflect::get(&window(), &"showOpenFilePicker".into())?.dyn_into()?;
    let options = js_sys::Object::new();
    js_sys::Reflect::set(&options, &"multiple".into(), &true.into())?;
    let picking: js_sys::Promise = picker.call1(&window(), &options)?.dyn_into()?;
    let handles: js_sys::Array = JsFuture::from(picking).await?.dyn_into()?;
    let mut picked = Vec::new();
    for handle in handles.iter() {
        let handle: FileSystemFileHandle = handle.unchecked_into();
        let file = JsFuture::from(handle.get_file()).await?;
        picked.push(PickedFile { handle: Some(handle), ..PickedFile::from(file.unchecked_into::<web_sys::File>()) });
    }
    Ok(picked)
}

/// Calls `act` with the files that were dropped or pasted. Folders among them are replaced by all files inside; a toast says
/// which of them are empty. Without folders, each file has its handle if the browser gives one. Browsers allow access to the
/// data only while the event is handled, so all entries and handles are requested at once, and their contents are awaited
/// afterwards.
fn transferred(transfer: &web_sys::DataTransfer, toasts: Toasts, act: impl Fn(Vec<PickedFile>) + 'static) {
    let files = transfer.files().map(|files| list(&files)).unwrap_or_default();
    let all = transfer.items();
    let items: Vec<_> = (0..all.length()).filter_map(|index| all.get(index)).filter(|item| item.kind() == "file").collect();
    let entries: Vec<FileSystemEntry> = items.iter().filter_map(|item| item.webkit_get_as_entry().ok().flatten()).collect();
    if entries.iter().any(FileSystemEntry::is_directory) {
        spawn_local(async move {
            let Ok(reading) = begin_reading(entries).await else { return };
            let (files, empty) = reading.await;
            match &empty[..] {
                [] => {}
                [folder] => toasts.show(t().folder_empty(folder)),
                folders => toasts.show(t().folders_empty(folders.len())),
            }
            act(files);
        });
        return;
    }
    let handles: Vec<js_sys::Promise> = items.iter().filter_map(handle_of).collect();
    spawn_local(async move {
        let mut picked: Vec<PickedFile> = files.into_iter().map(PickedFile::from).collect();
        if handles.len() == picked.len() {
            for (file, handle) in picked.iter_mut().zip(handles) {
                let handle = JsFuture::from(handle).await.ok().and_then(|handle| handle.dyn_into::<FileSystemFileHandle>().ok());
                file.handle = handle;
            }
        }
        act(picked);
    });
}

/// Files, and the paths of folders with nothing in them.
type FilesAndEmptyFolders = (Vec<PickedFile>, Vec<String>);

/// Begins to read what is in files and folders. The code for that is not part of what a room's page needs at first.
#[wasm_split(room_parts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn begin_reading(entries: Vec<FileSystemEntry>) -> Result<LocalBoxFuture<'static, FilesAndEmptyFolders>, SplitLoaderError> {
    Ok(Box::pin(files_in(entries)))
}

/// Returns all files in the given files and folders, the content of each folder sorted by name as in a file manager, and
/// the paths of the folders with nothing in them, which are among the files, too. Whatever cannot be read is left out.
async fn files_in(entries: Vec<FileSystemEntry>) -> FilesAndEmptyFolders {
    let mut waiting: Vec<FileSystemEntry> = entries.into_iter().rev().collect();
    let (mut picked, mut empty) = (Vec::new(), Vec::new());
    let path_of = |entry: &FileSystemEntry| entry.full_path().trim_start_matches('/').to_owned();
    while let Some(entry) = waiting.pop() {
        // This asks the entry and then casts unchecked, because browsers do not expose the classes for a checked cast.
        if entry.is_directory() {
            let mut inside = entries_of(entry.unchecked_ref::<FileSystemDirectoryEntry>()).await;
            if inside.is_empty() {
                picked.extend(PickedFile::empty_folder(&path_of(&entry)));
                empty.push(path_of(&entry));
            }
            inside.sort_by_key(|entry| std::cmp::Reverse(entry.name()));
            waiting.extend(inside);
        } else {
            let file = entry.unchecked_ref::<FileSystemFileEntry>();
            let opening = js_sys::Promise::new(&mut |resolve, reject| file.file_with_callback_and_callback(&resolve, &reject));
            if let Ok(file) = JsFuture::from(opening).await {
                picked.push(PickedFile { path: Some(path_of(&entry)), ..PickedFile::from(file.unchecked_into::<web_sys::File>()) });
            }
        }
    }
    (picked, empty)
}

/// Returns the entries of a folder. Browsers return a hundred at a time, so this reads until nothing more comes.
async fn entries_of(folder: &FileSystemDirectoryEntry) -> Vec<FileSystemEntry> {
    let reader = folder.create_reader();
    let mut entries = Vec::new();
    loop {
        let reading = js_sys::Promise::new(&mut |resolve, reject| {
            // If the call itself fails, the promise is rejected, which ends the reading.
            if let Err(error) = reader.read_entries_with_callback_and_callback(&resolve, &reject) {
                #[expect(clippy::let_underscore_must_use, reason = "rejecting a promise cannot fail")]
                let _ = reject.call1(&JsValue::UNDEFINED, &error);
            }
        });
        let Ok(batch) = JsFuture::from(reading).await else { return entries };
        let batch: js_sys::Array = batch.unchecked_into();
        if batch.length() == 0 {
            return entries;
        }
        entries.extend(batch.iter().map(JsCast::unchecked_into::<FileSystemEntry>));
    }
}

/// Requests the handle of a dropped or pasted item. web-sys does not have this method yet.
fn handle_of(item: &web_sys::DataTransferItem) -> Option<js_sys::Promise> {
    let method: js_sys::Function = js_sys::Reflect::get(item, &"getAsFileSystemHandle".into()).ok()?.dyn_into().ok()?;
    method.call0(item).ok()?.dyn_into().ok()
}

/// Calls `act` with files that are dropped on or pasted into the page, and sets `hovering` while something is dragged
/// over the page. Pasted pictures for which browsers make a name up are called after the moment. The listeners are removed
/// together with the component.
pub fn on_files(hovering: RwSignal<bool>, act: impl Fn(Vec<PickedFile>) + Clone + 'static) {
    let toasts = use_toasts();
    let pasted = act.clone();
    let listeners = [
        listen("dragover", move |event: web_sys::DragEvent| {
            event.prevent_default();
            hovering.set(true);
        }),
        listen("dragleave", move |event: web_sys::DragEvent| {
            // The related target is the element that the pointer enters; without one, the pointer has left the page.
            if event.related_target().is_none() {
                hovering.set(false);
            }
        }),
        listen("drop", move |event: web_sys::DragEvent| {
            event.prevent_default();
            hovering.set(false);
            if let Some(content) = event.data_transfer() {
                transferred(&content, toasts, act.clone());
            }
        }),
        listen("paste", move |event: web_sys::ClipboardEvent| {
            let Some(content) = event.clipboard_data() else { return };
            let is_for_field = is_in_field(&event) && !text_of(&content).is_empty();
            if !is_for_field && !text_wins(&content) {
                let act = pasted.clone();
                transferred(&content, toasts, move |mut files| {
                    files.iter_mut().for_each(name_screenshot);
                    act(files);
                });
            }
        }),
    ];
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || listeners.dispose());
}

/// Calls `act` with text that is pasted into the page, but not with text that is pasted into a form field. With
/// `only_beside_a_picture`, text that comes alone is ignored, too. The listener is removed together with the component.
pub fn on_text(only_beside_a_picture: bool, act: impl Fn(String) + 'static) {
    let pasted = listen("paste", move |event: web_sys::ClipboardEvent| {
        let Some(content) = event.clipboard_data() else { return };
        let text = text_of(&content);
        let is_meant = if has_files(&content) { text_wins(&content) } else { !only_beside_a_picture && !text.is_empty() };
        if is_meant && !is_in_field(&event) {
            act(text);
        }
    });
    let pasted = StoredValue::new_local(pasted);
    on_cleanup(move || pasted.dispose());
}

/// Whether something was pasted into a form field, which takes its text.
fn is_in_field(event: &web_sys::ClipboardEvent) -> bool {
    let field = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
    field.is_some_and(|field| matches!(field.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

fn has_files(content: &web_sys::DataTransfer) -> bool {
    content.files().is_some_and(|files| files.length() > 0)
}

/// The text that was copied; empty if there is none.
fn text_of(content: &web_sys::DataTransfer) -> String {
    content.get_data("text/plain").ok().filter(|text| !text.trim().is_empty()).unwrap_or_default()
}

/// Whether text is meant where it comes along with files: spreadsheets and word processors add a picture of it. A copied
/// picture, on the other hand, often comes with its address as text.
fn text_wins(content: &web_sys::DataTransfer) -> bool {
    let text = text_of(content);
    has_files(content) && !text.is_empty() && !is_address(&text)
}

/// Whether a text is one web address and nothing else.
fn is_address(text: &str) -> bool {
    let text = text.trim();
    let is_web = ["http://", "https://", "file://", "data:"].iter().any(|scheme| text.starts_with(scheme));
    is_web && !text.contains(char::is_whitespace)
}

/// Gives a pasted picture a name with the day and the time, if it has only the one that browsers give to each.
fn name_screenshot(picked: &mut PickedFile) {
    if let Some(ending) = picked.file.name().strip_prefix("image.") {
        let (date, time) = clock::now_in_figures();
        picked.path = Some([t().screenshot(&date, &time).as_str(), ".", ending].concat());
    }
}

fn listen<E: wasm_bindgen::JsCast>(name: &'static str, act: impl Fn(E) + 'static) -> gloo_events::EventListener {
    let options = gloo_events::EventListenerOptions::enable_prevent_default();
    gloo_events::EventListener::new_with_options(&document(), name, options, move |event| {
        if let Ok(event) = event.clone().dyn_into::<E>() {
            act(event);
        }
    })
}

fn list(files: &web_sys::FileList) -> Vec<web_sys::File> {
    (0..files.length()).filter_map(|index| files.get(index)).collect()
}

#[cfg(test)]
mod tests {
    use super::is_address;

    #[test]
    fn an_address_alone_is_told_from_a_text() {
        assert!(["https://example.org/a.png", " http://192.168.1.20/a.png\n", "data:image/png;base64,AA"].into_iter().all(is_address));
        assert!(!["Total\t12", "see https://example.org/", "https://a.example https://b.example", "12"].into_iter().any(is_address));
    }
}
