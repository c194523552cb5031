use std::{
    convert::Infallible,
    io::{Cursor, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::Bytes;
use futures::{FutureExt as _, Stream, StreamExt as _, TryStreamExt as _, stream};
use tokio::{sync::mpsc, task::JoinHandle};
use zip::ZipArchive;

use super::{archive::Segment, *};

const LONG: Duration = Duration::from_secs(30);
const ID: FileId = FileId::new(1);

struct Folder {
    folder: tempfile::TempDir,
    files: Arc<FileStore>,
}

impl Folder {
    async fn with_file() -> Self {
        let folder = Self::open(tempfile::tempdir().unwrap(), LONG);
        folder.files.create(ID, 10, None).await.unwrap();
        folder
    }

    fn open(folder: tempfile::TempDir, patience: Duration) -> Self {
        let files = FileStore::open(settings(folder.path().to_owned(), patience)).unwrap();
        Self { folder, files: Arc::new(files) }
    }

    async fn append(&self, offset: u64, bytes: &'static str) -> Result<u64, AppendError> {
        self.files.append(ID, chunk(offset), frames([bytes]), |_| {}).await
    }

    /// Starts an append whose sender sends four bytes and then stalls. Also returns the progress that it reports.
    fn stall(&self) -> (JoinHandle<Result<u64, AppendError>>, mpsc::UnboundedReceiver<u64>) {
        let (tell, written) = mpsc::unbounded_channel();
        let files = Arc::clone(&self.files);
        let progress = move |length| tell.send(length).unwrap();
        (tokio::spawn(async move { files.append(ID, chunk(0), stalling("0123"), progress).await }), written)
    }

    fn on_disk(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join(ID.to_string())).unwrap()
    }
}

fn settings(folder: PathBuf, patience: Duration) -> StoreSettings {
    StoreSettings {
        folder,
        sync: SyncMode::Background,
        max_storage: None,
        min_free_space: 0,
        idle_upload: patience,
        idle_download: patience,
    }
}

fn chunk(offset: u64) -> Chunk {
    Chunk { offset, limit_bytes: 10, may_grow: None, checksum: None }
}

fn frames<const N: usize>(frames: [&'static str; N]) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Unpin {
    stream::iter(frames).map(|frame| Ok(Bytes::from_static(frame.as_bytes())))
}

/// A stream that brings these bytes and then stalls.
fn stalling(first: &'static str) -> impl Stream<Item = Result<Bytes, Infallible>> + Send + Unpin {
    stream::iter([Ok(Bytes::from_static(first.as_bytes()))]).chain(stream::pending())
}

#[tokio::test]
async fn the_length_on_disk_is_the_offset() {
    let folder = Folder::with_file().await;
    assert_eq!(folder.files.offset(ID).await.unwrap(), 0);
    assert_eq!(folder.append(0, "0123").await.unwrap(), 4);
    assert_eq!(folder.append(4, "").await.unwrap(), 4);
    assert_eq!(folder.files.offset(ID).await.unwrap(), 4);
    assert_eq!(folder.on_disk(), b"0123");
}

#[tokio::test]
async fn a_chunk_that_does_not_begin_at_the_end_is_refused() {
    let folder = Folder::with_file().await;
    folder.append(0, "0123").await.unwrap();
    for offset in [0, 3, 5] {
        assert!(matches!(folder.append(offset, "x").await, Err(AppendError::OffsetMismatch(4))));
    }
    assert_eq!(folder.on_disk(), b"0123");
}

#[tokio::test]
async fn no_byte_is_written_beyond_the_declared_length() {
    let folder = Folder::with_file().await;
    let outcome = folder.files.append(ID, chunk(0), frames(["01234", "56789x"]), |_| {}).await;
    assert!(matches!(outcome, Err(AppendError::TooLong)));
    assert_eq!(folder.on_disk(), b"01234");
}

#[tokio::test]
async fn what_arrived_before_a_sender_went_away_is_kept() {
    let folder = Folder::with_file().await;
    let broken = stream::iter([Ok(Bytes::from_static(b"0123")), Err("the connection is gone")]);
    let outcome = folder.files.append(ID, chunk(0), broken, |_| {}).await;
    assert!(matches!(outcome, Err(AppendError::Interrupted)));
    assert_eq!(folder.on_disk(), b"0123");
}

#[tokio::test]
async fn a_silent_sender_is_given_up() {
    let folder = Folder::open(tempfile::tempdir().unwrap(), Duration::from_millis(50));
    folder.files.create(ID, 10, None).await.unwrap();
    let outcome = folder.files.append(ID, chunk(0), stalling("0123"), |_| {}).await;
    assert!(matches!(outcome, Err(AppendError::Interrupted)));
    assert_eq!(folder.on_disk(), b"0123");
}

#[tokio::test]
async fn a_newcomer_takes_over_from_a_stalled_sender() {
    let folder = Folder::with_file().await;
    let (stalled, mut written) = folder.stall();
    assert_eq!(written.recv().await, Some(4));
    assert_eq!(folder.append(4, "456789").await.unwrap(), 10);
    assert!(matches!(stalled.await.unwrap(), Err(AppendError::TakenOver)));
    assert_eq!(folder.on_disk(), b"0123456789");
}

#[tokio::test]
async fn whoever_asks_for_the_offset_takes_over_too() {
    let folder = Folder::with_file().await;
    let (stalled, mut written) = folder.stall();
    written.recv().await.unwrap();
    assert_eq!(folder.files.offset(ID).await.unwrap(), 4);
    assert!(matches!(stalled.await.unwrap(), Err(AppendError::TakenOver)));
}

#[tokio::test]
async fn of_many_who_want_to_write_at_once_one_does() {
    let folder = Folder::with_file().await;
    let outcomes = futures::future::join_all((0..20).map(|_| folder.append(0, "0123456789"))).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(10))).count(), 1, "{outcomes:?}");
    assert_eq!(folder.on_disk(), b"0123456789");
}

#[tokio::test]
async fn the_sum_of_a_file_is_that_of_all_its_bytes() {
    let folder = Folder::with_file().await;
    folder.append(0, "1234").await.unwrap();
    folder.append(4, "56789").await.unwrap();
    assert_eq!(folder.files.finish(ID).await.unwrap(), FinishedFile { size_bytes: 9, crc32: 0xcbf4_3926 });
}

#[tokio::test]
async fn the_sum_is_right_for_bytes_that_came_before_a_restart() {
    let folder = Folder::with_file().await;
    folder.append(0, "1234").await.unwrap();
    let folder = Folder::open(folder.folder, LONG);
    folder.append(4, "56789").await.unwrap();
    assert_eq!(folder.files.finish(ID).await.unwrap(), FinishedFile { size_bytes: 9, crc32: 0xcbf4_3926 });
}

#[tokio::test]
async fn a_reader_gets_the_range_it_asked_for() {
    let folder = Folder::with_file().await;
    folder.append(0, "0123456789").await.unwrap();
    for (range, expected) in [(0..10, "0123456789"), (3..5, "34"), (9..10, "9"), (4..4, "")] {
        let parts: Vec<Bytes> = folder.files.read(ID, range).await.unwrap().try_collect().await.unwrap();
        assert_eq!(parts.concat(), expected.as_bytes());
    }
}

#[tokio::test]
async fn a_reader_of_a_running_upload_waits_for_its_bytes() {
    let folder = Folder::with_file().await;
    let mut reader = Box::pin(folder.files.read(ID, 2..8).await.unwrap());
    assert!(reader.next().now_or_never().is_none());
    folder.append(0, "0123").await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), "23");
    folder.append(4, "456789").await.unwrap();
    assert_eq!(reader.next().await.unwrap().unwrap(), "4567");
    assert!(reader.next().await.is_none());
}

#[tokio::test]
async fn a_reader_ends_with_an_error_when_nothing_arrives() {
    let folder = Folder::open(tempfile::tempdir().unwrap(), Duration::from_millis(50));
    folder.files.create(ID, 10, None).await.unwrap();
    let mut reader = Box::pin(folder.files.read(ID, 0..10).await.unwrap());
    assert!(matches!(reader.next().await, Some(Err(ReadError::Stalled))));
}

#[tokio::test]
async fn removing_a_file_cuts_its_writer_and_its_readers() {
    let folder = Folder::with_file().await;
    let (writer, mut written) = folder.stall();
    written.recv().await.unwrap();
    let mut reader = Box::pin(folder.files.read(ID, 0..10).await.unwrap());
    assert_eq!(reader.next().await.unwrap().unwrap(), "0123");

    folder.files.remove(ID).await.unwrap();
    assert!(matches!(writer.await.unwrap(), Err(AppendError::TakenOver)));
    assert!(matches!(reader.next().await, Some(Err(ReadError::Disk(error))) if error.kind() == io::ErrorKind::NotFound));
    assert_eq!(folder.files.all().unwrap(), HashSet::new());
    assert_eq!(folder.files.offset(ID).await.unwrap_err().kind(), io::ErrorKind::NotFound);
    folder.files.remove(ID).await.unwrap();
}

#[tokio::test]
async fn only_files_with_an_id_are_ours() {
    let folder = Folder::with_file().await;
    std::fs::write(folder.folder.path().join("notes.txt"), "mine").unwrap();
    assert_eq!(folder.files.all().unwrap(), HashSet::from([ID]));
}

#[tokio::test]
async fn a_file_that_is_there_is_not_made_again() {
    let folder = Folder::with_file().await;
    folder.append(0, "1234").await.unwrap();
    let is_there = |error: CreateError| matches!(error, CreateError::Disk(error) if error.kind() == io::ErrorKind::AlreadyExists);
    assert!(is_there(folder.files.create(ID, 10, None).await.unwrap_err()));
    assert!(is_there(folder.files.create_finished(ID, b"5678").unwrap_err()));
    assert_eq!(folder.files.offset(ID).await.unwrap(), 4);
}

fn archived(name: &str, size_bytes: u64) -> ArchivedFile {
    ArchivedFile { id: ID, path: name.split('/').map(str::to_owned).collect(), size_bytes, crc32: 0, modified_at_ms: 0, is_folder: false }
}

/// Writes the archive into a sparse file that has holes in place of the files' contents.
fn with_holes(archive: &Archive) -> std::fs::File {
    let mut file = tempfile::tempfile().unwrap();
    for segment in &archive.segments {
        match segment {
            Segment::Header(bytes) => file.write_all(bytes).unwrap(),
            Segment::File { size_bytes, .. } => {
                file.seek(SeekFrom::Current((*size_bytes).try_into().unwrap())).unwrap();
            }
        }
    }
    file
}

#[test]
fn an_archive_of_more_than_four_gibibytes_is_laid_out_as_announced() {
    const GIB: u64 = 1 << 30;
    let archive = Archive::new(&[
        archived("five", 5 * GIB),
        archived("d/limit", (1 << 32) - 1),
        archived("below", (1 << 32) - 2),
        archived("small", 3),
    ]);
    let file = with_holes(&archive);
    assert_eq!(file.metadata().unwrap().len(), archive.size_bytes);
    let mut zip = ZipArchive::new(file).unwrap();
    let entries: Vec<_> = (0..zip.len())
        .map(|index| {
            let entry = zip.by_index_raw(index).unwrap();
            (entry.name().unwrap().into_owned(), entry.size(), entry.compressed_size())
        })
        .collect();
    let expected = [("five", 5 * GIB), ("d/limit", (1 << 32) - 1), ("below", (1 << 32) - 2), ("small", 3)];
    assert_eq!(entries, expected.map(|(name, size)| (name.to_owned(), size, size)));
}

#[test]
fn an_archive_may_hold_more_than_65535_files() {
    let files: Vec<_> = (0..70_000).map(|number| archived(&format!("{number}.txt"), 0)).collect();
    let archive = Archive::new(&files);
    let bytes: Vec<u8> = archive
        .segments
        .iter()
        .flat_map(|segment| match segment {
            Segment::Header(bytes) => bytes.to_vec(),
            Segment::File { .. } => Vec::new(),
        })
        .collect();
    assert_eq!(bytes.len() as u64, archive.size_bytes);
    let mut zip = ZipArchive::new(Cursor::new(bytes)).unwrap();
    assert_eq!(zip.len(), 70_000);
    assert_eq!(zip.by_index(69_999).unwrap().name().unwrap(), "69999.txt");
}

#[tokio::test]
async fn an_archive_of_real_files_holds_their_bytes() {
    let folder = Folder::with_file().await;
    folder.append(0, "123456789").await.unwrap();
    let archive = Archive::new(&[ArchivedFile { crc32: 0xcbf4_3926, ..archived("d/a.txt", 9) }]);
    let announced = archive.size_bytes;
    let watch: ReadWatch = Arc::new(|_, _| Box::new(|_| {}));
    let bytes: Vec<Bytes> = archive.read(Arc::clone(&folder.files), 0..announced, watch).try_collect().await.unwrap();
    let bytes = bytes.concat();
    assert_eq!(bytes.len() as u64, announced);
    let mut content = String::new();
    io::Read::read_to_string(&mut ZipArchive::new(Cursor::new(bytes)).unwrap().by_index(0).unwrap(), &mut content).unwrap();
    assert_eq!(content, "123456789");
}

fn picture() -> Thumbnail {
    Thumbnail::parse(Bytes::from_static(b"\xff\xd8\xff\xe0 a small picture")).unwrap()
}

/// The names of everything in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_picture_goes_with_its_file() {
    let folder = Folder::with_file().await;
    let none = folder.files.thumbnail(ID).await;
    assert_eq!(none.unwrap_err().kind(), io::ErrorKind::NotFound);
    folder.files.keep_thumbnail(ID, picture()).await.unwrap();
    assert_eq!(folder.files.thumbnail(ID).await.unwrap(), picture());
    assert_eq!(folder.files.all().unwrap(), HashSet::from([ID]));

    folder.files.remove(ID).await.unwrap();
    assert_eq!(names(folder.folder.path()), Vec::<String>::new());
    let late = folder.files.keep_thumbnail(ID, picture()).await;
    assert!(matches!(late, Err(CreateError::Disk(error)) if error.kind() == io::ErrorKind::NotFound));
    assert_eq!(names(folder.folder.path()), Vec::<String>::new());
}

#[tokio::test]
async fn a_picture_can_be_erased_alone() {
    let folder = Folder::with_file().await;
    folder.files.keep_thumbnail(ID, picture()).await.unwrap();
    for _ in 0..2 {
        folder.files.erase_thumbnail(ID).await.unwrap();
    }
    assert_eq!(names(folder.folder.path()), [ID.to_string()]);
}

#[tokio::test]
async fn a_picture_disturbs_no_upload() {
    let folder = Folder::with_file().await;
    let (stalled, mut written) = folder.stall();
    written.recv().await.unwrap();
    folder.files.keep_thumbnail(ID, picture()).await.unwrap();
    assert!(!stalled.is_finished());
    assert_eq!(folder.append(4, "456789").await.unwrap(), 10);
    assert!(matches!(stalled.await.unwrap(), Err(AppendError::TakenOver)));
}

#[tokio::test]
async fn a_small_file_that_is_discarded_gives_its_space_back_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let files = FileStore::open(StoreSettings { max_storage: Some(10), ..settings(folder.path().to_owned(), LONG) }).unwrap();
    files.create_finished(ID, b"0123456789").unwrap();
    files.discard(ID).unwrap();
    files.create(FileId::new(2), 10, None).await.unwrap();
}

#[tokio::test]
async fn pictures_of_no_file_are_gone_after_a_start() {
    let folder = Folder::with_file().await;
    folder.files.keep_thumbnail(ID, picture()).await.unwrap();
    let orphan = FileId::new(2);
    for name in
        [format!("{orphan}.thumbnail"), format!("{ID}.new-thumbnail"), format!("{orphan}.new-thumbnail"), "mine.thumbnail".to_owned()]
    {
        std::fs::write(folder.folder.path().join(name), "left behind").unwrap();
    }
    let folder = Folder::open(folder.folder, LONG);
    assert_eq!(names(folder.folder.path()), [ID.to_string(), format!("{ID}.thumbnail"), "mine.thumbnail".to_owned()]);
    assert_eq!(folder.files.thumbnail(ID).await.unwrap(), picture());
}
