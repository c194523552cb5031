//! The document around the pages. Only the server needs it.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::shell::App;

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

/// The whole document, rendered on the server.
#[must_use]
pub fn document(bundle: Bundle) -> impl IntoView {
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
