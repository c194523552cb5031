//! The HTML document around the pages: its head, and the script that starts the program. Only the server renders it.

use std::sync::LazyLock;

use leptos::{nonce::use_nonce, prelude::*};

use crate::{
    first_paint::{FirstPaint, ServerDescription},
    i18n::{self, t},
    shell::{App, title},
    wire::{self, Place},
};

/// The paths of the bundle's files, whose names change with their content. A path is missing when its file was not
/// built.
#[derive(Clone, Debug, Default)]
pub struct Bundle {
    /// The script that starts the WebAssembly module, made by wasm-bindgen.
    pub script: Option<String>,
    /// The main WebAssembly module: all that the first page needs.
    pub wasm: Option<String>,
    /// The script that loads `room_modules` when they are needed; `script` imports it.
    pub loader: Option<String>,
    /// The WebAssembly modules of the room's page, which the first page does without (see [`crate::pages::lazy_room`]).
    pub room_modules: Vec<String>,
    /// The style sheet.
    pub style: Option<String>,
}

/// The screens of iPhones: width and height in points, and pixels per point. iOS shows a splash image only if it has
/// exactly the size of the screen.
const SPLASHES: [(u32, u32, u32); 6] = [(375, 667, 2), (414, 896, 2), (390, 844, 3), (393, 852, 3), (402, 874, 3), (430, 932, 3)];

/// The script that starts the program, without its comments and indentation.
static LOADER: LazyLock<String> = LazyLock::new(|| {
    let lines = include_str!("document/loader.js").lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with("//") && !line.starts_with("/**")).collect::<Vec<_>>().join("\n")
});

/// The whole document of a page, rendered on the server. It describes the page by the [`FirstPaint`] in the context, and its
/// addresses are below the [`wire::BasePath`] in the context.
#[must_use]
pub fn document(bundle: Bundle) -> impl IntoView {
    wire::take_base_path_from(|| use_context().unwrap_or_default());
    let style = bundle.style.as_deref().map(wire::address);
    let first = use_context::<FirstPaint>();
    i18n::provide(first.as_ref().map(|first| first.server.language).unwrap_or_default());
    let title = first.as_ref().map(|first| title(&first.place));
    let has_room = first.as_ref().is_some_and(|first| matches!(first.place, Place::Room(_)));
    let ServerDescription { theme, language, .. } = first.map(|first| first.server).unwrap_or_default();
    let [on_light, on_dark] = theme.papers();
    // Where the program finds the server, before it reads anything else in the page.
    let base = Some(wire::base_path()).filter(|base| !base.is_empty()).map(|base| base.to_string());
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction() data-theme=theme.name() data-base=base>
            <head>
                <meta charset="utf-8" />
                <title>{title}</title>
                <meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover" />
                <meta name="color-scheme" content=theme.color_scheme() />
                {theme_color("light", on_light)}
                {theme_color("dark", on_dark)}
                <meta name="description" content=t().tagline() />
                // Phones would make links of what they take for a number or a date in a name or a PIN.
                <meta name="format-detection" content="telephone=no, date=no, address=no, email=no" />
                <link rel="icon" href=wire::address("/favicon.svg") type="image/svg+xml" />
                <link rel="apple-touch-icon" href=wire::address("/icon-180.png") />
                <meta name="mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-capable" content="yes" />
                <meta name="apple-mobile-web-app-status-bar-style" content="default" />
                <meta name="apple-mobile-web-app-title" content="SnapDrop" />
                {SPLASHES.map(splash).collect_view()}
                <link rel="manifest" href=wire::manifest(language.code()) />
                {style.map(|href| view! { <link rel="stylesheet" href=href /> })}
                <script type="text/plain" id=i18n::ELEMENT_ID inner_html=i18n::table(language)></script>
            </head>
            <body>
                <App />
                <Loader bundle has_room />
            </body>
        </html>
    }
}

/// The colour of the browser's own surfaces around the page, when the system's colour scheme is `scheme` (`light` or
/// `dark`).
fn theme_color(scheme: &str, colour: &'static str) -> impl IntoView {
    leptos::html::meta().name("theme-color").attr("media", format!("(prefers-color-scheme: {scheme})")).content(colour)
}

/// The link to the image that an installed app shows on iOS while it starts.
fn splash((width, height, scale): (u32, u32, u32)) -> impl IntoView {
    view! {
        <link
            rel="apple-touch-startup-image"
            media=format!(
                "(device-width: {width}px) and (device-height: {height}px) and (-webkit-device-pixel-ratio: {scale}) and (orientation: portrait)"
            )
            href=wire::address(&format!("/splash/{}x{}.png", width * scale, height * scale))
        />
    }
}

/// The script that starts the program, and the message that it shows when the program has stopped. leptos's own component
/// for this is not used, because it reads the names of the files from a file beside the program; here they come from inside
/// the program.
#[component]
fn Loader(
    bundle: Bundle,
    /// Whether the page is a room's, which needs `Bundle::room_modules` at once.
    has_room: bool,
) -> impl IntoView {
    let [script, wasm] = [&bundle.script, &bundle.wasm].map(|path| path.as_deref().map(wire::address));
    let (Some(script), Some(wasm)) = (script, wasm) else { return ().into_any() };
    let mut modules = vec![wasm.clone()];
    if has_room {
        modules.extend(bundle.room_modules.iter().map(|path| wire::address(path)));
    }
    let source = format!("{{const BUNDLE = {{script: {script:?}, wasm: {wasm:?}, modules: {modules:?}}};\n{}}}", *LOADER);
    view! {
        <div id="stopped" class="stopped" role="alert" hidden>
            <p>{t().page_stopped()}</p>
            <button class="button" type="button" data-look="outlined">{t().reload()}</button>
        </div>
        <script nonce=use_nonce()>{source}</script>
    }
    .into_any()
}
