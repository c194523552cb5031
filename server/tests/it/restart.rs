//! The real program, killed and started again on the same folder.

use app::{
    room::{FileState, PassingEvent, Presence, Role, RoomEvent},
    wire::ServerMessage,
};
use serde_json::json;

use crate::{process::Process, raw::begin_chunk, test_app::files_on_disk};

#[tokio::test]
async fn a_room_with_everything_in_it_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let guest = process.join(&owner, "Ada").await;
    let mut socket = owner.listen().await;
    socket.say(json!({"type": "set_locked", "locked": true})).await;
    socket.event().await;
    let id = owner.upload("☕.txt", b"123456789").await;
    socket.until_digested(id).await;
    let before = owner.view().await.snapshot;
    process.kill();

    let process = Process::start(folder.path());
    let (owner, guest) = (owner.at(&process), guest.at(&process));
    let view = owner.view().await;
    assert_eq!(view.you, owner.entered.member);
    let after = view.snapshot;
    assert_eq!(after.revision, before.revision);
    assert_eq!(after.room.settings, before.room.settings);
    assert_eq!(after.room.files, before.room.files);
    let seats: Vec<_> = after.room.members.iter().map(|member| (member.id, member.role, member.presence)).collect();
    assert_eq!(
        seats,
        [(owner.entered.member, Role::Owner, Presence::Reconnecting), (guest.entered.member, Role::Guest, Presence::Reconnecting)]
    );
    assert_eq!(guest.download(id).await, b"123456789");
    assert_eq!(guest.close().await, 403);
    assert_eq!(owner.close().await, 204);
}

#[tokio::test]
async fn an_upload_goes_on_where_the_kill_stopped_it() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..3_000_000u32).map(|index| (index % 251) as u8).collect();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.add_file("a.bin", bytes.len() as u64).await;
    // The program is killed right after its answer: what it acknowledged has to be there.
    assert_eq!(owner.append(id, 0, bytes[..1_234_567].to_vec()).await.status(), 204);
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.offset_bytes), (FileState::Stopped, 1_234_567));
    assert_eq!(owner.offset(id).await, 1_234_567);
    assert_eq!(owner.append(id, 1_234_567, bytes[1_234_567..].to_vec()).await.status(), 204);
    assert_eq!(owner.entry(id).await.crc32, Some(crc32(&bytes)));
    assert!(owner.download(id).await == bytes, "the bytes differ");
}

/// CRC-32/ISO-HDLC, computed bit by bit.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[tokio::test]
async fn a_chunk_that_the_kill_cut_goes_on_from_what_arrived() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let mut socket = owner.listen().await;
    let id = owner.add_file("a.txt", 10).await;
    let _cut = begin_chunk(&owner, id, 0, 10, b"0123").await;
    socket.until_passing(PassingEvent::FileProgress { id, offset_bytes: 4, state: FileState::Arriving }).await;
    process.kill();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    assert_eq!(owner.offset(id).await, 4);
    assert_eq!(owner.append(id, 4, "456789").await.status(), 204);
    assert_eq!(owner.download(id).await, b"0123456789");
}

#[tokio::test]
async fn whoever_listened_hears_what_was_missed_across_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let since = owner.view().await.snapshot.revision;
    let mut witness = owner.listen().await;
    let id = owner.upload("a.txt", b"123456789").await;
    witness.until_digested(id).await;
    process.kill();

    let process = Process::start(folder.path());
    let mut socket = owner.at(&process).live(Some(since)).await;
    assert!(matches!(socket.event().await, RoomEvent::FileAdded { file } if file.id == id));
    assert_eq!(socket.event().await, RoomEvent::FileCompleted { id, crc32: 0xcbf4_3926 });
    assert!(matches!(socket.event().await, RoomEvent::FileDigested { id: summed, .. } if summed == id));
    loop {
        match socket.next().await {
            ServerMessage::Passing { .. } => {}
            ServerMessage::CaughtUp { revision } => break assert_eq!(revision, 4),
            other => panic!("not what was missed: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_member_who_left_before_the_kill_still_has_a_seat() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let guest = process.join(&owner, "Ada").await;
    process.kill();

    let process = Process::start(folder.path());
    let guest = guest.at(&process);
    let _socket = guest.listen().await;
    assert_eq!(owner.at(&process).room().await.members.len(), 2);
}

#[tokio::test]
async fn a_closed_room_stays_closed_after_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    owner.upload("a.txt", b"gone").await;
    assert_eq!(owner.close().await, 204);
    process.kill();

    let process = Process::start(folder.path());
    assert_eq!(owner.at(&process).archive().await.status(), 410);
    assert_eq!(files_on_disk(folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn bytes_that_no_room_knows_are_erased_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.upload("a.txt", b"known").await;
    process.kill();
    std::fs::write(folder.path().join("files").join("0".repeat(32)), "orphan").unwrap();

    let process = Process::start(folder.path());
    assert_eq!(files_on_disk(folder.path()), [id.to_string()]);
    assert_eq!(owner.at(&process).download(id).await, b"known");
}

#[tokio::test]
async fn files_whose_bytes_are_missing_vanish_from_the_list() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let mut socket = owner.listen().await;
    let whole = owner.upload("whole.txt", b"whole").await;
    socket.until_digested(whole).await;
    let missing = owner.upload("missing.txt", b"missing").await;
    socket.until_digested(missing).await;
    let running = owner.add_file("running.txt", 5).await;
    let since = owner.view().await.snapshot.revision;
    process.kill();
    let on_disk = |id: app::room::FileId| folder.path().join("files").join(id.to_string());
    std::fs::remove_file(on_disk(missing)).unwrap();
    std::fs::remove_file(on_disk(running)).unwrap();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    let left: Vec<_> = owner.room().await.files.iter().map(|file| file.id).collect();
    assert_eq!(left, [whole]);
    assert_eq!(owner.download(whole).await, b"whole");
    assert_eq!(files_on_disk(folder.path()), [whole.to_string()]);
    let mut socket = owner.live(Some(since)).await;
    for id in [missing, running] {
        assert_eq!(socket.event().await, RoomEvent::FileRemoved { id });
    }
}

#[tokio::test]
async fn a_file_that_the_disk_had_only_in_part_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.upload("cut.txt", b"123456789").await;
    process.kill();
    // A power cut leaves such a file when its end was not on the disk yet.
    std::fs::write(folder.path().join("files").join(id.to_string()), "1234").unwrap();

    let process = Process::start(folder.path());
    let owner = owner.at(&process);
    let entry = owner.entry(id).await;
    assert_eq!((entry.state, entry.offset_bytes, entry.crc32, entry.sha256), (FileState::Stopped, 4, None, None));
    assert_eq!(owner.append(id, 4, "56789").await.status(), 204);
    assert_eq!(owner.entry(id).await.crc32, Some(0xcbf4_3926));
    assert_eq!(owner.download(id).await, b"123456789");
}

#[tokio::test]
async fn an_upload_whose_last_byte_arrived_just_before_the_kill_is_complete_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let process = Process::start(folder.path());
    let owner = process.create_room().await;
    let id = owner.add_file("a.txt", 9).await;
    process.kill();
    // As if the kill had come between the last write and the recorded event of the file's completion.
    std::fs::write(folder.path().join("files").join(id.to_string()), "123456789").unwrap();

    let process = Process::start(folder.path());
    let entry = owner.at(&process).entry(id).await;
    assert_eq!((entry.state, entry.crc32), (FileState::Complete, Some(0xcbf4_3926)));
}
