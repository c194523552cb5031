//! Whatever is done with a room, in whatever order, it stays within its limits.

use app::room::{Device, DeviceKind, FileId, FileName, SnippetText};
use bytes::Bytes;
use futures::{Stream, stream};
use proptest::prelude::*;

use super::{
    Announcement, IncomingChunk, UploadLimits, new_file_id,
    tests::{LONG, Place},
};
use crate::rooms::{Newcomer, RoomLimits, RoomSettings};

const LIMITS: UploadLimits =
    UploadLimits { max_room_files: 6, max_room_text_bytes: 150, max_file_bytes: 60, max_room_bytes: 100, idle: LONG };
const MAX_STORAGE: u64 = 150;
const MAX_MEMBERS: usize = 3;

/// Something that a member or a stranger does.
#[derive(Clone, Debug)]
enum Action {
    Add { name: usize, size: u64, is_declared: bool },
    AddPart { size: usize },
    Send { file: usize, bytes: usize },
    Remove { file: usize },
    Join { first: usize, count: usize, name: usize },
    AddText { length: usize },
    RemoveText { text: usize },
    Enter,
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (1..90usize, 0..90u64, any::<bool>()).prop_map(|(name, size, is_declared)| Action::Add { name, size, is_declared }),
        3 => (1..40usize).prop_map(|size| Action::AddPart { size }),
        5 => (0..8usize, 1..70usize).prop_map(|(file, bytes)| Action::Send { file, bytes }),
        2 => (0..8usize).prop_map(|file| Action::Remove { file }),
        2 => (0..6usize, 1..4usize, 1..90usize).prop_map(|(first, count, name)| Action::Join { first, count, name }),
        2 => (1..120usize).prop_map(|length| Action::AddText { length }),
        1 => (0..3usize).prop_map(|text| Action::RemoveText { text }),
        1 => Just(Action::Enter),
    ]
}

fn announcement(name: usize, size_bytes: Option<u64>) -> Announcement {
    Announcement {
        id: new_file_id(app::room::MemberId::new(1), None),
        name: FileName::parse(&"n".repeat(name)).unwrap(),
        media_type: String::new(),
        size_bytes,
        modified_at_ms: None,
        joined_from: Vec::new(),
        is_part: false,
    }
}

/// A chunk of so many bytes, whose sender does not say how many.
fn chunk(offset: u64, bytes: usize) -> IncomingChunk<impl Stream<Item = Result<Bytes, std::io::Error>> + Send + Unpin + 'static> {
    let frames = stream::iter([Ok(Bytes::from(vec![7; bytes]))]);
    IncomingChunk { offset, checksum: None, length_bytes: None, came: Vec::new(), frames }
}

/// Does it, whether it is refused or not. A refusal is as good as anything else here.
async fn act(place: &Place, action: Action) {
    let (room, uploads) = (&place.room, &place.uploads);
    let ids: Vec<FileId> = room.read(|room| room.uploads().map(|file| file.id).collect());
    match action {
        Action::Add { name, size, is_declared } => {
            if uploads.check_size(Some(size)).is_ok() {
                let announcement = announcement(name, is_declared.then_some(size));
                place.create::<std::io::Error>(announcement, None::<IncomingChunk<stream::Empty<_>>>).await.map_or_else(drop, drop);
            }
        }
        Action::AddPart { size } => {
            let announcement = Announcement { is_part: true, ..announcement(1, Some(size as u64)) };
            place.create(announcement, Some(chunk(0, size))).await.map_or_else(drop, drop);
        }
        Action::Send { file, bytes } => {
            let Some(file) = ids.get(file).and_then(|id| room.read(|room| room.upload(*id).cloned())) else { return };
            let chunk = chunk(file.offset_bytes, bytes);
            uploads.append(room, place.owner, file, None, chunk).await.map_or_else(drop, drop);
        }
        Action::Remove { file } => {
            let Some(id) = ids.get(file) else { return };
            uploads.erase(room, *id).await.unwrap();
        }
        Action::Join { first, count, name } => {
            let parts: Vec<FileId> = room.read(|room| room.parts.iter().map(|part| part.id).skip(first).take(count).collect());
            if !parts.is_empty() {
                let announcement = Announcement { joined_from: parts, ..announcement(name, None) };
                uploads.join(room, announcement).await.map_or_else(drop, drop);
            }
        }
        Action::AddText { length } => {
            room.add_snippet(SnippetText::parse(&"t".repeat(length)).unwrap()).await.map_or_else(drop, drop);
        }
        Action::RemoveText { text } => {
            let id = room.read(|room| room.snippets.get(text).map(|snippet| snippet.id));
            if let Some(id) = id {
                room.remove_snippet(id).await.unwrap();
            }
        }
        Action::Enter => {
            let device = Device { kind: DeviceKind::Mobile, browser: String::new(), system: String::new() };
            let newcomer = Newcomer { name: None, device, address: "192.0.2.2".to_owned() };
            room.join(newcomer).await.map_or_else(drop, drop);
        }
    }
}

/// Checks the room and the disk after an action.
fn check(place: &Place) -> Result<(), TestCaseError> {
    place.room.read(|room| {
        prop_assert!(room.files.len() + room.parts.len() <= LIMITS.max_room_files);
        prop_assert!(room.text_bytes() <= LIMITS.max_room_text_bytes, "{} bytes of text", room.text_bytes());
        prop_assert!(room.size_bytes() <= LIMITS.max_room_bytes, "{} bytes", room.size_bytes());
        prop_assert!(room.uploads().all(|file| file.offset_bytes <= LIMITS.max_file_bytes));
        prop_assert!(room.members.len() <= MAX_MEMBERS);
        Ok(())
    })?;
    let files = std::fs::read_dir(place.folder.path().join("files")).unwrap();
    let on_disk: u64 = files.map(|file| file.unwrap().metadata().map_or(0, |metadata| metadata.len())).sum();
    prop_assert!(on_disk <= MAX_STORAGE, "{on_disk} bytes on the disk");
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_order_of_actions_takes_a_room_beyond_its_limits(actions in prop::collection::vec(action(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let limits = RoomLimits { members: MAX_MEMBERS, text_bytes: LIMITS.max_room_text_bytes, ..RoomSettings::default().limits };
            let settings = RoomSettings { limits, grace: LONG, ..RoomSettings::default() };
            let place = Place::with(LIMITS, Some(MAX_STORAGE), settings).await;
            for action in actions {
                act(&place, action).await;
                check(&place)?;
            }
            Ok::<_, TestCaseError>(())
        })?;
    }
}
