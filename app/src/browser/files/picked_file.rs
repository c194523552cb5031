//! [`PickedFile`]: a file of this device that a person chose for a room.

use web_sys::{File, FileSystemFileHandle};

/// A file that a person chose, with its handle if the browser gives one.
#[derive(Clone, Debug)]
pub struct PickedFile {
    /// The file.
    pub file: File,
    /// Its folders and its name, separated by `/`, if it came with its folder.
    pub path: Option<String>,
    /// The handle with which the file can be opened again on a later visit.
    pub handle: Option<FileSystemFileHandle>,
}

impl From<File> for PickedFile {
    fn from(file: File) -> Self {
        let path = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        Self { path: path.filter(|path| !path.is_empty()), file, handle: None }
    }
}

impl PickedFile {
    /// The name of the file in the room: its path if it has one, otherwise its own name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.clone().unwrap_or_else(|| self.file.name())
    }

    /// The length of the file in bytes.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        gloo_file::Blob::from(gloo_file::File::from(self.file.clone())).size()
    }
}
