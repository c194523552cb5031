//! Pages that are written out by the server alone and have a small script of their own, because the program that runs in the
//! other pages cannot run in them.

use app::{
    i18n::{Language, Messages},
    theme::Theme,
    wire::BasePath,
};

use super::assets;

/// A page without the program.
pub(crate) struct BarePage<'a> {
    pub(crate) language: Language,
    pub(crate) theme: Theme,
    /// What the title of the window says beside the program's name.
    pub(crate) title: &'a str,
    /// Below which path the server is reached.
    pub(crate) base: &'a BasePath,
    /// The path of the page's script.
    pub(crate) script: &'a str,
    /// Where the name of the program leads.
    pub(crate) home: &'a str,
    /// The `main` element as HTML.
    pub(crate) main: &'a str,
}

impl BarePage<'_> {
    /// The whole page as HTML.
    pub(crate) fn html(&self) -> String {
        let base = self.base;
        let style = assets::BUNDLE.style.as_ref().map(|href| format!(r#"<link rel="stylesheet" href="{base}{href}">"#)).unwrap_or_default();
        format!(
            r##"<!DOCTYPE html>
<html lang="{tag}" dir="{direction}"{theme}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4ee">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#0f1012">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="icon" href="{base}/favicon.svg" type="image/svg+xml">
{style}
<script type="module" src="{base}{script}"></script>
</head>
<body>
<header class="masthead">
<a class="brand" href="{home}">
<svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
<rect class="mark-board" width="32" height="32" rx="7"/>
<path class="mark-arrow" d="M16 6v12m-6-5 6 6 6-6"/>
<path class="mark-line" d="M8 25h16"/>
</svg>
<span>SnapDrop</span>
</a>
</header>
{main}
</body>
</html>
"##,
            tag = self.language.tag(),
            theme = self.theme.name().map(|name| format!(" data-theme=\"{name}\"")).unwrap_or_default(),
            direction = self.language.direction(),
            title = Messages::of(self.language).title(self.title),
            script = self.script,
            home = self.home,
            main = self.main,
        )
    }
}
