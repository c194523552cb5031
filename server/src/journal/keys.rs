//! The keys of rooms: everything that the journal writes of a room is encrypted under a key of its own.
//!
//! A database does not overwrite what it deletes, so that the texts, names and addresses of a closed room would stay
//! readable in its file. Instead, the key of the room is overwritten, and what is left in the other files means nothing
//! any more. Encryption also shows whether a byte was changed on the disk, so that damage is noticed where it is read.
//!
//! The keys are in a file of their own, which is an array of slots of 32 bytes. A free slot is all zeros. The index of its
//! slot stands for the room in the log and in the database; it is given to another room after the room was erased.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _},
    path::Path,
    sync::Mutex,
};

use app::room::MemberId;
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};

use crate::locks::lock;

/// The index of the slot of a room's key, which stands for the room.
pub(super) type RoomId = u32;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;
const FREE: [u8; KEY_BYTES] = [0; KEY_BYTES];

/// What a sealed text is. It can be opened only as what it was sealed as, so that no row can stand for another.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// The PIN of the room.
    Pin,
    /// The room as JSON.
    Checkpoint,
    /// An event as JSON.
    Event,
    /// The hash of a token, and the member to whom the token belongs, as JSON.
    Token,
}

/// The sealed text cannot be opened: it was changed on the disk, or belongs elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it was changed on the disk")]
pub(super) struct Unreadable;

/// The key of a room.
#[derive(Clone)]
pub(super) struct RoomKey {
    pub(super) room: RoomId,
    key: [u8; KEY_BYTES],
}

/// The keys of all rooms, and the file in which they are.
#[derive(Debug)]
pub(super) struct Keys {
    file: File,
    slots: Mutex<Slots>,
}

#[derive(Default)]
struct Slots {
    keys: Vec<[u8; KEY_BYTES]>,
    free: Vec<RoomId>,
}

impl Keys {
    /// Opens or creates the file.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let keys: Vec<[u8; KEY_BYTES]> = bytes.as_chunks().0.to_vec();
        let rooms = 0..RoomId::try_from(keys.len()).map_err(io::Error::other)?;
        let free = rooms.zip(&keys).filter(|(_, key)| **key == FREE).map(|(room, _)| room).collect();
        Ok(Self { file, slots: Mutex::new(Slots { keys, free }) })
    }

    /// Makes the key of a new room.
    pub(super) fn make(&self) -> io::Result<RoomKey> {
        let mut slots = lock(&self.slots);
        let room = match slots.free.last() {
            Some(room) => *room,
            None => RoomId::try_from(slots.keys.len()).map_err(io::Error::other)?,
        };
        let key: [u8; KEY_BYTES] = rand::rng().random();
        self.file.write_all_at(&key, offset(room))?;
        if slots.free.pop().is_some() {
            slots.keys[room as usize] = key;
        } else {
            slots.keys.push(key);
        }
        Ok(RoomKey { room, key })
    }

    /// The key of a room; `None` when the room was erased.
    pub(super) fn of(&self, room: RoomId) -> Option<RoomKey> {
        let key = *lock(&self.slots).keys.get(room as usize)?;
        (key != FREE).then_some(RoomKey { room, key })
    }

    /// Whether no room ever had a key.
    pub(super) fn is_empty(&self) -> bool {
        lock(&self.slots).keys.is_empty()
    }

    /// The rooms that have a key.
    pub(super) fn rooms(&self) -> Vec<RoomId> {
        let slots = lock(&self.slots);
        (0..).zip(&slots.keys).filter(|(_, key)| **key != FREE).map(|(room, _)| room).collect()
    }

    /// Overwrites the key of a room, and gives its slot back. Nothing that was sealed with it can be opened any more. Call
    /// this only when nothing says any more that the room is to be erased: the slot may get the key of a new room at once.
    pub(super) fn erase(&self, room: RoomId) -> io::Result<()> {
        let mut slots = lock(&self.slots);
        let Some(key) = slots.keys.get_mut(room as usize).filter(|key| **key != FREE) else { return Ok(()) };
        self.file.write_all_at(&FREE, offset(room))?;
        *key = FREE;
        slots.free.push(room);
        Ok(())
    }

    /// Brings all keys that were made and erased to the disk.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl RoomKey {
    /// Encrypts a text. `number` says which one of its kind it is in the room.
    pub(super) fn seal(&self, kind: Kind, number: u64, text: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::rng().random();
        let payload = Payload { msg: text, aad: &self.place(kind, number) };
        let sealed = self.cipher().encrypt(&XNonce::from(nonce), payload).expect("a row is shorter than the cipher's limit of 256 GiB");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Decrypts what was sealed with this key as the same kind with the same number.
    pub(super) fn open(&self, kind: Kind, number: u64, sealed: &[u8]) -> Result<Vec<u8>, Unreadable> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(Unreadable)?;
        let payload = Payload { msg: sealed, aad: &self.place(kind, number) };
        self.cipher().decrypt(&XNonce::from(*nonce), payload).map_err(|_| Unreadable)
    }

    /// A number that stands for a member of the room, and says nothing about the member without the key.
    pub(super) fn tag_of(&self, member: MemberId) -> u64 {
        let digest = Sha256::new().chain_update(self.key).chain_update(member.value().to_le_bytes()).finalize();
        digest.iter().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.key.into())
    }

    /// Where a text belongs, which is authenticated together with it.
    fn place(&self, kind: Kind, number: u64) -> [u8; 13] {
        let mut place = [0; 13];
        place[0] = kind as u8;
        place[1..5].copy_from_slice(&self.room.to_le_bytes());
        place[5..].copy_from_slice(&number.to_le_bytes());
        place
    }
}

fn offset(room: RoomId) -> u64 {
    u64::from(room) * KEY_BYTES as u64
}

impl std::fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RoomKey").field("room", &self.room).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Slots {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slots").field("keys", &self.keys.len()).field("free", &self.free.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_is_opened_only_in_its_place_and_only_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Keys::open(&folder.path().join("keys")).unwrap();
        let (key, other) = (keys.make().unwrap(), keys.make().unwrap());
        let sealed = key.seal(Kind::Event, 7, b"Ada was here");
        assert!(!sealed.windows(3).any(|window| window == b"Ada"));
        assert_eq!(key.open(Kind::Event, 7, &sealed), Ok(b"Ada was here".to_vec()));
        for (key, kind, number) in [(&key, Kind::Event, 8), (&key, Kind::Token, 7), (&other, Kind::Event, 7)] {
            assert_eq!(key.open(kind, number, &sealed), Err(Unreadable));
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open(Kind::Event, 7, &changed), Err(Unreadable), "{at}");
        }
        assert_eq!(key.open(Kind::Event, 7, &sealed[..10]), Err(Unreadable));
    }

    #[test]
    fn a_key_that_is_erased_is_nowhere_and_its_slot_is_used_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys");
        let keys = Keys::open(&path).unwrap();
        let (first, second) = (keys.make().unwrap(), keys.make().unwrap());
        keys.erase(first.room).unwrap();
        keys.erase(first.room).unwrap();
        assert!(keys.of(first.room).is_none());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!((&bytes[..32], &bytes[32..]), (FREE.as_slice(), second.key.as_slice()));

        let keys = Keys::open(&path).unwrap();
        assert_eq!(keys.rooms(), [second.room]);
        let third = keys.make().unwrap();
        assert_eq!(third.room, first.room);
        assert_ne!(third.key, first.key);
        assert_eq!(keys.make().unwrap().room, 2);
        assert_eq!(std::fs::read(&path).unwrap().len(), 3 * 32);
    }
}
