//! The lines of the log about guessed PINs, which a program such as fail2ban reads.

use std::{fs::File, path::Path, process::Stdio};

use serde_json::json;

use crate::{
    process::{Process, command},
    test_app::eventually,
};

/// Starts the program with its log in a file.
fn started(folder: &Path, log: &Path) -> Process {
    let mut command = command(folder);
    command.args(["--max-guesses-per-address", "5"]);
    Process::run_with_log(command, Stdio::from(File::create(log).unwrap()))
}

#[tokio::test]
async fn who_uses_up_the_guesses_is_named_once_and_no_pin_is() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let process = started(&folder.path().join("data"), &log);
    let owner = process.create_room().await;
    let guesses: Vec<String> = (0..9).map(|number| format!("{:06}", 870_000 + number)).filter(|pin| pin != owner.pin()).collect();
    let mut statuses = Vec::new();
    for pin in &guesses {
        statuses.push(process.ask_to_join(pin, &json!({})).await.status().as_u16());
    }
    assert_eq!((&statuses[..5], statuses.last()), ([404; 5].as_slice(), Some(&429)));
    let lines = eventually("the line is in the log", async || {
        let text = std::fs::read_to_string(&log).unwrap();
        let lines: Vec<String> = text.lines().filter(|line| line.contains("too many wrong PINs")).map(str::to_owned).collect();
        if lines.is_empty() { Err(text) } else { Ok(lines) }
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("WARN") && lines[0].contains("client.address=127.0.0.1"), "{lines:?}");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(guesses.iter().all(|pin| !text.contains(pin.as_str())), "{text}");
}
