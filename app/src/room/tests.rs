//! Tests of how events are folded into a room: a follower who begins with any snapshot ends with the same room.

use proptest::{collection::vec, prelude::*};

use super::*;

fn member_id() -> impl Strategy<Value = MemberId> {
    (0u128..6).prop_map(MemberId::new)
}

fn file_id() -> impl Strategy<Value = FileId> {
    (0u128..8).prop_map(FileId::new)
}

fn name() -> impl Strategy<Value = DisplayName> {
    "[A-Za-zÀ-ž🚀]{1,12}".prop_map(|text| DisplayName::parse(&text).unwrap())
}

fn device() -> impl Strategy<Value = Device> {
    (prop_oneof![Just(DeviceKind::Mobile), Just(DeviceKind::Tablet), Just(DeviceKind::Desktop)], "[A-Z][a-z]{0,6}")
        .prop_map(|(kind, browser)| Device { kind, browser, system: String::new() })
}

fn event() -> impl Strategy<Value = RoomEvent> {
    prop_oneof![
        (member_id(), name(), device(), any::<bool>()).prop_map(|(id, name, device, owner)| RoomEvent::MemberJoined {
            member: Member {
                id,
                name,
                role: if owner { Role::Owner } else { Role::Guest },
                device,
                address: "192.168.1.20".to_owned(),
                presence: Presence::Reconnecting,
            },
        }),
        member_id().prop_map(|id| RoomEvent::MemberLeft { id }),
        member_id().prop_map(|id| RoomEvent::MemberForgotten { id }),
        (member_id(), name()).prop_map(|(id, name)| RoomEvent::MemberRenamed { id, name }),
        (member_id(), device()).prop_map(|(id, device)| RoomEvent::DeviceChanged { id, device }),
        (file_id(), any::<u64>(), any::<u64>()).prop_map(|(id, size_bytes, added_at_ms)| RoomEvent::FileAdded {
            file: FileEntry { size_bytes: Some(size_bytes), added_at_ms, ..file(id, "a \"b\"/ć\n.bin") },
        }),
        (file_id(), any::<u64>())
            .prop_map(|(id, size_bytes)| RoomEvent::PartAdded { file: FileEntry { size_bytes: Some(size_bytes), ..file(id, "part") } }),
        (file_id(), vec(file_id(), 1..4))
            .prop_map(|(id, joined_from)| RoomEvent::PartsJoined { file: FileEntry { joined_from, ..file(id, "whole") } }),
        (file_id(), any::<u64>()).prop_map(|(id, size_bytes)| RoomEvent::FileSized { id, size_bytes }),
        (file_id(), any::<u32>()).prop_map(|(id, crc32)| RoomEvent::FileCompleted { id, crc32 }),
        (file_id(), any::<[u8; 32]>()).prop_map(|(id, bytes)| RoomEvent::FileDigested { id, sha256: Sha256::new(bytes) }),
        (file_id(), any::<u64>()).prop_map(|(id, offset_bytes)| RoomEvent::FileReopened { id, offset_bytes }),
        (file_id(), member_id()).prop_map(|(id, member)| RoomEvent::FileReceived { id, member }),
        file_id().prop_map(|id| RoomEvent::ThumbnailAdded { id }),
        file_id().prop_map(|id| RoomEvent::ThumbnailLost { id }),
        file_id().prop_map(|id| RoomEvent::FileRemoved { id }),
        any::<bool>().prop_map(|locked| RoomEvent::SettingsChanged { settings: Settings { locked } }),
        any::<u64>().prop_map(|at_ms| RoomEvent::RoomClosed { by: ClosedBy::Unused, at_ms }),
    ]
}

pub(crate) fn file(id: FileId, name: &str) -> FileEntry {
    FileEntry {
        id,
        name: FileName::parse(name).unwrap(),
        media_type: String::new(),
        size_bytes: None,
        offset_bytes: 0,
        state: FileState::Arriving,
        crc32: None,
        sha256: None,
        added_at_ms: 0,
        modified_at_ms: None,
        joined_from: Vec::new(),
        received_by: Vec::new(),
        has_thumbnail: false,
    }
}

fn over_the_wire<T: Serialize + serde::de::DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn snapshot() -> Snapshot {
    Snapshot { revision: 0, room: Room::new("482913".parse().unwrap(), 1) }
}

proptest! {
    #[test]
    fn folding_from_any_snapshot_gives_the_same_room(events in vec(event(), 1..60), at in any::<prop::sample::Index>()) {
        let at = at.index(events.len());
        let mut truth = snapshot();
        let mut follower = None;
        for (index, event) in events.iter().enumerate() {
            if index == at {
                follower = Some(over_the_wire(&truth));
            }
            let revision = index as u64 + 1;
            truth.follow(revision, event).unwrap();
            if let Some(follower) = &mut follower {
                follower.follow(revision, &over_the_wire(event)).unwrap();
            }
        }
        prop_assert_eq!(follower, Some(truth));
    }

    #[test]
    fn a_guest_who_is_told_what_guests_may_see_has_what_guests_may_see(events in vec(event(), 1..60), guest in member_id()) {
        let guest = Viewer { member: guest, role: Role::Guest };
        let (mut truth, mut seen) = (snapshot(), snapshot());
        for event in &events {
            // Ids are never used twice, so a file and a part cannot have the same.
            let doubles = match event {
                RoomEvent::FileAdded { file } | RoomEvent::PartAdded { file } | RoomEvent::PartsJoined { file } => {
                    truth.room.upload(file.id).is_some()
                }
                _ => false,
            };
            if doubles {
                continue;
            }
            let revision = truth.revision + 1;
            if event.audience(|id| truth.room.is_part(id)).includes(guest) {
                seen.follow(revision, event).unwrap();
            } else {
                seen.skip(revision).unwrap();
            }
            truth.follow(revision, event).unwrap();
        }
        prop_assert_eq!(seen.revision, truth.revision);
        prop_assert_eq!(seen.room, truth.room.seen_by(guest));
    }

    #[test]
    fn hearing_an_event_twice_changes_nothing(events in vec(event(), 1..30), repeated in any::<prop::sample::Index>()) {
        let mut truth = snapshot();
        for (index, event) in events.iter().enumerate() {
            truth.follow(index as u64 + 1, event).unwrap();
        }
        let mut again = truth.clone();
        let repeated = repeated.index(events.len());
        again.follow(repeated as u64 + 1, &events[repeated]).unwrap();
        prop_assert_eq!(again, truth);
    }
}

#[test]
fn a_gap_is_noticed_and_leaves_the_room_as_it_was() {
    let mut room = snapshot();
    let event = RoomEvent::SettingsChanged { settings: Settings { locked: true } };
    assert_eq!(room.follow(2, &event), Err(Gap { have: 0, got: 2 }));
    assert_eq!(room, snapshot());
}

#[test]
fn late_progress_does_not_reopen_a_complete_file() {
    let id = FileId::new(7);
    let mut room = snapshot().room;
    room.apply(&RoomEvent::FileAdded { file: FileEntry { size_bytes: Some(10), ..file(id, "a") } });
    room.apply(&RoomEvent::FileCompleted { id, crc32: 3 });
    room.pass(&PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving });
    let file = room.file(id).unwrap();
    assert_eq!((file.offset_bytes, file.state), (10, FileState::Complete));
}

#[test]
fn joined_parts_are_gone_and_their_file_is_there() {
    let (whole, part, other) = (FileId::new(1), FileId::new(2), FileId::new(3));
    let mut room = snapshot().room;
    for id in [part, other] {
        room.apply(&RoomEvent::PartAdded { file: FileEntry { size_bytes: Some(5), ..file(id, "part") } });
    }
    assert_eq!((room.files.len(), room.is_part(part), room.size_bytes()), (0, true, 10));
    room.apply(&RoomEvent::PartsJoined { file: FileEntry { size_bytes: Some(5), joined_from: vec![part], ..file(whole, "whole") } });
    assert_eq!((room.upload(part), room.is_part(other), room.file(whole).is_some(), room.size_bytes()), (None, true, true, 10));
}

#[test]
fn a_file_of_unknown_length_counts_with_what_is_here() {
    let id = FileId::new(1);
    let mut room = snapshot().room;
    room.apply(&RoomEvent::FileAdded { file: file(id, "stream") });
    room.pass(&PassingEvent::FileProgress { id, offset_bytes: 7, state: FileState::Arriving });
    assert_eq!(room.size_bytes(), 7);
    room.apply(&RoomEvent::FileSized { id, size_bytes: 9 });
    assert_eq!(room.size_bytes(), 9);
}

#[test]
fn a_reopened_file_can_be_completed_again() {
    let id = FileId::new(1);
    let mut room = snapshot().room;
    room.apply(&RoomEvent::FileAdded { file: FileEntry { size_bytes: Some(9), ..file(id, "a") } });
    room.apply(&RoomEvent::FileCompleted { id, crc32: 1 });
    room.apply(&RoomEvent::FileDigested { id, sha256: Sha256::new([1; 32]) });
    room.apply(&RoomEvent::FileReopened { id, offset_bytes: 4 });
    let reopened = FileEntry { size_bytes: Some(9), offset_bytes: 4, state: FileState::Stopped, ..file(id, "a") };
    assert_eq!(room.file(id), Some(&reopened));
}

#[test]
fn a_picture_is_told_of_only_while_it_is_there() {
    let id = FileId::new(1);
    let mut room = snapshot().room;
    room.apply(&RoomEvent::FileAdded { file: file(id, "a.png") });
    assert!(!serde_json::to_string(&room).unwrap().contains("thumbnail"));
    room.apply(&RoomEvent::ThumbnailAdded { id });
    assert!(room.file(id).unwrap().has_thumbnail);
    room.apply(&RoomEvent::ThumbnailLost { id });
    assert!(!room.file(id).unwrap().has_thumbnail);
}

/// A room with a file of ten bytes and a guest.
pub(super) fn room_with_guest() -> (Room, FileId, MemberId) {
    let (id, guest) = (FileId::new(1), MemberId::new(2));
    let mut room = snapshot().room;
    let member = Member {
        id: guest,
        name: DisplayName::parse("Ada").unwrap(),
        role: Role::Guest,
        device: Device { kind: DeviceKind::Desktop, browser: String::new(), system: String::new() },
        address: String::new(),
        presence: Presence::Connected,
    };
    room.apply(&RoomEvent::MemberJoined { member });
    room.apply(&RoomEvent::FileAdded { file: FileEntry { size_bytes: Some(10), ..file(id, "a") } });
    (room, id, guest)
}

#[test]
fn a_download_that_ends_too_early_has_broken_off_until_it_goes_on() {
    let (mut room, file, member) = room_with_guest();
    let pass = |room: &mut Room, received_bytes, running| {
        let download = Download { file, member, received_bytes };
        room.pass(&PassingEvent::Download { download, running });
        (room.downloads.contains(&download), room.broken_downloads.contains(&download))
    };
    assert_eq!(pass(&mut room, 3, true), (true, false));
    assert_eq!(pass(&mut room, 3, false), (false, true));
    assert_eq!(pass(&mut room, 5, true), (true, false));
    assert!(room.broken_downloads.is_empty());
    assert_eq!(pass(&mut room, 10, false), (false, false));
    // Whoever has the file already misses nothing when another download of it breaks off.
    room.apply(&RoomEvent::FileReceived { id: file, member });
    assert_eq!(pass(&mut room, 4, false), (false, false));
}

#[test]
fn nothing_is_broken_off_for_who_has_left_or_for_a_file_that_is_gone() {
    let (room, file, member) = room_with_guest();
    let broken = PassingEvent::Download { download: Download { file, member, received_bytes: 3 }, running: false };
    for event in [
        RoomEvent::MemberLeft { id: member },
        RoomEvent::FileRemoved { id: file },
        RoomEvent::FileReopened { id: file, offset_bytes: 1 },
        RoomEvent::FileReceived { id: file, member },
    ] {
        let mut room = room.clone();
        room.pass(&broken);
        assert_eq!(room.broken_downloads.len(), 1);
        room.apply(&event);
        assert!(room.broken_downloads.is_empty(), "{event:?}");
    }
    let mut room = room;
    room.apply(&RoomEvent::MemberLeft { id: member });
    room.pass(&broken);
    assert!(room.broken_downloads.is_empty());
}

#[test]
fn only_so_many_broken_downloads_are_remembered() {
    let (mut room, _, member) = room_with_guest();
    for number in 10..=10 + Room::MAX_BROKEN_DOWNLOADS as u128 {
        let id = FileId::new(number);
        room.apply(&RoomEvent::FileAdded { file: FileEntry { size_bytes: Some(10), ..file(id, "a") } });
        let download = Download { file: id, member, received_bytes: 3 };
        room.pass(&PassingEvent::Download { download, running: false });
    }
    assert_eq!(room.broken_downloads.len(), Room::MAX_BROKEN_DOWNLOADS);
    assert_eq!(room.broken_downloads[0].file, FileId::new(11));
}
