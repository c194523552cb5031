//! The page on which the checks run. All texts that a check may end with are in it, and the script shows one of them.

use app::{
    i18n::{Language, Messages},
    theme::Theme,
    wire::{self, BasePath},
};

use super::remedies::{Check, Proxy};
use crate::http::app_shell::bare_page::BarePage;

/// The path of the page's script, which runs the checks.
const SCRIPT: &str = "/doctor.js";
/// The `Content-Security-Policy` of the page: only its own script may run, and ask this server only.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
                                 base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where the script writes what a check has found.
const VALUE: &str = "<bdi data-value translate=\"no\"></bdi>";
/// Where the script writes how long something took.
const TIME: &str = "<bdi data-time translate=\"no\"></bdi>";

/// What the page shows.
pub(super) struct View<'a> {
    /// Below which path the server is reached.
    pub(super) base: &'a BasePath,
    pub(super) language: Language,
    pub(super) theme: Theme,
    /// Whether the server has an authority of its own. If a device does not trust that, WebSockets may fail.
    pub(super) signs_itself: bool,
}

/// How a check may end.
#[derive(Clone, Copy, Debug)]
enum Outcome {
    /// All is well.
    Ok,
    /// Something may be wrong, or takes something away that people can do without.
    Note,
    /// Something that people need does not work.
    Bad,
    /// The check goes on.
    Running,
}

/// A line of the page.
struct Line {
    /// The name as the script knows it.
    key: &'static str,
    title: &'static str,
    outcomes: Vec<(Outcome, String)>,
    /// The check for which a proxy may need other lines.
    check: Option<Check>,
    /// What to start the server with.
    flag: Option<String>,
}

impl View<'_> {
    /// The whole page as HTML. Nothing in it comes from the request.
    pub(super) fn html(&self) -> String {
        let t = Messages::of(self.language);
        let lines: String = lines(t).iter().map(|line| self.html_of(t, line)).collect();
        let proxies: String =
            Proxy::ALL.iter().map(|proxy| format!("<option value=\"{}\">{}</option>", proxy.key(), proxy.name())).collect();
        let main = format!(
            r#"<main class="doctor" id="doctor" data-state="running">
<h1>{heading}</h1>
<p>{why}</p>
<noscript><p>{needs_script}</p></noscript>
<div class="doctor-summary">
<p id="doctor-summary" role="status">
<span data-summary="running">{checking}</span>
<span data-summary="good" hidden>{all_good}</span>
<span data-summary="bad" hidden>{some_bad}</span>
<span data-summary="failed" hidden>{some_failed}</span>
<span data-summary="busy" hidden>{busy}</span>
</p>
<button class="button" data-look="outlined" type="button" id="doctor-again">{again}</button>
</div>
<label class="doctor-proxy"><span>{proxy}</span> <select id="doctor-proxy"><option value="">{unknown}</option>{proxies}</select></label>
<ul class="doctor-checks">
{lines}</ul>
</main>"#,
            heading = t.doctor_heading(),
            why = t.doctor_why(),
            needs_script = t.doctor_needs_script(),
            checking = t.doctor_checking(),
            all_good = t.doctor_all_good(),
            some_bad = t.doctor_some_bad(),
            some_failed = t.doctor_some_failed(),
            busy = t.problem_too_many_requests(),
            again = t.doctor_again(),
            proxy = t.doctor_proxy(),
            unknown = t.doctor_proxy_unknown(),
        );
        BarePage {
            language: self.language,
            theme: self.theme,
            title: t.doctor_title(),
            base: self.base,
            script: SCRIPT,
            home: &self.base.address("/"),
            main: &main,
        }
        .html()
    }

    fn html_of(&self, t: Messages, line: &Line) -> String {
        let Line { key, title, outcomes, check, flag } = line;
        let outcomes: String =
            outcomes.iter().map(|(outcome, text)| format!("<p data-outcome=\"{}\" hidden>{text}</p>\n", outcome.key())).collect();
        let trust = if self.signs_itself && matches!(check, Some(Check::Socket)) {
            format!("<p data-trust hidden><a href=\"{}\">{}</a></p>\n", self.base.address(wire::TRUST_PAGE), t.trust_title())
        } else {
            String::new()
        };
        let flag = flag.as_ref().map(|flag| {
            format!(
                "<div class=\"remedy\" data-remedy=\"server\" hidden>\n<p>{}</p>\n\
                 <pre tabindex=\"0\" dir=\"ltr\" translate=\"no\">{flag}</pre>\n</div>\n",
                t.doctor_paste_server()
            )
        });
        let configurations = check.map(|check| {
            let each: String = Proxy::ALL
                .iter()
                .map(|proxy| {
                    let (key, lines) = (proxy.key(), escaped(&proxy.remedy(check, self.base)));
                    format!("<pre tabindex=\"0\" dir=\"ltr\" translate=\"no\" data-proxy=\"{key}\" hidden>{lines}</pre>\n")
                })
                .collect();
            format!(
                "<div class=\"remedy\" data-remedy=\"proxy\" hidden>\n<p data-chosen hidden>{}</p>\n<p data-proxy=\"\">{}</p>\n{each}</div>\n",
                t.doctor_paste_proxy(),
                t.doctor_choose_proxy()
            )
        });
        format!(
            "<li data-check=\"{key}\" data-state=\"checking\">\n<h2>{title}</h2>\n<p data-outcome=\"checking\">{}</p>\n{outcomes}\
             <p data-outcome=\"failed\" hidden>{}</p>\n{trust}{}{}</li>\n",
            t.doctor_checking(),
            t.doctor_failed(),
            flag.unwrap_or_default(),
            configurations.unwrap_or_default(),
        )
    }
}

impl Outcome {
    /// The name as the script knows it.
    const fn key(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Bad => "bad",
            Self::Running => "running",
        }
    }
}

/// All lines, in the order in which a person who sets a proxy up would work them off.
fn lines(t: Messages) -> Vec<Line> {
    use Outcome::{Bad, Note, Ok, Running};
    let trusted_proxy = || Some(format!("--trusted-proxy {VALUE}"));
    let plain = |key, title, ok: &str, note: String| Line {
        key,
        title,
        outcomes: vec![(Ok, ok.to_owned()), (Note, note)],
        check: None,
        flag: None,
    };
    let of_proxy = |check: Check, title, outcomes| Line { key: check.key(), title, outcomes, check: Some(check), flag: None };
    let text = str::to_owned;
    vec![
        Line {
            flag: trusted_proxy(),
            ..of_proxy(Check::Host, t.doctor_host(), vec![(Ok, t.doctor_host_ok(VALUE)), (Bad, t.doctor_host_bad(VALUE))])
        },
        Line {
            flag: trusted_proxy(),
            ..of_proxy(
                Check::Address,
                t.doctor_address(),
                vec![(Ok, t.doctor_address_ok(VALUE)), (Note, t.doctor_address_note(VALUE)), (Bad, t.doctor_address_bad(VALUE))],
            )
        },
        of_proxy(Check::Socket, t.doctor_socket(), vec![(Ok, text(t.doctor_socket_ok())), (Bad, text(t.doctor_socket_bad()))]),
        of_proxy(
            Check::Idle,
            t.doctor_idle(),
            vec![
                (Running, t.doctor_idle_running(VALUE)),
                (Ok, t.doctor_idle_ok(VALUE)),
                (Note, t.doctor_idle_note(VALUE)),
                (Bad, t.doctor_idle_bad(VALUE)),
            ],
        ),
        of_proxy(Check::Cap, t.doctor_cap(), vec![(Ok, t.doctor_cap_ok(VALUE)), (Bad, t.doctor_cap_bad(VALUE))]),
        of_proxy(
            Check::Requests,
            t.doctor_requests(),
            vec![(Ok, text(t.doctor_requests_ok())), (Note, text(t.doctor_requests_note())), (Bad, text(t.doctor_requests_bad()))],
        ),
        of_proxy(Check::Responses, t.doctor_responses(), vec![(Ok, text(t.doctor_responses_ok())), (Bad, text(t.doctor_responses_bad()))]),
        of_proxy(Check::Window, t.doctor_window(), vec![(Ok, t.doctor_window_ok(VALUE, TIME)), (Note, t.doctor_window_note(VALUE, TIME))]),
        plain("secure", t.doctor_secure(), t.doctor_secure_ok(), text(t.doctor_secure_note())),
        plain("clock", t.doctor_clock(), t.doctor_clock_ok(), t.doctor_clock_note(VALUE)),
    ]
}

/// The text with what has a meaning in HTML replaced.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_check_and_every_remedy_in_every_language() {
        for language in Language::ALL {
            let page = View { base: &BasePath::default(), language, theme: Theme::System, signs_itself: false }.html();
            for check in Check::ALL {
                assert!(page.contains(&format!("data-check=\"{}\"", check.key())), "{language:?} {check:?}");
            }
            assert!(page.contains("&lt;VirtualHost *:443&gt;") && !page.contains("<VirtualHost"));
            assert!(!page.contains(wire::TRUST_PAGE));
        }
    }

    #[test]
    fn a_server_that_signs_itself_may_be_the_reason_for_a_blocked_socket() {
        let page = View { base: &BasePath::default(), language: Language::default(), theme: Theme::System, signs_itself: true }.html();
        assert_eq!(page.matches("href=\"/ca\"").count(), 1);
    }
}
