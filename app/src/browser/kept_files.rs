//! Handles of files that are being sent, kept by the browser across visits (File System Access, in
//! IndexedDB). Where there are none, people pick their files again.

use idb::{Database, DatabaseEvent as _, Factory, KeyRange, ObjectStoreParams, Query, TransactionMode};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemFileHandle};

use super::uploader::Unfinished;
use crate::room::{FileId, Pin};

const DATABASE: &str = "snapdrop";
/// Keys are `{pin}/{file id}`, values are handles.
const HANDLES: &str = "handles";

/// A file that a person chose, and its handle where the browser gives one.
#[derive(Clone, Debug)]
pub struct PickedFile {
    /// The file.
    pub file: File,
    /// Its folders and its name, if it was picked with its folder.
    pub path: Option<String>,
    /// What opens it again on a later visit.
    pub handle: Option<FileSystemFileHandle>,
}

impl From<File> for PickedFile {
    fn from(file: File) -> Self {
        let path = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        Self { path: path.filter(|path| !path.is_empty()), file, handle: None }
    }
}

impl PickedFile {
    /// What the file is called in the room.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.clone().unwrap_or_else(|| self.file.name())
    }
}

/// An unfinished file whose handle was kept.
#[derive(Clone, Debug)]
pub(super) struct KeptFile {
    pub(super) unfinished: Unfinished,
    handle: FileSystemFileHandle,
}

/// Whether a kept file may be read.
pub(super) enum Allowed {
    Yes,
    /// If the person is asked and agrees.
    Ask,
    No,
}

impl KeptFile {
    /// Whether the file may be read without asking.
    pub(super) async fn allowed(&self) -> Allowed {
        match self.permission("queryPermission").await.as_deref() {
            Some("granted") => Allowed::Yes,
            Some("prompt") => Allowed::Ask,
            _ => Allowed::No,
        }
    }

    /// Asks the person; only in answer to a gesture.
    pub(super) async fn ask(&self) -> bool {
        self.permission("requestPermission").await.as_deref() == Some("granted")
    }

    /// The file as it is now; none when it is gone.
    pub(super) async fn open(self) -> Option<PickedFile> {
        let file = JsFuture::from(self.handle.get_file()).await.ok()?;
        Some(PickedFile { handle: Some(self.handle), ..PickedFile::from(file.unchecked_into::<File>()) })
    }

    /// The permissions of handles are not in web-sys yet.
    async fn permission(&self, method: &str) -> Option<String> {
        let function: js_sys::Function = js_sys::Reflect::get(&self.handle, &method.into()).ok()?.dyn_into().ok()?;
        let asked: js_sys::Promise = function.call0(&self.handle).ok()?.dyn_into().ok()?;
        JsFuture::from(asked).await.ok()?.as_string()
    }
}

/// Keeps the handle of a file that is being sent.
pub(super) fn keep(pin: Pin, id: FileId, handle: FileSystemFileHandle) {
    spawn_local(async move {
        // Without it people pick their files again: nothing is lost.
        drop(put(&key(&pin, id), &handle).await);
    });
}

/// Forgets a file that is sent, or will not be.
pub(super) fn forget(pin: Pin, id: FileId) {
    spawn_local(async move { drop(delete(Query::Key(key(&pin, id))).await) });
}

/// Forgets every file of a room that is closed.
pub fn forget_room(pin: Pin) {
    spawn_local(async move {
        if let Ok(range) = range(&pin) {
            drop(delete(Query::KeyRange(range)).await);
        }
    });
}

/// The unfinished files whose handles were kept.
pub(super) async fn of_room(pin: &Pin, unfinished: &[Unfinished]) -> Vec<KeptFile> {
    let mut kept = Vec::new();
    for file in unfinished {
        if let Ok(Some(handle)) = get(&key(pin, file.id)).await {
            kept.push(KeptFile { unfinished: file.clone(), handle });
        }
    }
    kept
}

fn key(pin: &Pin, id: FileId) -> JsValue {
    format!("{pin}/{id}").into()
}

fn range(pin: &Pin) -> Result<KeyRange, idb::Error> {
    KeyRange::bound(&format!("{pin}/").into(), &format!("{pin}/g").into(), None, None)
}

async fn database() -> Result<Database, idb::Error> {
    let mut opening = Factory::new()?.open(DATABASE, Some(1))?;
    opening.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            // It fails only if the store is there already.
            drop(database.create_object_store(HANDLES, ObjectStoreParams::new()));
        }
    });
    opening.await
}

async fn put(key: &JsValue, handle: &FileSystemFileHandle) -> Result<(), idb::Error> {
    let transaction = database().await?.transaction(&[HANDLES], TransactionMode::ReadWrite)?;
    transaction.object_store(HANDLES)?.put(handle, Some(key))?.await?;
    transaction.commit()?.await.map(drop)
}

async fn get(key: &JsValue) -> Result<Option<FileSystemFileHandle>, idb::Error> {
    let transaction = database().await?.transaction(&[HANDLES], TransactionMode::ReadOnly)?;
    let value = transaction.object_store(HANDLES)?.get(key.clone())?.await?;
    Ok(value.map(wasm_bindgen::JsCast::unchecked_into))
}

async fn delete(which: Query) -> Result<(), idb::Error> {
    let transaction = database().await?.transaction(&[HANDLES], TransactionMode::ReadWrite)?;
    transaction.object_store(HANDLES)?.delete(which)?.await?;
    transaction.commit()?.await.map(drop)
}
