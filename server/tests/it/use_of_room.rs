//! A download keeps a room in use, however slow it is.

use app::room::FileId;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

use crate::{
    door::Door,
    seat::Seat,
    test_app::{TestApp, eventually},
};

/// More bytes than the socket buffers hold together with what a slow reader takes while a test runs.
const SIZE: usize = 64 << 20;

/// Begins a download over a connection with a small receive buffer, so that the server cannot send far ahead of the
/// reader.
async fn begin_download(seat: &Seat, path: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let mut stream = socket.connect(seat.door.address()).await.unwrap();
    let address = seat.door.address();
    let head = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\r\n", seat.entered.token);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Takes the next bytes of a download.
async fn read_some(download: &mut TcpStream) {
    download.read_exact(&mut [0; 2048]).await.expect("the download goes on");
}

/// Asks without a token whether the room is gone. Requests without a token do not count as use of the room.
async fn is_gone(door: &Door, pin: &str) -> bool {
    door.get(&format!("/api/rooms/{pin}")).await.status() == 410
}

/// Downloads slowly from one room until another one, which nobody uses, is closed. Checks that the first room is still
/// open then, and that it is closed after the download has ended.
async fn outlives_an_unused_room(path: impl Fn(&Seat, FileId) -> String) {
    let app = TestApp::with_flags(&["--room-ttl", "1s"]).await;
    let busy = app.create_room().await;
    let id = busy.upload("large.bin", &vec![7; SIZE]).await;
    let mut slow = begin_download(&busy, &path(&busy, id)).await;
    let unused = app.create_room().await;
    eventually("an unused room is closed", async || {
        let found = is_gone(&app, unused.pin()).await.then_some(()).ok_or("it is open");
        if found.is_err() {
            read_some(&mut slow).await;
        }
        found
    })
    .await;
    assert_eq!(busy.room().await.closed, None);

    drop(slow);
    eventually("a room that is used no more is closed", async || is_gone(&app, busy.pin()).await.then_some(()).ok_or("it is open")).await;
    app.finish().await;
}

#[tokio::test]
async fn a_room_stays_open_while_a_file_is_downloaded_from_it() {
    outlives_an_unused_room(|seat, id| seat.file(id)).await;
}

#[tokio::test]
async fn a_room_stays_open_while_its_archive_is_downloaded() {
    outlives_an_unused_room(|seat, _| app::wire::archive(&seat.entered.pin)).await;
}
