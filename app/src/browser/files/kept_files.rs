//! Stores the handles of files whose upload is unfinished, so that a later visit can continue it without the person
//! picking the file again (handles of File System Access, stored in IndexedDB). In browsers without such handles,
//! people pick their files again.

use idb::{Database, DatabaseEvent as _, Factory, KeyRange, ObjectStoreParams, Query, TransactionMode};
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{File, FileSystemFileHandle};

use super::picked_file::PickedFile;
use crate::{
    browser::system::stored,
    room::{FileId, Pin},
};

const DATABASE: &str = "snapdrop";
/// The object store. Its keys are `{pin}/{file id}`, its values are file handles.
const HANDLES: &str = "handles";

/// The stored handle of a file whose upload is unfinished.
#[derive(Clone, Debug)]
pub(crate) struct KeptFile {
    handle: FileSystemFileHandle,
}

/// Whether a kept file may be read.
pub(crate) enum Allowed {
    Yes,
    /// Only after the person has been asked and has agreed.
    Ask,
    No,
}

impl KeptFile {
    /// Whether the file may be read. This asks the browser, never the person.
    pub(crate) async fn allowed(&self) -> Allowed {
        match self.permission("queryPermission").await.as_deref() {
            Some("granted") => Allowed::Yes,
            Some("prompt") => Allowed::Ask,
            _ => Allowed::No,
        }
    }

    /// Asks the person for permission to read the file, and returns whether it was granted. The browser asks only in
    /// response to a user gesture.
    pub(crate) async fn ask(&self) -> bool {
        self.permission("requestPermission").await.as_deref() == Some("granted")
    }

    /// Returns the file as it is now, or `None` if it cannot be opened, for example because it was deleted.
    pub(crate) async fn open(self) -> Option<PickedFile> {
        let file = JsFuture::from(self.handle.get_file()).await.ok()?;
        Some(PickedFile { handle: Some(self.handle), ..PickedFile::from(file.unchecked_into::<File>()) })
    }

    /// Calls one of the handle's permission methods, which web-sys does not have yet.
    async fn permission(&self, method: &str) -> Option<String> {
        let function: js_sys::Function = js_sys::Reflect::get(&self.handle, &method.into()).ok()?.dyn_into().ok()?;
        let asked: js_sys::Promise = function.call0(&self.handle).ok()?.dyn_into().ok()?;
        JsFuture::from(asked).await.ok()?.as_string()
    }
}

/// Stores the handle of a file that is being sent.
pub(crate) fn keep(pin: Pin, id: FileId, handle: FileSystemFileHandle) {
    spawn_local(async move {
        #[expect(clippy::let_underscore_must_use, reason = "without the handle people pick their file again; nothing is lost")]
        let _ = put(&key(&pin, id), &handle).await;
    });
}

/// Deletes the handle of a file that has been sent, or that will not be sent any more.
pub(crate) fn forget(pin: Pin, id: FileId) {
    spawn_local(async move {
        #[expect(clippy::let_underscore_must_use, reason = "a handle that stays stored is useless but harmless")]
        let _ = delete(Query::Key(key(&pin, id))).await;
    });
}

/// Deletes all handles of a room that is closed.
pub fn forget_room(pin: Pin) {
    spawn_local(async move {
        if let Ok(range) = range(&pin) {
            #[expect(clippy::let_underscore_must_use, reason = "a handle that stays stored is useless but harmless")]
            let _ = delete(Query::KeyRange(range)).await;
        }
    });
}

/// The kept handle of a file; `None` when there is none.
pub(crate) async fn find(pin: &Pin, id: FileId) -> Option<KeptFile> {
    get(&key(pin, id)).await.ok().flatten().map(|handle| KeptFile { handle })
}

fn key(pin: &Pin, id: FileId) -> JsValue {
    format!("{pin}/{id}").into()
}

/// The keys of all files of a room. File ids are hexadecimal, so all of them sort before `g`.
fn range(pin: &Pin) -> Result<KeyRange, idb::Error> {
    KeyRange::bound(&format!("{pin}/").into(), &format!("{pin}/g").into(), None, None)
}

async fn database() -> Result<Database, idb::Error> {
    let mut opening = Factory::new()?.open(&stored::database_name(DATABASE), Some(1))?;
    opening.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            #[expect(clippy::let_underscore_must_use, reason = "creating the store fails only if it exists already")]
            let _ = database.create_object_store(HANDLES, ObjectStoreParams::new());
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
