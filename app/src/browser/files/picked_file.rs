//! [`PickedFile`]: a file of this device that a person chose for a room.

use web_sys::{File, FilePropertyBag, FileSystemFileHandle};

use crate::room::FileEntry;

/// A file that a person chose, with its handle if the browser gives one.
#[derive(Clone, Debug)]
pub struct PickedFile {
    /// The file.
    pub file: File,
    /// The length of the file in bytes when it was chosen. A browser asks the disk each time that it is asked, which takes a
    /// while, so that this is noted.
    pub size_bytes: u64,
    /// Its folders and its name, separated by `/`, if it came with its folder.
    pub path: Option<String>,
    /// The handle with which the file can be opened again on a later visit.
    pub handle: Option<FileSystemFileHandle>,
}

impl From<File> for PickedFile {
    fn from(file: File) -> Self {
        let path = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let size_bytes = gloo_file::Blob::from(gloo_file::File::from(file.clone())).size();
        Self { path: path.filter(|path| !path.is_empty()), file, size_bytes, handle: None }
    }
}

impl PickedFile {
    /// What stands for the folder with this path, which has nothing in it. `None` if the browser cannot make it.
    #[must_use]
    pub fn empty_folder(path: &str) -> Option<Self> {
        let options = FilePropertyBag::new();
        options.set_type(FileEntry::FOLDER);
        let file = File::new_with_str_sequence_and_options(&js_sys::Array::new(), path, &options).ok()?;
        Some(Self { file, size_bytes: 0, path: Some(path.to_owned()), handle: None })
    }

    /// The name of the file in the room: its path if it has one, otherwise its own name.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.clone().unwrap_or_else(|| self.file.name())
    }
}
