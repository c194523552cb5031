//! The document around the pages, and what the server knows when it paints one.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{MetaTags, Title, provide_meta_context};
use leptos_router::{
    components::{Route, Router, Routes},
    path,
};
use serde::{Deserialize, Serialize};

use crate::{
    pages::{HomePage, JoinPage, NotFoundPage, RoomPage},
    room::Pin,
    wire::{ProblemCode, RoomView},
};

/// The names of the bundle's files, which change with their content. Missing ones were not built.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The glue script.
    pub script: Option<String>,
    /// The WebAssembly module.
    pub wasm: Option<String>,
    /// The style sheet.
    pub style: Option<String>,
}

/// What the server put into the page, so that nothing has to be asked for again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstPaint {
    /// Which page, with its content.
    pub page: Page,
    /// Scheme, host and port under which others reach this server.
    pub origin: String,
}

/// A page with what is on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Page {
    /// Create or join.
    Home {
        /// Why the last try did not work.
        problem: Option<ProblemCode>,
    },
    /// The room, for a member of it.
    Room(RoomView),
    /// The way into a room.
    Join {
        /// The PIN to fill in.
        pin: Pin,
        /// Why there is no way in.
        problem: Option<ProblemCode>,
    },
    /// Nothing is there.
    NotFound,
}

/// The whole document, rendered on the server.
#[must_use]
pub fn shell(bundle: Bundle) -> impl IntoView {
    let style = bundle.style.clone();
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ee" />
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1012" />
                <meta name="description" content="Hand files to the people around you: open a room, share its PIN, close it and everything is erased." />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <link rel="manifest" href="/manifest.webmanifest" />
                {style.map(|href| view! { <link rel="stylesheet" href=href /> })}
                <HydrationScript bundle />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// Loads the bundle and hands the page over to it. Written here because the file names come from
/// inside the program, not from files beside it.
#[component]
fn HydrationScript(bundle: Bundle) -> impl IntoView {
    let (Some(script), Some(wasm)) = (bundle.script, bundle.wasm) else { return ().into_any() };
    let source = format!("import({script:?}).then(m => m.default({{module_or_path: {wasm:?}}}).then(() => m.hydrate()))");
    view! {
        <link rel="modulepreload" href=script.clone() />
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="" />
        <script type="module" nonce=use_nonce()>{source}</script>
    }
    .into_any()
}

/// The program in the browser, and the body of every page on the server.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // On the server the context is given; in the browser the value comes out of the page.
    let first = SharedValue::new(use_context::<FirstPaint>).into_inner();
    provide_context(first);

    view! {
        <Title text="SnapDrop" />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=HomePage />
                <Route path=path!("/r/:pin") view=RoomPage />
                <Route path=path!("/join/:pin") view=JoinPage />
            </Routes>
        </Router>
    }
}

/// The first paint, if this page is the one that the server painted.
#[must_use]
pub(crate) fn first_paint() -> Option<FirstPaint> {
    use_context::<Option<FirstPaint>>().flatten()
}
