use std::{convert::Infallible, sync::Arc, time::Duration};

use app::{
    room::{Device, DeviceKind, FileId, FileName, FileState, MemberId, Role, Viewer},
    wire::ServerMessage,
};
use bytes::Bytes;
use futures::{FutureExt as _, Stream, StreamExt as _, stream};

use super::{Announcement, IncomingChunk, UploadError, UploadLimits, Uploads};
use crate::{
    durability::SyncMode,
    files::{AppendError, Checksum, FileStore, StoreSettings},
    journal::Journal,
    rooms::{Newcomer, RoomHandle, RoomSettings, Rooms},
};

pub(super) const LONG: Duration = Duration::from_secs(30);
const ID: FileId = FileId::new(1);

/// A room on a server without a network.
pub(super) struct Place {
    pub(super) folder: tempfile::TempDir,
    pub(super) uploads: Arc<Uploads>,
    pub(super) room: RoomHandle,
    pub(super) owner: MemberId,
}

impl Place {
    async fn open() -> Self {
        let limits = UploadLimits {
            max_room_files: 100,
            max_room_text_bytes: 1 << 20,
            max_file_bytes: 1 << 30,
            max_room_bytes: 1 << 30,
            idle: LONG,
        };
        Self::with(limits, None, RoomSettings::default()).await
    }

    pub(super) async fn with(limits: UploadLimits, max_storage: Option<u64>, settings: RoomSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (journal, recovered) = Journal::open(&folder.path().join("journal"), SyncMode::Background).unwrap();
        let rooms = Arc::new(Rooms::new(Arc::new(journal), recovered, settings));
        let files = FileStore::open(StoreSettings {
            folder: folder.path().join("files"),
            sync: SyncMode::Background,
            max_storage,
            min_free_space: 0,
            idle_upload: LONG,
            idle_download: LONG,
        })
        .unwrap();
        let device = Device { kind: DeviceKind::Desktop, browser: String::new(), system: String::new() };
        let (room, seat) = rooms.create(Newcomer { name: None, device, address: "192.0.2.1".to_owned() }).await.unwrap();
        Self { folder, uploads: Arc::new(Uploads::new(Arc::new(files), limits)), room, owner: seat.member }
    }

    pub(super) async fn create<E: Send + 'static>(
        &self,
        announcement: Announcement,
        content: Option<IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin + 'static>>,
    ) -> Result<u64, UploadError> {
        let created = self.uploads.create(&self.room, self.owner, announcement, content).await;
        created.map(|(_, offset)| offset)
    }

    /// Waits for the event with which the digest of `file` is recorded.
    async fn digest_of(&self, file: FileId) {
        let mut subscription = self.room.subscribe(None, Viewer { member: self.owner, role: Role::Owner });
        while self.room.read(|room| room.file(file).is_some_and(|file| file.sha256.is_none())) {
            let broadcast = tokio::time::timeout(LONG, subscription.broadcasts.recv()).await.expect("a digest is recorded").unwrap();
            let _: ServerMessage = serde_json::from_slice(&broadcast.text).unwrap();
        }
    }
}

fn announcement(id: FileId, size_bytes: u64) -> Announcement {
    Announcement {
        id,
        name: FileName::parse("a.txt").unwrap(),
        media_type: String::new(),
        size_bytes: Some(size_bytes),
        modified_at_ms: None,
        joined_from: Vec::new(),
        is_part: false,
    }
}

fn chunk<E, const N: usize>(
    length_bytes: u64,
    checksum: Option<Checksum>,
    frames: [Result<&'static str, E>; N],
) -> IncomingChunk<impl Stream<Item = Result<Bytes, E>> + Send + Unpin>
where
    E: Send + 'static,
{
    let frames = stream::iter(frames).map(|frame| frame.map(|text| Bytes::from_static(text.as_bytes())));
    IncomingChunk { offset: 0, checksum, length_bytes: Some(length_bytes), came: Vec::new(), frames }
}

fn all_of<const N: usize>(
    frames: [&'static str; N],
) -> Option<IncomingChunk<impl Stream<Item = Result<Bytes, Infallible>> + Send + Unpin>> {
    let length = frames.iter().map(|frame| frame.len() as u64).sum();
    Some(chunk(length, None, frames.map(Ok)))
}

#[tokio::test]
async fn a_file_gets_its_digest_though_whoever_asked_for_its_offset_is_gone() {
    let place = Place::open().await;
    place.create(announcement(ID, 4), None::<IncomingChunk<stream::Pending<Result<Bytes, Infallible>>>>).await.unwrap();
    // The last byte comes to the disk, but the request ends before the file is recorded as complete.
    let chunk = crate::files::Chunk { offset: 0, limit_bytes: 4, may_grow: None, checksum: None };
    let bytes = stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"0123"))]);
    place.uploads.files.append(ID, chunk, bytes, |_| {}).await.unwrap();

    let row = place.room.read(|room| room.file(ID).cloned()).unwrap();
    let asking = place.uploads.offset(&place.room, &row);
    // Whoever asks goes away as soon as the answer has to be waited for.
    assert!(asking.now_or_never().is_none());
    place.digest_of(ID).await;
    assert!(place.room.read(|room| room.file(ID).is_some_and(|file| file.state == FileState::Complete && file.sha256.is_some())));
}

#[tokio::test]
async fn a_small_file_that_breaks_off_with_its_announcement_is_no_file() {
    let place = Place::open().await;
    let checksum = Checksum::parse("crc32 AAAAAA==").ok();
    for checksum in [None, checksum] {
        let created = place.create(announcement(ID, 8), Some(chunk(8, checksum, [Ok("0123"), Err("gone")]))).await;
        assert!(matches!(created, Err(UploadError::Append(AppendError::Interrupted))), "{created:?}");
        assert_eq!(place.room.read(|room| room.files.len()), 0);
    }
}

#[tokio::test]
async fn a_part_that_cannot_be_erased_does_not_undo_the_joining() {
    let place = Place::open().await;
    let (first, second) = (FileId::new(2), FileId::new(3));
    for part in [first, second] {
        place.create(Announcement { is_part: true, ..announcement(part, 4) }, all_of(["0123"])).await.unwrap();
    }
    // A folder where the thumbnail of a part would be cannot be removed like a file.
    std::fs::create_dir(place.folder.path().join(format!("files/{first}.thumbnail"))).unwrap();
    let joined_from = vec![first, second];
    let file = place.uploads.join(&place.room, Announcement { joined_from, size_bytes: None, ..announcement(ID, 0) }).await.unwrap();
    assert_eq!(file.size_bytes, Some(8));
    place.digest_of(ID).await;
    assert!(!place.folder.path().join(format!("files/{second}")).exists());
}
