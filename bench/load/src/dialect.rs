//! The two protocols over WebSocket that a client has to understand, as far as a listener needs them.

/// What precedes the number of an event in its text.
const MARK: &str = "load-event-";

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The live socket of SnapDrop.
    SnapDrop,
    /// Version 4 of Engine.IO with version 5 of Socket.IO inside.
    SocketIo,
}

/// What a message means to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// The server waits for the greeting.
    Greet,
    /// From now on, the listener gets every event.
    Ready,
    /// The event with this number.
    Event(usize),
    /// The server asks for a sign of life.
    Ping,
    /// Nothing that a listener waits for.
    Other,
}

impl Dialect {
    /// What a text message from the server means.
    pub(crate) fn read(self, text: &str) -> Meaning {
        match self {
            Self::SnapDrop if text.starts_with(r#"{"type":"event""#) => event(text),
            Self::SnapDrop if text.starts_with(r#"{"type":"snapshot","#) => Meaning::Ready,
            Self::SocketIo if text.starts_with("42") => event(text),
            Self::SocketIo if text.starts_with("40") => Meaning::Ready,
            Self::SocketIo if text.starts_with("0{") => Meaning::Greet,
            Self::SocketIo if text == "2" => Meaning::Ping,
            Self::SnapDrop | Self::SocketIo => Meaning::Other,
        }
    }
}

/// The text of the event with this number. It is as long as a short note.
pub(crate) fn text_of(number: usize) -> String {
    format!("{MARK}{number}; a note of the owner, which everybody in the room gets to see at once")
}

fn event(text: &str) -> Meaning {
    let number = text.split_once(MARK).and_then(|(_, rest)| rest.split_once(';')).and_then(|(number, _)| number.parse().ok());
    number.map_or(Meaning::Other, Meaning::Event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_understood() {
        let snippet = format!(r#"{{"type":"event","revision":7,"event":{{"type":"snippet_added","text":"{}"}}}}"#, text_of(12));
        let cases = [
            (Dialect::SnapDrop, snippet.as_str(), Meaning::Event(12)),
            (Dialect::SnapDrop, r#"{"type":"event","revision":8,"event":{"type":"member_joined"}}"#, Meaning::Other),
            (Dialect::SnapDrop, r#"{"type":"snapshot","revision":8,"room":{}}"#, Meaning::Ready),
            (Dialect::SnapDrop, r#"{"type":"snapshot_part","revision":8,"room":{}}"#, Meaning::Other),
            (Dialect::SocketIo, r#"0{"sid":"x"}"#, Meaning::Greet),
            (Dialect::SocketIo, r#"40{"sid":"x"}"#, Meaning::Ready),
            (Dialect::SocketIo, r#"42["snippet",{"text":"load-event-3; x"}]"#, Meaning::Event(3)),
            (Dialect::SocketIo, "2", Meaning::Ping),
        ];
        for (dialect, text, meaning) in cases {
            assert_eq!(dialect.read(text), meaning, "{text}");
        }
    }
}
