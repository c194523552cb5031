//! The page on which a device learns to trust the server, without the program that runs in the other pages, because that is not
//! meant to run without TLS here.

use app::{
    i18n::{Language, Messages},
    room::Device,
    theme::Theme,
    wire::BasePath,
};
use axum::http::HeaderValue;

use super::guides::{Guide, System, guides};
use crate::http::app_shell::bare_page::BarePage;

/// The path of the page's script, which finds out whether the device trusts the server.
const SCRIPT: &str = "/trust.js";

/// What the page shows.
pub(super) struct View<'a> {
    /// Below which path the server is reached.
    pub(super) base: &'a BasePath,
    pub(super) language: Language,
    pub(super) theme: Theme,
    pub(super) device: Device,
    /// The fingerprint of the authority's certificate.
    pub(super) fingerprint: &'a str,
    /// The server's origin over TLS.
    pub(super) origin: &'a str,
}

/// The `Content-Security-Policy` of the page: only its own script may run, and ask this server only.
pub(super) fn policy(origin: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self' {origin}; style-src 'self'; img-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("an origin is visible ASCII")
}

impl View<'_> {
    /// The whole page as HTML. Nothing in it comes from the request but the origin, which is a checked address.
    pub(super) fn html(&self) -> String {
        let t = Messages::of(self.language);
        let address = format!("{}{}", self.origin, self.base);
        let is_known = System::of(&self.device).is_some();
        let guides: String =
            guides(t, &self.device).iter().enumerate().map(|(index, guide)| html_of(guide, t, self.base, is_known && index == 0)).collect();
        let main = format!(
            r#"<main class="trust" id="trust" data-tls="{address}">
<h1>{heading}</h1>
<p>{why}</p>
<div class="trust-state" role="status">
<p id="trust-checking" hidden>{checking}</p>
<p id="trust-not-yet" hidden>{not_yet}</p>
<p id="trust-yes" hidden>{yes}</p>
<a class="button" id="trust-open" href="{address}/">{open}</a>
</div>
<h2>{compare}</h2>
<p>{compare_explained}</p>
<p class="trust-fingerprint" translate="no" dir="ltr">{fingerprint}</p>
<p class="trust-warning">{warning}</p>
{guides}</main>"#,
            address = address,
            heading = t.trust_heading(),
            why = t.trust_why(),
            checking = t.trust_checking(),
            not_yet = t.trust_not_yet(),
            yes = t.trust_yes(),
            open = t.trust_open(),
            compare = t.trust_compare(),
            compare_explained = t.trust_compare_explained(),
            // A place to break the line after every fourth pair keeps it readable on phones.
            fingerprint =
                self.fingerprint.split(':').collect::<Vec<_>>().chunks(4).map(|four| four.join(":")).collect::<Vec<_>>().join(":<wbr>"),
            warning = t.trust_warning(),
        );
        let home = format!("{address}/");
        BarePage {
            language: self.language,
            theme: self.theme,
            title: t.trust_title(),
            base: self.base,
            script: SCRIPT,
            home: &home,
            main: &main,
        }
        .html()
    }
}

fn html_of(guide: &Guide, t: Messages, base: &BasePath, is_open: bool) -> String {
    let (path, label) = match guide.system {
        System::IPhone => (super::PROFILE, t.trust_download_profile()),
        _ => (super::CERTIFICATE, t.trust_download()),
    };
    let steps: String = guide
        .steps
        .iter()
        .map(|step| {
            format!(
                "<li><svg class=\"drawing\" viewBox=\"0 0 48 48\" aria-hidden=\"true\">{}</svg><span>{}</span></li>\n",
                step.drawing.paths(),
                step.text
            )
        })
        .collect();
    format!(
        "<details class=\"guide\" name=\"guide\"{open}>\n<summary>{title}</summary>\n<ol>\n{steps}</ol>\n\
         <a class=\"button\" href=\"{base}{path}\" download>{label}</a>\n</details>\n",
        open = if is_open { " open" } else { "" },
        title = guide.title,
    )
}
