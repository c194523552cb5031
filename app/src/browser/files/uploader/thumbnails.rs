//! Thumbnails of images and videos. The sender's browser makes them, because nobody else has the files yet: while the files
//! are being uploaded, but not while files are being announced, which many small ones are with all of their bytes.
//!
//! No file needs a thumbnail, so failures are ignored silently.

use std::time::Duration;

use futures::future::LocalBoxFuture;
use js_sys::Promise;
use leptos::{
    prelude::*,
    task::spawn_local,
    wasm_split::{SplitLoaderError, wasm_split},
};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, File, HtmlCanvasElement, HtmlVideoElement, ImageBitmap, ImageBitmapOptions, ResizeQuality, Url,
};

use crate::{
    browser::{api, system::page},
    room::{FileId, Pin},
    wire::{Problem, ProblemCode},
};

/// The longer side of a thumbnail in pixels: enough for 96 CSS pixels on a screen with two device pixels for each of
/// them. The list of files shows it at 40 CSS pixels.
const SIDE: u32 = 192;
/// The most bytes of a thumbnail.
const MAX_BYTES: f64 = 16.0 * 1024.0;
/// The largest image that gets a thumbnail, in bytes. Browsers read a whole image into memory at once.
const MAX_IMAGE_BYTES: f64 = 32.0 * 1024.0 * 1024.0;
/// How long to wait for the first frame of a video, in milliseconds. Some phones show none before the video is played.
const PATIENCE_MS: i32 = 10_000;
/// How long a player may go on reading its file after it was stopped.
const STOPPED: Duration = Duration::from_secs(1);
/// The media types and qualities in which a thumbnail is encoded, in this order, until one is small enough. Browsers
/// that cannot encode WebP return PNG for it, which suits drawings.
const WAYS: [(&str, f64); 3] = [("image/webp", 0.8), ("image/jpeg", 0.8), ("image/jpeg", 0.4)];

/// A file whose thumbnail is still to be made.
type WaitingFile = SendWrapper<(Pin, FileId, File)>;

/// The files whose thumbnails are still to be made. They are made one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct ThumbnailQueue {
    waiting: StoredValue<Vec<WaitingFile>>,
    /// Whether a task is working through the queue.
    busy: StoredValue<bool>,
}

impl ThumbnailQueue {
    pub(super) fn none() -> Self {
        Self { waiting: StoredValue::new(Vec::new()), busy: StoredValue::new(false) }
    }

    /// Notes that the thumbnail of a file is to be made.
    pub(super) fn add(self, pin: &Pin, id: FileId, file: &File) {
        let file = SendWrapper::new((pin.clone(), id, file.clone()));
        self.waiting.update_value(|waiting| waiting.push(file));
    }

    /// Makes the thumbnails of the noted files, one after the other, and sends them to the server, as long as `is_quiet`
    /// says that there is nothing better to do.
    pub(super) fn make(self, is_quiet: impl Fn() -> bool + 'static) {
        if !self.busy.get_value() {
            self.busy.set_value(true);
            spawn_local(self.take_turns(is_quiet));
        }
    }

    async fn take_turns(self, is_quiet: impl Fn() -> bool) {
        let next = |waiting: &mut Vec<WaitingFile>| (is_quiet() && !waiting.is_empty()).then(|| waiting.remove(0));
        while let Some(waiting) = self.waiting.try_update_value(next).flatten() {
            let (pin, id, file) = waiting.take();
            // Further requests for a room that does not exist would look to the server like guessing PINs.
            if hand_in(&pin, id, &file)
                .await
                .is_err_and(|problem| matches!(problem.code, ProblemCode::NoSuchRoom | ProblemCode::RoomClosed))
            {
                self.waiting.update_value(|waiting| waiting.retain(|other| other.0 != pin));
            }
        }
        self.busy.set_value(false);
    }
}

async fn hand_in(pin: &Pin, id: FileId, file: &File) -> Result<(), Problem> {
    let Ok(drawing) = begin(file.clone()).await else { return Ok(()) };
    match drawing.await {
        Some(thumbnail) => api::add_thumbnail(pin, id, thumbnail).await,
        None => Ok(()),
    }
}

/// Begins to draw the thumbnail of a file. The code for that is not part of what a room's page needs at first.
#[wasm_split(room_parts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn begin(file: File) -> Result<LocalBoxFuture<'static, Option<Blob>>, SplitLoaderError> {
    Ok(Box::pin(draw(file)))
}

/// Returns the thumbnail of a file, or `None` if the browser cannot show the file or the thumbnail is too large.
async fn draw(file: File) -> Option<Blob> {
    let bitmap = decode(&file).await?;
    let (width, height) = fit(bitmap.width(), bitmap.height());
    let canvas: HtmlCanvasElement = page::document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.unchecked_into();
    context.draw_image_with_image_bitmap_and_dw_and_dh(&bitmap, 0.0, 0.0, width.into(), height.into()).ok()?;
    bitmap.close();
    for (media_type, quality) in WAYS {
        let writing = Promise::new(&mut |written, _| {
            #[expect(clippy::let_underscore_must_use, reason = "fails only for images of another origin")]
            let _ = canvas.to_blob_with_type_and_encoder_options(&written, media_type, &JsValue::from(quality));
        });
        let thumbnail: Blob = JsFuture::from(writing).await.ok()?.dyn_into().ok()?;
        if thumbnail.size() <= MAX_BYTES {
            return Some(thumbnail);
        }
    }
    None
}

/// Decodes an image or the first frame of a video, scaled to about the size of the thumbnail.
async fn decode(file: &File) -> Option<ImageBitmap> {
    let options = ImageBitmapOptions::new();
    options.set_resize_width(SIDE);
    options.set_resize_quality(ResizeQuality::Medium);
    let media_type = file.type_();
    let video;
    let decoding = if media_type.starts_with("image/") && file.size() <= MAX_IMAGE_BYTES {
        page::window().create_image_bitmap_with_blob_and_image_bitmap_options(file, &options)
    } else if media_type.starts_with("video/") {
        video = Video::open(file).await?;
        page::window().create_image_bitmap_with_html_video_element_and_image_bitmap_options(&video.player, &options)
    } else {
        return None;
    };
    Some(JsFuture::from(decoding.ok()?).await.ok()?.unchecked_into())
}

/// The width and height of the thumbnail in pixels: the longer side is [`SIDE`], and no side is shorter than one pixel.
fn fit(width: u32, height: u32) -> (u32, u32) {
    let longer = width.max(height).max(1);
    ((width * SIDE / longer).max(1), (height * SIDE / longer).max(1))
}

/// A video at its first frame, in a player that is not on the page.
struct Video {
    player: HtmlVideoElement,
    address: String,
}

impl Video {
    async fn open(file: &File) -> Option<Self> {
        let player: HtmlVideoElement = page::document().create_element("video").ok()?.unchecked_into();
        let video = Self { player, address: Url::create_object_url_with_blob(file).ok()? };
        let showing = Promise::new(&mut |shown, failed| {
            video.player.set_onloadeddata(Some(&shown));
            video.player.set_onerror(Some(&failed));
            #[expect(clippy::let_underscore_must_use, reason = "fails only if the handler is not a function")]
            let _ = page::window().set_timeout_with_callback_and_timeout_and_arguments_0(&failed, PATIENCE_MS);
        });
        video.player.set_muted(true);
        video.player.set_preload("auto");
        video.player.set_src(&video.address);
        JsFuture::from(showing).await.ok().map(|_| video)
    }
}

impl Drop for Video {
    fn drop(&mut self) {
        // A browser has only a few players, and by itself frees one only when the garbage collector runs.
        self.player.set_onerror(None);
        #[expect(clippy::let_underscore_must_use, reason = "removing an attribute cannot fail here, because its name is valid")]
        let _ = self.player.remove_attribute("src");
        self.player.load();
        // The player may still be reading, and would log an error if the address were revoked at once.
        let address = std::mem::take(&mut self.address);
        let revoke = move || {
            #[expect(clippy::let_underscore_must_use, reason = "an address that the browser does not know needs no revoking")]
            let _ = Url::revoke_object_url(&address);
        };
        set_timeout(revoke, STOPPED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_has_the_shape_of_what_it_shows() {
        assert_eq!(fit(192, 128), (192, 128));
        assert_eq!(fit(192, 256), (144, 192));
        assert_eq!(fit(192, 192), (192, 192));
        assert_eq!(fit(192, 1), (192, 1));
        assert_eq!(fit(192, 65_000), (1, 192));
        assert_eq!(fit(0, 0), (1, 1));
    }
}
