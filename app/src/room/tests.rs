//! Folding from any snapshot leads to the same room.

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
        (member_id(), name()).prop_map(|(id, name)| RoomEvent::MemberRenamed { id, name }),
        (member_id(), device()).prop_map(|(id, device)| RoomEvent::DeviceChanged { id, device }),
        (file_id(), any::<u64>(), any::<u64>()).prop_map(|(id, size_bytes, added_at_ms)| RoomEvent::FileAdded {
            file: FileEntry {
                id,
                name: FileName::parse("a \"b\"/ć\n.bin").unwrap(),
                media_type: String::new(),
                size_bytes,
                offset_bytes: 0,
                state: FileState::Arriving,
                crc32: None,
                added_at_ms,
            },
        }),
        (file_id(), any::<u32>()).prop_map(|(id, crc32)| RoomEvent::FileCompleted { id, crc32 }),
        file_id().prop_map(|id| RoomEvent::FileRemoved { id }),
        any::<bool>().prop_map(|locked| RoomEvent::SettingsChanged { settings: Settings { locked } }),
        any::<u64>().prop_map(|at_ms| RoomEvent::RoomClosed { by: ClosedBy::Unused, at_ms }),
    ]
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
    room.apply(&RoomEvent::FileAdded {
        file: FileEntry {
            id,
            name: FileName::parse("a").unwrap(),
            media_type: String::new(),
            size_bytes: 10,
            offset_bytes: 0,
            state: FileState::Arriving,
            crc32: None,
            added_at_ms: 0,
        },
    });
    room.apply(&RoomEvent::FileCompleted { id, crc32: 3 });
    room.pass(&PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving });
    let file = room.file(id).unwrap();
    assert_eq!((file.offset_bytes, file.state), (10, FileState::Complete));
}
