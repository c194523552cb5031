//! The page itself: where it is, whether it is seen, what can be done with its text.

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Document, FileSystemFileHandle, HtmlInputElement, VisibilityState, Window};

use super::kept_files::PickedFile;

pub(super) fn window() -> Window {
    leptos::prelude::window()
}

pub(super) fn document() -> Document {
    leptos::prelude::document()
}

/// The address of a socket on this server: `ws:` for `http:`, `wss:` for `https:`.
pub(super) fn socket_address(path: &str) -> String {
    let location = window().location();
    let scheme = if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss:" } else { "ws:" };
    format!("{scheme}//{}{path}", location.host().unwrap_or_default())
}

pub(super) fn is_visible() -> bool {
    document().visibility_state() == VisibilityState::Visible
}

pub(super) fn is_online() -> bool {
    window().navigator().on_line()
}

pub(super) fn touch_points() -> u32 {
    u32::try_from(window().navigator().max_touch_points()).unwrap_or(0)
}

/// A clock for measuring, in seconds.
pub(super) fn now_secs() -> f64 {
    js_sys::Date::now() / 1000.0
}

/// What sums bytes; browsers have it only on pages that came over TLS or from this device.
pub(super) fn subtle_crypto() -> Option<web_sys::SubtleCrypto> {
    let crypto = js_sys::Reflect::get(&window(), &"crypto".into()).ok()?.dyn_into::<web_sys::Crypto>().ok()?;
    js_sys::Reflect::get(&crypto, &"subtle".into()).ok()?.dyn_into().ok()
}

/// Base64; the browser's own function takes one byte a character.
pub(super) fn base64(bytes: impl Iterator<Item = u8>) -> String {
    let text: String = bytes.map(char::from).collect();
    window().btoa(&text).unwrap_or_default()
}

/// The time of day of a moment, as the reader's clock shows it.
#[must_use]
pub fn time_of_day(unix_ms: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "exact until the year 287396")]
    let date = js_sys::Date::new(&(unix_ms as f64).into());
    format!("{:02}:{:02}", date.get_hours(), date.get_minutes())
}

/// Whether the system can hand a link to other apps.
#[must_use]
pub fn can_share() -> bool {
    js_sys::Reflect::has(&window().navigator(), &"share".into()).unwrap_or(false)
}

/// Hands a link to other apps. The person may change their mind, which is no error.
pub async fn share(title: &str, link: &str) {
    let content = web_sys::ShareData::new();
    content.set_title(title);
    content.set_url(link);
    drop(JsFuture::from(window().navigator().share_with_data(&content)).await);
}

/// Puts text on the clipboard; says whether that worked.
pub async fn copy(text: &str) -> bool {
    let navigator = window().navigator();
    if js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|it| !it.is_undefined()) {
        return JsFuture::from(navigator.clipboard().write_text(text)).await.is_ok();
    }
    // Pages without TLS, as most are in a home network, have only the old way.
    copy_selection_of(text).unwrap_or(false)
}

fn copy_selection_of(text: &str) -> Result<bool, JsValue> {
    let document: web_sys::HtmlDocument = document().unchecked_into();
    let Some(body) = document.body() else { return Ok(false) };
    let field: web_sys::HtmlTextAreaElement = document.create_element("textarea")?.unchecked_into();
    field.set_value(text);
    body.append_child(&field)?;
    field.select();
    let copied = document.exec_command("copy");
    field.remove();
    copied
}

/// The files that were picked in a field. It is emptied, so that the same file can be picked again.
#[must_use]
pub fn picked_files(event: &web_sys::Event) -> Vec<PickedFile> {
    let Some(field) = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok()) else { return Vec::new() };
    let files = field.files().map(|files| list(&files)).unwrap_or_default();
    field.set_value("");
    files.into_iter().map(PickedFile::from).collect()
}

/// Whether the browser has a picker that gives handles, so that files can be opened again on a later visit.
#[must_use]
pub fn can_pick_handles() -> bool {
    js_sys::Reflect::has(&window(), &"showOpenFilePicker".into()).unwrap_or(false)
}

/// Lets the person pick files, with their handles; none when they change their mind.
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
        picked.push(PickedFile { file: file.unchecked_into(), handle: Some(handle) });
    }
    Ok(picked)
}

/// What was dropped or pasted, with handles where the browser gives them. Everything has to be taken out
/// of the event at once; the handles come later.
fn transferred(transfer: Option<web_sys::DataTransfer>, act: impl Fn(Vec<PickedFile>) + 'static) {
    let Some(transfer) = transfer else { return };
    let files = transfer.files().map(|files| list(&files)).unwrap_or_default();
    let items = transfer.items();
    let handles: Vec<js_sys::Promise> = (0..items.length())
        .filter_map(|index| items.get(index))
        .filter(|item| item.kind() == "file")
        .filter_map(|item| handle_of(&item))
        .collect();
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

/// Not in web-sys yet.
fn handle_of(item: &web_sys::DataTransferItem) -> Option<js_sys::Promise> {
    let method: js_sys::Function = js_sys::Reflect::get(item, &"getAsFileSystemHandle".into()).ok()?.dyn_into().ok()?;
    method.call0(item).ok()?.dyn_into().ok()
}

/// Calls `act` with what is dropped on or pasted into the page, until the component is gone, and tells
/// whether files hover over it.
pub fn on_files(hovering: RwSignal<bool>, act: impl Fn(Vec<PickedFile>) + Clone + 'static) {
    let pasted = act.clone();
    let listeners = [
        listen("dragover", move |event: web_sys::DragEvent| {
            event.prevent_default();
            hovering.set(true);
        }),
        listen("dragleave", move |event: web_sys::DragEvent| {
            // Without a next element the pointer left the page, not just a part of it.
            if event.related_target().is_none() {
                hovering.set(false);
            }
        }),
        listen("drop", move |event: web_sys::DragEvent| {
            event.prevent_default();
            hovering.set(false);
            transferred(event.data_transfer(), act.clone());
        }),
        listen("paste", move |event: web_sys::ClipboardEvent| transferred(event.clipboard_data(), pasted.clone())),
    ];
    let listeners = StoredValue::new_local(listeners);
    on_cleanup(move || listeners.dispose());
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
