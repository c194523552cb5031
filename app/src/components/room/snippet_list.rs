//! The room's texts, which members can copy, and the field with which the owner adds one.

use leptos::{html::Textarea, prelude::*, task::spawn_local};

use crate::browser::system::clipboard;
use crate::components::elements::shown::Shown;
use crate::{
    browser::{
        api,
        files::picking,
        room::live_room::{Topic, use_live_room},
        system::toasts::use_toasts,
    },
    i18n::t,
    room::{Snippet, SnippetId, SnippetPart, SnippetText},
};

/// A text that is longer than this, in bytes, is folded at first.
const LONG_TEXT: usize = 500;
/// A text with more lines than this is folded at first.
const LONG_LINES: usize = 6;

/// Every text of the room in the order in which they were added. Draws nothing for guests while there is no text.
#[component]
pub fn SnippetList() -> impl IntoView {
    let live = use_live_room();
    let ids = Memo::new(move |_| live.read(Topic::Snippets, |room| room.snippets.iter().map(|snippet| snippet.id).collect::<Vec<_>>()));
    view! {
        <Shown when=move || live.is_owner() || !ids.with(Vec::is_empty)>
            <section class="snippets" aria-labelledby="snippets-heading">
                <header class="list-head">
                    <h2 class="label" id="snippets-heading">{t().texts()}</h2>
                </header>
                <ul class="snippet-list" aria-label=t().texts()>
                    <For each=move || ids.get() key=|id| *id let:id>
                        <SnippetRow id />
                    </For>
                </ul>
                {live.is_owner().then(|| view! { <SnippetField /> })}
            </section>
        </Shown>
    }
    .into_any()
}

/// One text, with buttons to copy and, for the owner, to remove it. A text never changes, so it is read only once.
#[component]
fn SnippetRow(id: SnippetId) -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let Some(Snippet { text, .. }) = live.snippet(id) else { return ().into_any() };
    let parts: Vec<AnyView> = text.parts().into_iter().map(part).collect();
    let text = String::from(text);
    let is_long = text.len() > LONG_TEXT || text.lines().count() > LONG_LINES;
    let unfolded = RwSignal::new(!is_long);
    let text = StoredValue::new(text);
    let copy = move |_| {
        let text = text.get_value();
        spawn_local(async move {
            let copied = clipboard::copy(&text).await;
            toasts.show(if copied { t().copied() } else { t().copy_failed() });
        });
    };
    let remove = move |_| {
        let pin = live.pin();
        spawn_local(async move {
            if let Err(problem) = api::remove_snippet(&pin, id).await {
                toasts.show(problem.detail);
            }
        });
    };
    let text_id = format!("snippet-{id}");
    view! {
        <li class="snippet">
            <p class="snippet-text" id=text_id.clone() dir="auto" data-folded=move || (!unfolded.get()).to_string()>{parts}</p>
            <div class="snippet-actions script-only">
                {is_long.then(|| view! {
                    <button
                        class="button"
                        type="button"
                        data-look="quiet"
                        aria-expanded=move || unfolded.get().to_string()
                        aria-describedby=text_id.clone()
                        on:click=move |_| unfolded.update(|unfolded| *unfolded = !*unfolded)
                    >
                        {move || if unfolded.get() { t().show_less() } else { t().show_all() }}
                    </button>
                })}
                <button class="button" type="button" data-look="outlined" aria-describedby=text_id.clone() on:click=copy>
                    {t().copy()}
                </button>
                {live.is_owner().then(|| view! {
                    <button class="button" type="button" data-look="quiet" aria-describedby=text_id on:click=remove>
                        {t().remove()}
                    </button>
                })}
            </div>
        </li>
    }
    .into_any()
}

/// Draws a part of a text. A link has `noopener` and `noreferrer`, so that the page behind it neither learns the room's
/// address nor gets access to this window.
fn part(part: SnippetPart<'_>) -> AnyView {
    match part {
        SnippetPart::Words(words) => words.to_owned().into_any(),
        SnippetPart::Link(link) => view! {
            <a href=link.to_owned() target="_blank" rel="noopener noreferrer nofollow external">{link.to_owned()}</a>
        }
        .into_any(),
    }
}

/// The field for a new text. Text that is pasted elsewhere on the page is added, too.
#[component]
fn SnippetField() -> impl IntoView {
    let live = use_live_room();
    let toasts = use_toasts();
    let field = NodeRef::<Textarea>::new();
    // The field is emptied only after the server has taken the text, so that a failed request does not lose what was
    // typed.
    let add = move |text: String, typed: bool| {
        if text.len() > SnippetText::MAX_BYTES {
            return toasts.show(t().text_too_long());
        }
        let pin = live.pin();
        spawn_local(async move {
            match api::add_snippet(&pin, text).await {
                // The page may be gone by then.
                Ok(()) if typed => drop(field.try_get_untracked().flatten().map(|field| field.set_value(""))),
                Ok(()) => {}
                Err(problem) => toasts.show(problem.detail),
            }
        });
    };
    Effect::new(move |_| picking::on_text(false, move |text| add(text, false)));
    let submit = move || {
        let text = field.get_untracked().map(|field| field.value()).unwrap_or_default();
        if !text.trim().is_empty() {
            add(text, true);
        }
    };
    let submitted = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        submit();
    };
    let pressed = move |event: web_sys::KeyboardEvent| {
        if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
            submit();
        }
    };
    view! {
        <form class="snippet-form script-only" on:submit=submitted>
            <textarea
                node_ref=field
                rows="1"
                dir="auto"
                aria-label=t().text_label()
                placeholder=t().text_placeholder()
                on:keydown=pressed
            ></textarea>
            <button class="button" type="submit" data-look="outlined">{t().add_text()}</button>
        </form>
    }
    .into_any()
}
