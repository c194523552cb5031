//! Hands a picture or a film to the system's share sheet (Web Share), in which phones offer to save it to their photos.

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, File, FilePropertyBag, Response};

use super::preview::PreviewedFile;
use crate::{
    browser::system::page::{touch_points, window},
    room::Pin,
    wire,
};

/// Whether this is a phone or a tablet on which such a file can be saved to the photos.
#[must_use]
pub fn can_save(file: &PreviewedFile) -> bool {
    touch_points() > 0 && file.is_photo() && named(&Array::new(), file).is_some_and(|empty| can_share(&empty))
}

/// Fetches all of the file.
pub async fn fetch(pin: &Pin, file: &PreviewedFile) -> Option<File> {
    let response = JsFuture::from(window().fetch_with_str(&wire::file(pin, file.id))).await.ok()?;
    let response: Response = response.dyn_into().ok()?;
    if !response.ok() {
        return None;
    }
    let bytes: Blob = JsFuture::from(response.blob().ok()?).await.ok()?.dyn_into().ok()?;
    named(&Array::of1(&bytes), file)
}

/// Shows the share sheet with the file. Returns `false` if the browser wants to be asked anew, because the person pressed
/// the button too long ago. They may also cancel, which is fine.
pub async fn save(file: &File) -> bool {
    let Some(sharing) = method("share").and_then(|share| share.call1(&window().navigator(), &content(file)).ok()) else { return true };
    let shared = match sharing.dyn_into::<Promise>() {
        Ok(sharing) => JsFuture::from(sharing).await,
        Err(_) => return true,
    };
    !shared.is_err_and(|error| Reflect::get(&error, &"name".into()).is_ok_and(|name| name == "NotAllowedError"))
}

/// A file with these parts, and the name and type of the one in the room.
fn named(parts: &Array, file: &PreviewedFile) -> Option<File> {
    let options = FilePropertyBag::new();
    options.set_type(&file.media_type);
    File::new_with_blob_sequence_and_options(parts, &file.name, &options).ok()
}

fn can_share(file: &File) -> bool {
    method("canShare").and_then(|can_share| can_share.call1(&window().navigator(), &content(file)).ok()).is_some_and(|it| it.is_truthy())
}

/// What is shared: the file and nothing else.
fn content(file: &File) -> JsValue {
    let content = Object::new();
    #[expect(clippy::let_underscore_must_use, reason = "setting a property of a plain object cannot fail")]
    let _ = Reflect::set(&content, &"files".into(), &Array::of1(file));
    content.into()
}

/// A method of `navigator` that not every browser has.
fn method(name: &str) -> Option<Function> {
    Reflect::get(&window().navigator(), &name.into()).ok()?.dyn_into().ok()
}
