//! One file in the list: what it is, how much of it has arrived, and the buttons to download it and to see more.

use leptos::prelude::*;

use super::{file_details::use_file_details, preview::use_preview, receipts, removing, selection};
use crate::{
    browser::{
        files::{
            speed::Speed,
            uploader::{UploadState, use_uploads},
        },
        room::{
            live_room::{Link, LiveRoom, Topic, use_live_room},
            removals::use_removals,
        },
        system::{clock, page, toasts::use_toasts},
    },
    components::elements::shown::Shown,
    format,
    i18n::{problem_text::problem_text, t},
    room::{Download, FileId, FileState},
    wire::{self, ClientMessage},
};

/// Names longer than this, in characters, are shortened in the middle on small screens.
const LONG_NAME: usize = 32;
/// How many characters of a long name are kept at its end, where the ending is.
const KEPT_AT_THE_END: usize = 12;

/// One row of the list. It is redrawn only when its own file changes.
#[component]
pub fn FileRow(
    /// The file's id.
    id: FileId,
) -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let (preview, details, removals, toasts) = (use_preview(), use_file_details(), use_removals(), use_toasts());
    let file = live.file(id);
    let Some(first) = file.get_untracked() else { return ().into_any() };
    let name = first.name.clone();
    let pin = live.pin();
    let address = wire::file(&pin, id);
    let thumbnail = wire::thumbnail(&pin, id);
    let name_id = format!("name-{id}");
    let owner = live.is_owner();

    let state = Memo::new(move |_| file.with(|file| file.as_ref().map_or(FileState::Stopped, |file| file.state)));
    let size = Memo::new(move |_| file.with(|file| file.as_ref().and_then(|file| file.size_bytes)));
    let arrived = Memo::new(move |_| file.with(|file| file.as_ref().map_or(0, |file| file.offset_bytes)));
    let upload_state = Memo::new(move |_| uploads.state(id));
    // While this browser sends the file, it knows what it has sent before the room reports what has arrived.
    let offset = Memo::new(move |before: Option<&u64>| match upload_state.get() {
        Some(UploadState::Sending) => arrived.get().max(uploads.sent_bytes(id).unwrap_or(0)),
        // The answer to the last chunk ends the upload here before the room's event reports the new offset. The
        // progress must not fall back meanwhile.
        None if state.get() == FileState::Arriving => arrived.get().max(before.copied().unwrap_or(0)),
        _ => arrived.get(),
    });
    let speed = StoredValue::new((0, Speed::default()));
    let words = Memo::new(move |_| {
        let (offset, size) = (offset.get(), size.get());
        if state.get() == FileState::Complete {
            return if owner { String::new() } else { own_download(live, id, size) };
        }
        // While there is no connection, nobody knows how fast the file is coming.
        let is_live = live.link.get() == Link::Live;
        let bytes_per_second = is_live.then(|| {
            speed.try_update_value(|(before, speed)| {
                speed.add(clock::now_secs(), offset.saturating_sub(*before));
                *before = offset;
                speed.bytes_per_second()
            })
        });
        let bytes_per_second = bytes_per_second.flatten().flatten();
        state_words(state.get(), offset, size, upload_state.get().as_ref(), bytes_per_second)
    });
    let state_name = move || match (state.get(), upload_state.get()) {
        (FileState::Complete, _) => "complete",
        (_, Some(UploadState::Failed { .. })) => "failed",
        (_, Some(UploadState::Paused)) | (FileState::Stopped, None) => "stopped",
        _ => "arriving",
    };
    let stopped = Memo::new(move |_| matches!(upload_state.get(), Some(UploadState::Failed { .. } | UploadState::Paused)));
    let active = Memo::new(move |_| upload_state.get().is_some() && !stopped.get());
    let shown = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.preview().is_some())));
    let has_thumbnail = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.has_thumbnail)));
    let sends = Memo::new(move |_| upload_state.get().is_some());
    let cancel = move |_| removing::remove(live, uploads, removals, toasts, &[id]);
    let pause = move |_| {
        uploads.pause(id);
        live.send(ClientMessage::UploadPaused { id });
    };
    // On small screens the whole row opens the file, as people expect of a list on a phone. Elsewhere its text can be
    // selected, and the buttons do the same.
    let look = move |_| {
        if !page::is_narrow() {
            return;
        }
        if shown.get_untracked() { preview.open(id) } else { details.open(id) }
    };
    let is_folder = first.is_folder();
    let kind = if is_folder { "/".to_owned() } else { name.kind() };
    // The folder's name is shown above its rows, so the row shows only the file's own name.
    let shown_name = if name.folders().is_empty() { name.to_string() } else { name.base() };
    let short_name = shortened(&shown_name);
    let is_long = short_name.is_some();
    // The owner has every file that it sent. A guest has what was handed out to this seat completely.
    let received = Memo::new(move |_| file.with(|file| file.as_ref().is_some_and(|file| file.received_by.contains(&live.you))));
    // Only rows that are added while the connection is live are drawn as just arrived, not those of the first paint, and not
    // many at once, whose animations would keep the page busy.
    let arrives = live.link.get_untracked() == Link::Live && !live.is_flooded();
    // The id of a control, and the ids of what names it: itself and the file's name.
    let file_name_id = name_id.clone();
    let named = move |what: &str| {
        let own = format!("{what}-{id}");
        let both = [own.as_str(), &file_name_id].join(" ");
        (own, both)
    };
    let (resume_id, resume_name) = named("resume");
    let (pause_id, pause_name) = named("pause");
    let (cancel_id, cancel_name) = named("cancel");
    let (preview_id, preview_name) = named("preview");
    let (download_id, download_name) = named("download");
    let (more_id, more_name) = named("more");
    view! {
        <li class="file" data-state=state_name data-arrives=arrives.to_string()>
            <label class="file-choice">
                <input type="checkbox" name="files" value=id.to_string() form=selection::FORM autocomplete="off" aria-labelledby=name_id.clone() />
            </label>
            <span class="file-kind" aria-hidden="true">
                {kind}
                <Shown when=has_thumbnail>
                    <img src=thumbnail.clone() alt="" width="40" height="40" loading="lazy" decoding="async" />
                </Shown>
            </span>
            <div class="file-text" on:click=look>
                <p class="file-name" data-long=is_long.to_string()>
                    <bdi id=name_id translate="no">{shown_name}</bdi>
                    {short_name.map(|name| view! { <bdi class="file-name-short" aria-hidden="true" translate="no">{name}</bdi> })}
                </p>
                <p class="file-facts">
                    <span translate="no">{move || if is_folder { Some(t().empty_folder().to_owned()) } else { size.get().map(format::size) }}</span>
                    <span class="file-state">{words}</span>
                    {owner.then(|| view! { <span class="file-receipts">{move || receipts::sum(live, id, file)}</span> })}
                </p>
            </div>
            <div class="file-actions">
                {owner.then(|| view! {
                    <Shown when=stopped>
                        <button class="button" type="button" data-look="outlined" id=resume_id.clone() aria-labelledby=resume_name.clone() on:click=move |_| uploads.resume(id)>
                            {move || if upload_state.get() == Some(UploadState::Paused) { t().resume() } else { t().try_again() }}
                        </button>
                    </Shown>
                    <Shown when=active>
                        <button class="button" type="button" data-look="quiet" id=pause_id.clone() aria-labelledby=pause_name.clone() on:click=pause>
                            {t().pause()}
                        </button>
                    </Shown>
                    <Shown when=sends>
                        <button class="button" type="button" data-look="quiet" id=cancel_id.clone() aria-labelledby=cancel_name.clone() on:click=cancel>
                            {t().cancel()}
                        </button>
                    </Shown>
                })}
                <Shown when=shown>
                    <button class="button file-preview script-only" type="button" data-look="quiet" id=preview_id.clone() aria-labelledby=preview_name.clone() on:click=move |_| preview.open(id)>
                        {t().preview()}
                    </button>
                </Shown>
                <Shown when=move || state.get() != FileState::Stopped && !is_folder>
                    <a
                        class="button file-download"
                        href=address.clone()
                        download=""
                        rel="external"
                        id=download_id.clone()
                        aria-labelledby=download_name.clone()
                        data-saved=move || received.get().to_string()
                        data-look=move || if owner || received.get() { "outlined" } else { "solid" }
                    >
                        {move || if received.get() { t().saved() } else { t().download() }}
                    </a>
                </Shown>
                <button
                    class="file-more script-only"
                    type="button"
                    aria-haspopup="dialog"
                    id=more_id
                    aria-label=t().details()
                    aria-labelledby=more_name
                    on:click=move |_| details.open(id)
                >
                    "⋯"
                </button>
            </div>
            <Shown when=move || state.get() != FileState::Complete>
                <progress class="file-progress" max=move || size.get().map(|size| size.to_string()) prop:value=move || size.get().map(|_| offset.get().to_string()) value=move || size.get().map(|_| offset.get().to_string()) aria-describedby=format!("name-{id}")></progress>
            </Shown>
        </li>
    }
    .into_any()
}

/// How much of the file, which has `size` bytes, was handed out to this device, in words: while it is downloading the file,
/// and after the download broke off. Empty otherwise.
fn own_download(live: LiveRoom, id: FileId, size: Option<u64>) -> String {
    live.read(Topic::File(id), |room| {
        let own = |downloads: &[Download]| downloads.iter().find(|download| download.file == id && download.member == live.you).copied();
        let far = |download: Download| format::percent_of(download.received_bytes, size.unwrap_or(download.received_bytes));
        match (own(&room.downloads), own(&room.broken_downloads)) {
            (Some(running), _) => t().state_downloading(&far(running)),
            (None, Some(broken)) => t().state_stopped(&far(broken)),
            (None, None) => String::new(),
        }
    })
}

/// A name that is too long for a small screen, without its middle. `None` if the name is short enough.
fn shortened(name: &str) -> Option<String> {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() <= LONG_NAME {
        return None;
    }
    let start = &letters[..LONG_NAME - KEPT_AT_THE_END - 1];
    Some(start.iter().chain(&['…']).chain(&letters[letters.len() - KEPT_AT_THE_END..]).collect())
}

/// What is happening to a file that is not complete, in a few words. The state of this browser's own upload takes
/// precedence over the state in the room. `offset` and `size` are bytes.
fn state_words(
    state: FileState,
    offset: u64,
    size: Option<u64>,
    upload_state: Option<&UploadState>,
    bytes_per_second: Option<u64>,
) -> String {
    let far = match size {
        Some(size) => format::percent_of(offset, size),
        None => format::size(offset),
    };
    match (state, upload_state) {
        (_, Some(UploadState::Failed { code })) => t().state_failed(&far, problem_text(*code)),
        (_, Some(UploadState::Retrying)) => t().state_retrying(&far),
        (_, Some(UploadState::Paused)) => t().state_paused(&far),
        (_, Some(UploadState::Waiting)) => t().state_waiting().to_owned(),
        (FileState::Stopped, None) => t().state_stopped(&far),
        _ => match (bytes_per_second, size) {
            (Some(speed), Some(size)) => {
                let left = size.saturating_sub(offset).div_ceil(speed.max(1)).max(1);
                t().state_arriving_at_speed(&far, &t().per_second(&format::size(speed)), &format::duration(left))
            }
            _ => t().state_arriving(&far),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ProblemCode;

    #[test]
    fn says_what_happens_in_a_few_words() {
        let words = |state, upload_state: Option<UploadState>| state_words(state, 43, Some(100), upload_state.as_ref(), None);
        assert_eq!(words(FileState::Arriving, None), "Arriving 43 %");
        assert_eq!(state_words(FileState::Arriving, 4_200_000, None, None, None), "Arriving 4.2 MB");
        assert_eq!(words(FileState::Stopped, None), "Stopped at 43 %");
        assert_eq!(words(FileState::Stopped, Some(UploadState::Sending)), "Arriving 43 %");
        assert_eq!(words(FileState::Arriving, Some(UploadState::Waiting)), "Waiting");
        assert_eq!(words(FileState::Stopped, Some(UploadState::Paused)), "Paused at 43 %");
        assert_eq!(
            words(FileState::Stopped, Some(UploadState::Failed { code: ProblemCode::NoSpace })),
            "Stopped at 43 %. The server is out of space. Try again when there is room."
        );
        let fast = state_words(FileState::Arriving, 40_000_000, Some(100_000_000), None, Some(2_000_000));
        assert_eq!(fast, "Arriving 40 % · 2.0 MB/s · 30 seconds left");
    }

    #[test]
    fn a_long_name_keeps_its_beginning_and_its_ending() {
        assert_eq!(shortened("short.txt"), None);
        assert_eq!(shortened("the minutes of the long meeting in spring.final.pdf").as_deref(), Some("the minutes of the …ng.final.pdf"));
    }
}
