//! The document around the pages. Only the server needs it.

use leptos::{nonce::use_nonce, prelude::*};

use crate::shell::{App, FirstPaint, title};

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

/// Screens of iPhones in points, and pixels to a point: iOS shows a picture only if it fits exactly.
const SPLASHES: [(u32, u32, u32); 6] = [(375, 667, 2), (414, 896, 2), (390, 844, 3), (393, 852, 3), (402, 874, 3), (430, 932, 3)];

/// The whole document, rendered on the server.
#[must_use]
pub fn document(bundle: Bundle) -> impl IntoView {
    let style = bundle.style.clone();
    let first = use_context::<FirstPaint>();
    let title = first.as_ref().map(|first| title(&first.place));
    let theme = first.map(|first| first.server.theme).unwrap_or_default();
    let [on_light, on_dark] = theme.papers();
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.name()>
            <head>
                <meta charset="utf-8" />
                <title>{title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content=theme.color_scheme() />
                {theme_color("light", on_light)}
                {theme_color("dark", on_dark)}
                <meta name="description" content="Hand files to the people around you: open a room, share its PIN, close it and everything is erased." />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <meta name="mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-status-bar-style" content="default" />
                <meta name="apple-mobile-web-app-title" content="SnapDrop" />
                {SPLASHES.map(splash).collect_view()}
                <link rel="manifest" href="/manifest.webmanifest" />
                {style.map(|href| view! { <link rel="stylesheet" href=href /> })}
                <HydrationScript bundle />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The colour of what is around the page, for one of the system's themes.
fn theme_color(scheme: &str, colour: &'static str) -> impl IntoView {
    leptos::html::meta().name("theme-color").attr("media", format!("(prefers-color-scheme: {scheme})")).content(colour)
}

/// What an installed app shows while it starts.
fn splash((width, height, scale): (u32, u32, u32)) -> impl IntoView {
    view! {
        <link
            rel="apple-touch-startup-image"
            media=format!(
                "(device-width: {width}px) and (device-height: {height}px) and (-webkit-device-pixel-ratio: {scale}) and (orientation: portrait)"
            )
            href=format!("/splash/{}x{}.png", width * scale, height * scale)
        />
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
