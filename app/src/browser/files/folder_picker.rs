//! Lets a person pick a folder in the picker that returns handles. Unlike the field for folders, which only tells of files,
//! it also tells of the empty folders in the folder.

use futures::future::LocalBoxFuture;
use js_sys::{Function, Promise, Reflect};
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemDirectoryHandle, FileSystemFileHandle, FileSystemHandle, FileSystemHandleKind};

use super::picked_file::PickedFile;
use crate::browser::system::page::window;

/// Whether the browser has this picker.
#[must_use]
pub fn is_there() -> bool {
    Reflect::has(&window(), &"showDirectoryPicker".into()).unwrap_or(false)
}

/// Lets the person pick a folder, and returns everything in it: the content of each folder sorted by name, as in a file
/// manager. The result is empty if the person cancels. Whatever cannot be read is left out.
pub async fn pick() -> Vec<PickedFile> {
    match begin().await {
        Ok(picking) => picking.await,
        Err(_) => Vec::new(),
    }
}

/// Begins to let the person pick. The code for that is not part of what a room's page needs at first.
#[wasm_split(room_parts, wasm_split_path = ::leptos::wasm_split, fallible)]
fn begin() -> Result<LocalBoxFuture<'static, Vec<PickedFile>>, SplitLoaderError> {
    Ok(Box::pin(picked_files()))
}

async fn picked_files() -> Vec<PickedFile> {
    let Ok(folder) = picked_folder().await else { return Vec::new() };
    let mut waiting = vec![(folder.name(), folder)];
    let mut picked = Vec::new();
    while let Some((path, handle)) = waiting.pop() {
        if handle.kind() == FileSystemHandleKind::Directory {
            let mut inside = handles_in(handle.unchecked_ref()).await.unwrap_or_default();
            if inside.is_empty() {
                picked.extend(PickedFile::empty_folder(&path));
            }
            inside.sort_by_key(|handle| std::cmp::Reverse(handle.name()));
            waiting.extend(inside.into_iter().map(|handle| ([path.as_str(), "/", &handle.name()].concat(), handle)));
        } else if let Ok(file) = JsFuture::from(handle.unchecked_ref::<FileSystemFileHandle>().get_file()).await {
            picked.push(PickedFile { path: Some(path), ..PickedFile::from(file.unchecked_into::<File>()) });
        }
    }
    picked
}

async fn picked_folder() -> Result<FileSystemHandle, JsValue> {
    let picker: Function = Reflect::get(&window(), &"showDirectoryPicker".into())?.dyn_into()?;
    let picking: Promise = picker.call0(&window())?.dyn_into()?;
    Ok(JsFuture::from(picking).await?.unchecked_into())
}

async fn handles_in(folder: &FileSystemDirectoryHandle) -> Result<Vec<FileSystemHandle>, JsValue> {
    let values = folder.values();
    let mut handles = Vec::new();
    loop {
        let next = JsFuture::from(values.next()?).await?;
        if Reflect::get(&next, &"done".into())?.is_truthy() {
            return Ok(handles);
        }
        handles.push(Reflect::get(&next, &"value".into())?.unchecked_into());
    }
}
