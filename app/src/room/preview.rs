//! Whether and how a page can show a file without saving it.

use super::{FileEntry, FileState};

/// How a page shows a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PreviewKind {
    /// As an image.
    Image,
    /// As a video with controls.
    Video,
    /// As sound with controls.
    Audio,
    /// In the browser's own viewer for PDF files.
    Pdf,
    /// As text.
    Text,
}

/// What browsers can show: the media types, and the endings of file names, which decide when the media type says
/// nothing.
const KINDS: [(PreviewKind, &str, &str); 5] = [
    (
        PreviewKind::Image,
        "image/png image/jpeg image/gif image/webp image/avif image/svg+xml image/bmp",
        "PNG JPG JPEG JFIF GIF WEBP AVIF SVG BMP",
    ),
    (PreviewKind::Video, "video/mp4 video/webm video/ogg video/quicktime video/x-m4v", "MP4 M4V WEBM OGV MOV"),
    (
        PreviewKind::Audio,
        "audio/mpeg audio/mp3 audio/mp4 audio/x-m4a audio/aac audio/ogg audio/opus audio/webm audio/wav audio/x-wav audio/flac audio/x-flac",
        "MP3 M4A AAC OGG OGA OPUS WAV FLAC",
    ),
    (PreviewKind::Pdf, "application/pdf", "PDF"),
    (
        PreviewKind::Text,
        "application/json application/xml application/javascript application/yaml application/toml application/sql",
        "TXT MD JSON CSV TSV LOG XML YAML YML TOML INI CFG CONF HTML HTM CSS SCSS JS MJS TS TSX JSX PY RS GO C H CC CPP HPP CS JAVA KT RB \
         PHP PL LUA R SH BAT PS1 SQL TEX SRT VTT DIFF",
    ),
];

impl FileEntry {
    /// How a page shows the file; `None` when the file is empty or incomplete, or when browsers cannot show it.
    #[must_use]
    pub fn preview(&self) -> Option<PreviewKind> {
        if self.state != FileState::Complete || self.size_bytes == Some(0) {
            return None;
        }
        let media_type = self.media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let has = |list: &str, wanted: &str| list.split(' ').any(|known| known == wanted);
        if let Some((kind, ..)) = KINDS.iter().find(|(_, types, _)| has(types, &media_type)) {
            return Some(*kind);
        }
        if media_type.starts_with("text/") {
            return Some(PreviewKind::Text);
        }
        // Types under application/ are often a guess of the sender's system: where Excel is installed, a CSV file is
        // sent with Excel's type. So the ending decides for them.
        let says_nothing = media_type.is_empty() || media_type.starts_with("application/");
        let ending = self.name.kind();
        KINDS.iter().find(|(.., endings)| says_nothing && has(endings, &ending)).map(|(kind, ..)| *kind)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::FileName, PreviewKind::*, *};

    fn shown(media_type: &str, name: &str) -> Option<PreviewKind> {
        let complete = super::super::tests::file(super::super::FileId::new(1), "a");
        let name = FileName::parse(name).unwrap();
        FileEntry { name, media_type: media_type.to_owned(), size_bytes: Some(7), state: FileState::Complete, ..complete }.preview()
    }

    #[test]
    fn a_file_is_shown_as_what_its_sender_called_it() {
        for (media_type, kind) in [
            ("image/png", Image),
            ("IMAGE/JPEG", Image),
            ("image/svg+xml", Image),
            ("video/quicktime", Video),
            ("audio/x-m4a", Audio),
            ("application/pdf", Pdf),
            ("text/plain; charset=utf-8", Text),
            ("text/html", Text),
            ("application/json", Text),
        ] {
            assert_eq!(shown(media_type, "a"), Some(kind), "{media_type}");
        }
    }

    #[test]
    fn a_name_says_what_a_media_type_does_not() {
        for (name, kind) in [
            ("a.png", Image),
            ("b/a.JPEG", Image),
            ("clip.mov", Video),
            ("a.webm", Video),
            ("song.FLAC", Audio),
            ("paper.pdf", Pdf),
            ("notes.md", Text),
            ("main.rs", Text),
            ("a.C", Text),
        ] {
            for media_type in ["", "application/octet-stream", "application/vnd.ms-excel"] {
                assert_eq!(shown(media_type, name), Some(kind), "{media_type} {name}");
            }
        }
        assert_eq!(shown("image/png", "a.pdf"), Some(Image));
    }

    #[test]
    fn what_browsers_do_not_show_has_no_preview() {
        for (media_type, name) in [
            ("image/heic", "IMG_1.HEIC"),
            ("", "IMG_1.HEIC"),
            ("image/heic", "a.jpg"),
            ("video/x-msvideo", "a.avi"),
            ("application/zip", "a.zip"),
            ("", "README"),
            ("", ".bashrc"),
            ("", "a"),
            ("", "a.exe"),
        ] {
            assert_eq!(shown(media_type, name), None, "{media_type} {name}");
        }
    }

    #[test]
    fn only_a_file_with_something_in_it_and_nothing_to_come_has_a_preview() {
        let file = FileEntry {
            size_bytes: Some(7),
            state: FileState::Complete,
            ..super::super::tests::file(super::super::FileId::new(1), "a.txt")
        };
        assert_eq!(file.preview(), Some(Text));
        assert_eq!(FileEntry { size_bytes: Some(0), ..file.clone() }.preview(), None);
        assert_eq!(FileEntry { state: FileState::Arriving, ..file.clone() }.preview(), None);
        assert_eq!(FileEntry { state: FileState::Stopped, ..file }.preview(), None);
    }
}
