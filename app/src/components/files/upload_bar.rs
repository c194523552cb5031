//! The bar for all uploads of this browser together: their progress, their speed, and the buttons that stop them.

use leptos::{prelude::*, task::spawn_local};

use crate::{
    browser::{
        api,
        files::uploader::{Total, use_uploads},
        room::live_room::{Link, use_live_room},
        system::toasts::use_toasts,
    },
    components::elements::shown::Shown,
    format,
    i18n::t,
    room::FileId,
    wire::ClientMessage,
};

/// The bar above the list. It is shown as long as this browser has an upload, be it running, paused or failed.
#[component]
pub fn UploadBar() -> impl IntoView {
    let live = use_live_room();
    let uploads = use_uploads();
    let toasts = use_toasts();
    let total = Memo::new(move |before: Option<&Total>| {
        let mut total = uploads.total().not_behind(before);
        // While the connection is lost, nothing is sent, and a speed that was measured before would promise too much.
        if live.link.get() == Link::Waiting {
            total.bytes_per_second = None;
        }
        total
    });
    let shown = Memo::new(move |_| total.get().files > 0);
    let active = Memo::new(move |_| total.get().active > 0);
    let stopped = Memo::new(move |_| total.get().active < total.get().files);
    let pause_all = move |_| {
        // The room is told only of files of which something has arrived. Hundreds of messages at once would be too many
        // for the server, and the others have nothing to stop: the server notices by itself that none of them comes.
        let is_begun =
            |id| uploads.sent_bytes(id) > Some(0) || live.read_untracked(|room| room.file(id).is_some_and(|file| file.offset_bytes > 0));
        let begun: Vec<FileId> = uploads.all().into_iter().filter(|id| is_begun(*id)).collect();
        for id in uploads.pause_all().into_iter().filter(|id| begun.contains(id)) {
            live.send(ClientMessage::UploadPaused { id });
        }
    };
    let cancel_all = move |_| {
        let pin = live.pin();
        uploads.cancel_adding();
        for id in uploads.all() {
            uploads.cancel(id);
            let pin = pin.clone();
            spawn_local(async move {
                if let Err(problem) = api::remove_file(&pin, id).await {
                    toasts.show(problem.detail);
                }
            });
        }
    };
    view! {
        <Shown when=shown>
            <section class="upload-bar" aria-label=t().your_uploads()>
                <p class="upload-words">{move || words(total.get())}</p>
                <progress
                    class="upload-progress"
                    aria-label=t().all_uploads()
                    max=move || total.get().size_bytes.to_string()
                    prop:value=move || total.get().sent_bytes.to_string()
                    value=move || total.get().sent_bytes.to_string()
                ></progress>
                <div class="upload-actions">
                    <Shown when=active>
                        <button class="button" type="button" data-look="quiet" on:click=pause_all>{t().pause_all()}</button>
                    </Shown>
                    <Shown when=stopped>
                        <button class="button" type="button" data-look="outlined" on:click=move |_| uploads.resume_all()>{t().resume_all()}</button>
                    </Shown>
                    <button class="button" type="button" data-look="quiet" on:click=cancel_all>{t().cancel_all()}</button>
                </div>
            </section>
        </Shown>
    }
    .into_any()
}

/// The state of all uploads in one line.
fn words(total: Total) -> String {
    let percent = format::percent_of(total.sent_bytes, total.size_bytes);
    if total.active == 0 {
        let paused = total.paused == total.files;
        return if paused { t().uploads_paused(total.files, &percent) } else { t().uploads_stopped(total.files, &percent) };
    }
    let all = total.files + total.finished;
    let left_bytes = total.size_bytes.saturating_sub(total.sent_bytes);
    match total.bytes_per_second {
        Some(speed) => {
            let left = format::duration(left_bytes.div_ceil(speed.max(1)).max(1));
            let speed = t().per_second(&format::size(speed));
            if all == 1 {
                t().sending_at_speed(all, &percent, &speed, &left)
            } else {
                t().batch_sent_at_speed(all, &t().whole(total.finished), &percent, &speed, &left)
            }
        }
        None if all == 1 => t().sending(all, &percent),
        None => t().batch_sent(all, &t().whole(total.finished), &percent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_how_far_and_how_fast() {
        let total = Total {
            files: 3,
            active: 2,
            paused: 1,
            finished: 859,
            sent_bytes: 40_000_000,
            size_bytes: 100_000_000,
            bytes_per_second: Some(2_000_000),
        };
        assert_eq!(words(total), "859 of 862 sent · 40 % · 2.0 MB/s · 30 seconds left");
        assert_eq!(words(Total { bytes_per_second: None, ..total }), "859 of 862 sent · 40 %");
        let one = Total { files: 1, finished: 0, ..total };
        assert_eq!(words(one), "Sending 1 file · 40 % · 2.0 MB/s · 30 seconds left");
        assert_eq!(words(Total { bytes_per_second: None, ..one }), "Sending 1 file · 40 %");
        assert_eq!(words(Total { active: 0, paused: 3, ..total }), "3 files paused at 40 %");
        assert_eq!(words(Total { active: 0, ..total }), "3 files stopped at 40 %");
    }
}
