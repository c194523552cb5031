//! The document around the pages. Only the server needs it.

use leptos::{nonce::use_nonce, prelude::*};

use crate::{
    i18n::{self, t},
    shell::{App, FirstPaint, Server, title},
    wire::{self, Place},
};

/// The names of the bundle's files, which change with their content. Missing ones were not built.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The glue script.
    pub script: Option<String>,
    /// The WebAssembly module.
    pub wasm: Option<String>,
    /// Brings the rest of the program when it is needed; the script imports it.
    pub loader: Option<String>,
    /// That rest: the modules of what the first page does without.
    pub parts: Vec<String>,
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
    i18n::provide(first.as_ref().map(|first| first.server.language).unwrap_or_default());
    let title = first.as_ref().map(|first| title(&first.place));
    let has_room = first.as_ref().is_some_and(|first| matches!(first.place, Place::Room(_)));
    let Server { theme, language, .. } = first.map(|first| first.server).unwrap_or_default();
    let [on_light, on_dark] = theme.papers();
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction() data-theme=theme.name()>
            <head>
                <meta charset="utf-8" />
                <title>{title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content=theme.color_scheme() />
                {theme_color("light", on_light)}
                {theme_color("dark", on_dark)}
                <meta name="description" content=t().tagline() />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/icon-180.png" />
                <meta name="mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-status-bar-style" content="default" />
                <meta name="apple-mobile-web-app-title" content="SnapDrop" />
                {SPLASHES.map(splash).collect_view()}
                <link rel="manifest" href=wire::manifest(language) />
                {style.map(|href| view! { <link rel="stylesheet" href=href /> })}
                <script type="text/plain" id=i18n::ELEMENT_ID inner_html=i18n::table(language)></script>
                <HydrationScript bundle has_room />
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
fn HydrationScript(
    bundle: Bundle,
    /// Whether the page needs the rest of the program at once.
    has_room: bool,
) -> impl IntoView {
    let (Some(script), Some(wasm)) = (bundle.script, bundle.wasm) else { return ().into_any() };
    let mut modules = vec![wasm.clone()];
    modules.extend(if has_room { bundle.parts } else { Vec::new() });
    // After the first paint: what is loaded before it holds it up, and the page can be read without. A frame that is asked
    // for is not yet one that is seen, so the browser is asked for the moment of the paint. A tab in the background is not
    // painted, nor is one that goes there meanwhile. Between starting the program and running it the page can answer.
    let source = format!(
        "const start = () => {{\
           for (const module of {modules:?}) fetch(module);\
           import({script:?}).then(m => m.default({{module_or_path: {wasm:?}}}).then(() => setTimeout(m.hydrate)));\
         }};\
         const painted = new Promise((resolve) => new PerformanceObserver(resolve).observe({{type: 'paint', buffered: true}}));\
         const hidden = new Promise((resolve) => document.hidden ? resolve() : document.addEventListener('visibilitychange', resolve, {{once: true}}));\
         Promise.race([painted, hidden]).then(start)"
    );
    view! { <script type="module" nonce=use_nonce()>{source}</script> }.into_any()
}
