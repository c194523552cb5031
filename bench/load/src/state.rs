//! What a running SnapDrop holds, in memory and on the disk.

use std::{fs, io, path::Path};

use anyhow::Result;

use crate::{process::Memory, server::Server};

/// What the server held at one moment. Sizes of the disk are in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct State {
    pub(crate) memory: Memory,
    pub(crate) descriptors: usize,
    pub(crate) threads: u64,
    pub(crate) database: u64,
    pub(crate) log: u64,
    pub(crate) keys: u64,
    /// How many files and folders there are in the whole data folder, and the bytes of those that are none of the above.
    pub(crate) entries: usize,
    pub(crate) other_bytes: u64,
}

impl State {
    /// What the server holds now.
    pub(crate) fn of(server: &Server) -> Result<Self> {
        let mut state = Self {
            memory: server.process.memory()?,
            descriptors: server.process.descriptors()?,
            threads: server.process.threads()?,
            ..Self::default()
        };
        state.add_folder(&server.data())?;
        Ok(state)
    }

    /// Adds what is in a folder. Files may vanish meanwhile.
    fn add_folder(&mut self, folder: &Path) -> Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            self.entries += 1;
            if metadata.is_dir() {
                self.add_folder(&entry.path())?;
                continue;
            }
            let sum = match entry.file_name().to_str() {
                Some("snapdrop.redb") => &mut self.database,
                Some("snapdrop.log") => &mut self.log,
                Some("snapdrop.keys") => &mut self.keys,
                _ => &mut self.other_bytes,
            };
            *sum += metadata.len();
        }
        Ok(())
    }

    /// The bytes in which rooms are recorded.
    pub(crate) fn recorded(&self) -> u64 {
        self.database + self.log + self.keys
    }
}
