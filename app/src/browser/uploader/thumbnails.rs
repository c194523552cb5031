//! Small pictures of images and films, made here while the files are on their way: nobody else can know them yet.
//!
//! A picture is never needed, so whatever goes wrong with one goes wrong in silence.

use std::time::Duration;

use js_sys::Promise;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, ImageBitmapOptions, ResizeQuality, Url,
};

use crate::{
    browser::{api, page},
    room::{FileId, Pin},
    wire::{Problem, ProblemCode},
};

/// The longer side of a picture, in pixels: 96 where a point has one, and as sharp where it has two.
const SIDE: u32 = 192;
/// The most bytes of a picture.
const MAX_BYTES: f64 = 16.0 * 1024.0;
/// The largest image that is looked at, in bytes: browsers read all of one at once.
const MAX_IMAGE_BYTES: f64 = 32.0 * 1024.0 * 1024.0;
/// How long a film may take to show something, in milliseconds. Some phones show nothing before it is played.
const PATIENCE_MS: i32 = 10_000;
/// After how long a player that was stopped reads no more.
const STOPPED: Duration = Duration::from_secs(1);
/// How a picture is written: well, else small. Browsers that write no WebP write PNG, which is good for drawings.
const WAYS: [(&str, f64); 3] = [("image/webp", 0.8), ("image/jpeg", 0.8), ("image/jpeg", 0.4)];

/// A file of which a picture is to be made.
type Sitter = SendWrapper<(Pin, FileId, File)>;

/// The files of which pictures are still to be made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sitters {
    waiting: StoredValue<Vec<Sitter>>,
    /// Whether one of them has its turn.
    busy: StoredValue<bool>,
}

impl Sitters {
    pub(super) fn none() -> Self {
        Self { waiting: StoredValue::new(Vec::new()), busy: StoredValue::new(false) }
    }

    /// Makes the picture of a file and hands it in, after those of the files before it.
    pub(super) fn add(self, pin: &Pin, id: FileId, file: &File) {
        let sitter = SendWrapper::new((pin.clone(), id, file.clone()));
        self.waiting.update_value(|waiting| waiting.push(sitter));
        if !self.busy.get_value() {
            self.busy.set_value(true);
            spawn_local(self.take_turns());
        }
    }

    async fn take_turns(self) {
        let next = |waiting: &mut Vec<Sitter>| (!waiting.is_empty()).then(|| waiting.remove(0));
        while let Some(sitter) = self.waiting.try_update_value(next).flatten() {
            let (pin, id, file) = sitter.take();
            // Asking again and again for a room that is gone would look like guessing PINs.
            if hand_in(&pin, id, &file).await.is_err_and(|problem| problem.code == ProblemCode::NoSuchRoom) {
                self.waiting.update_value(|waiting| waiting.retain(|other| other.0 != pin));
            }
        }
        self.busy.set_value(false);
    }
}

async fn hand_in(pin: &Pin, id: FileId, file: &File) -> Result<(), Problem> {
    match draw(file).await {
        Some(picture) => api::add_thumbnail(pin, id, picture).await,
        None => Ok(()),
    }
}

/// The picture of a file; nothing where the browser cannot show the file, or not as small as it has to be.
async fn draw(file: &File) -> Option<Blob> {
    let bitmap = look_at(file).await?;
    let (width, height) = fit(bitmap.width(), bitmap.height());
    let canvas: HtmlCanvasElement = page::document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width.into(), height.into()).ok()?;
    bitmap.close();
    for (media_type, quality) in WAYS {
        let writing = Promise::new(&mut |written, _| {
            // Fails only for pictures that came from elsewhere.
            drop(canvas.to_blob_with_type_and_encoder_options(&written, media_type, &JsValue::from(quality)));
        });
        let picture: Blob = JsFuture::from(writing).await.ok()?.dyn_into().ok()?;
        if picture.size() <= MAX_BYTES {
            return Some(picture);
        }
    }
    None
}

/// An image, or the first moment of a film, already about as small as its picture.
async fn look_at(file: &File) -> Option<ImageBitmap> {
    let options = ImageBitmapOptions::new();
    options.set_resize_width(SIDE);
    options.set_resize_quality(ResizeQuality::Medium);
    let media_type = file.type_();
    let film;
    let looking = if media_type.starts_with("image/") && file.size() <= MAX_IMAGE_BYTES {
        page::window().create_image_bitmap_with_blob_and_image_bitmap_options(file, &options)
    } else if media_type.starts_with("video/") {
        film = Film::open(file).await?;
        page::window().create_image_bitmap_with_html_video_element_and_image_bitmap_options(&film.player, &options)
    } else {
        return None;
    };
    Some(JsFuture::from(looking.ok()?).await.ok()?.unchecked_into())
}

/// Width and height of a picture, as large as it may be and without a side of nothing.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    ((width * SIDE / longer).max(1), (height * SIDE / longer).max(1))
}

/// A film that nobody watches, at its first moment.
struct Film {
    player: HtmlVideoElement,
    address: String,
}

impl Film {
    async fn open(file: &File) -> Option<Self> {
        let player: HtmlVideoElement = page::document().create_element("video").ok()?.unchecked_into();
        let film = Self { player, address: Url::create_object_url_with_blob(file).ok()? };
        let showing = Promise::new(&mut |shown, failed| {
            film.player.set_onloadeddata(Some(&shown));
            film.player.set_onerror(Some(&failed));
            // Fails only for what is no function.
            drop(page::window().set_timeout_with_callback_and_timeout_and_arguments_0(&failed, PATIENCE_MS));
        });
        film.player.set_muted(true);
        film.player.set_preload("auto");
        film.player.set_src(&film.address);
        JsFuture::from(showing).await.ok().map(|_| film)
    }
}

impl Drop for Film {
    fn drop(&mut self) {
        // Browsers have few players, and wait for the collector to take them back.
        self.player.set_onerror(None);
        drop(self.player.remove_attribute("src"));
        self.player.load();
        // What it was reading when it was stopped, it complains about if that is gone.
        let address = std::mem::take(&mut self.address);
        set_timeout(move || drop(Url::revoke_object_url(&address)), STOPPED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_the_shape_of_what_it_shows() {
        assert_eq!(fit(192, 128), (192, 128));
        assert_eq!(fit(192, 256), (144, 192));
        assert_eq!(fit(192, 192), (192, 192));
        assert_eq!(fit(192, 1), (192, 1));
        assert_eq!(fit(192, 65_000), (1, 192));
        assert_eq!(fit(0, 0), (1, 1));
    }
}
