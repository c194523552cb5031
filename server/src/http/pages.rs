//! The pages: decides which page a visitor gets, and renders it completely, so that it is readable before any script
//! runs.

pub(crate) mod forms;
pub(crate) mod join_code;
pub(crate) mod language;
pub(crate) mod refused;
pub(crate) mod upload_form;

use std::sync::Arc;

use app::{
    components::files::upload_form::UploadProblem,
    document,
    first_paint::{FirstPaint, Page, ServerDescription},
    room::Pin,
    wire::{self, Place, ProblemCode, RoomView},
};
use axum::{
    body::Body,
    extract::{Query, Request, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use http_body_util::BodyExt as _;
use leptos::{nonce::use_nonce, prelude::expect_context};
use leptos_axum::ResponseOptions;
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{
    Refusal, Services, State,
    app_shell::assets,
    guard::{Client, PageTurns, PathText, Session, find_room, forget_seat, seat_token},
    preferences,
};
use crate::{fields::Scheme, tasks::blocking};
use join_code::Reach;

/// The query of a page: why the request that led here was refused, if it was.
#[derive(Debug, Deserialize)]
pub(crate) struct ProblemQuery {
    problem: Option<ProblemCode>,
}

/// The query of a page. One that cannot be read is treated like a missing one.
type PageQuery = Result<Query<ProblemQuery>, QueryRejection>;

/// `/`: the home page, on which visitors create or join a room.
pub(crate) async fn home(services: State, query: PageQuery, request: Request) -> Response {
    render(&services, StatusCode::OK, Page::Home { problem: problem(query) }, request).await
}

/// `/r/{pin}`: the room for its members, and the form to join it for everybody else.
pub(crate) async fn room(services: State, client: Client, PathText(pin): PathText, request: Request) -> Response {
    let seat = match find_room(&services, &client, &pin).await {
        Ok(room) => Session::of(request.headers(), &room).map(|(session, _)| session),
        Err(refusal) => return room_unavailable(&services, &pin, &refusal, request).await,
    };
    match seat {
        Some(session) => {
            #[expect(
                clippy::let_underscore_must_use,
                reason = "this only holds the seat of a member without a live socket; if it fails, the page is shown all the same"
            )]
            let _ = session.room.take_seat_again(session.member).await;
            room_of_member(&services, &client, session, request).await
        }
        None => {
            // The upload form redirects to this address with a problem, for example when its sender has lost the seat.
            let problem = problem(Query::try_from_uri(request.uri()));
            join_form(&services, &client, pin, problem, request).await
        }
    }
}

/// The page of a room for one of its members.
async fn room_of_member(services: &Arc<Services>, client: &Client, session: Session, request: Request) -> Response {
    let is_large = session.room.read(PageTurns::is_large);
    let page = move || {
        let view = RoomView { snapshot: session.room.snapshot_for(session.viewer()), you: session.member };
        Page::Room(serde_json::to_string(&view).expect("rooms have string keys and no failing parts"))
    };
    let rendered = if is_large {
        let turn = services.page_turns.wait(client.address).await;
        let (services, runtime) = (Arc::clone(services), Handle::current());
        blocking(move || {
            let _turn = turn;
            runtime.block_on(whole(render(&services, StatusCode::OK, page(), request)))
        })
        .await
    } else {
        whole(render(services, StatusCode::OK, page(), request)).await
    };
    services.unsent.send(client.address, rendered).unwrap_or_else(IntoResponse::into_response)
}

/// Waits until all of a page is rendered, so that its length is known.
async fn whole(rendering: impl Future<Output = Response>) -> Response {
    let (parts, body) = rendering.await.into_parts();
    match body.collect().await {
        Ok(rendered) => Response::from_parts(parts, rendered.to_bytes().into()),
        Err(error) => {
            tracing::error!(%error, "the page of a room could not be rendered");
            Refusal::new(ProblemCode::Internal, "The page could not be made.").into_response()
        }
    }
}

/// `/join/{pin}`: the form to join, with the PIN filled in. Opening the page does not join the room, because programs
/// that make previews of links open it, too.
pub(crate) async fn join(services: State, client: Client, PathText(pin): PathText, query: PageQuery, request: Request) -> Response {
    let room = match find_room(&services, &client, &pin).await {
        Ok(room) => room,
        Err(refusal) => return room_unavailable(&services, &pin, &refusal, request).await,
    };
    if Session::of(request.headers(), &room).is_some() {
        return Redirect::to(&wire::paths::room_page(room.pin())).into_response();
    }
    join_form(&services, &client, pin, problem(query), request).await
}

/// Every other address: a public file, or the page that says that there is nothing.
pub(crate) async fn fallback(services: State, request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        return Refusal::new(ProblemCode::NotFound, "There is nothing at this address.").into_response();
    }
    if matches!(*request.method(), Method::GET | Method::HEAD)
        && let Some(file) = assets::serve(path, request.headers())
    {
        return file;
    }
    render(&services, StatusCode::NOT_FOUND, Page::NotFound, request).await
}

/// The form to join a room that exists. An address that has used up its guesses gets a refusal instead, so that it
/// cannot learn that the room exists.
async fn join_form(services: &Arc<Services>, client: &Client, pin: String, problem: Option<ProblemCode>, request: Request) -> Response {
    let Ok(pin) = pin.parse::<Pin>() else { return render(services, StatusCode::NOT_FOUND, Page::NotFound, request).await };
    match services.guesses.check(client.address) {
        Ok(()) => render(services, StatusCode::OK, Page::Join { problem }, request).await,
        Err(problem) => room_unavailable(services, pin.as_str(), &problem.into(), request).await,
    }
}

/// The page for a PIN with which the visitor did not get into a room.
async fn room_unavailable(services: &Arc<Services>, pin: &str, Refusal(problem): &Refusal, request: Request) -> Response {
    let forgotten = match (pin.parse::<Pin>(), problem.code) {
        (Ok(pin), ProblemCode::NoSuchRoom | ProblemCode::RoomClosed) => seat_token(request.headers(), &pin).map(|_| forget_seat(&pin)),
        _ => None,
    };
    let page = match (pin.parse::<Pin>(), problem.code) {
        (Ok(_), ProblemCode::RoomClosed) => Page::Closed { at_ms: problem.closed_at_ms },
        (Ok(_), code) => Page::Join { problem: Some(code) },
        (Err(_), _) => Page::NotFound,
    };
    let mut response = render(services, StatusCode::from_u16(problem.status).expect("every code has a valid status"), page, request).await;
    if let Some(secs) = problem.retry_after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, secs.into());
    }
    response.headers_mut().extend(forgotten.map(|cookie| (header::SET_COOKIE, cookie)));
    response
}

/// The problem in the query, if there is one.
fn problem(query: PageQuery) -> Option<ProblemCode> {
    query.ok().and_then(|Query(query)| query.problem)
}

async fn render(services: &Services, status: StatusCode, page: Page, request: Request<Body>) -> Response {
    let scheme = request.extensions().get().copied().unwrap_or(Scheme::Http);
    let Reach { origin, loopback } = Reach::of(services, Client::address_of(request.extensions()), scheme, request.headers());
    let server = ServerDescription {
        origin,
        loopback,
        signs_itself: services.tls.as_ref().is_some_and(|tls| tls.authority().is_some()),
        pin_digits: services.rooms.pin_digits(),
        room_ttl_secs: services.config.room_ttl.as_secs(),
        theme: preferences::theme(request.headers()),
        language: preferences::language(request.headers()),
    };
    let place = if matches!(page, Page::NotFound | Page::Refused { .. }) { Place::Nowhere } else { Place::at_path(request.uri().path()) };
    let first = FirstPaint { place, page, server };
    let not_uploaded = problem(Query::try_from_uri(request.uri())).map(UploadProblem);
    let base = services.config.base_path.clone();
    let context = move || {
        leptos::prelude::provide_context(base.clone());
        leptos::prelude::provide_context(first.clone());
        if let Some(problem) = not_uploaded {
            leptos::prelude::provide_context(problem);
        }
        let response = expect_context::<ResponseOptions>();
        response.set_status(status);
        if let Some(nonce) = use_nonce() {
            response.insert_header(header::CONTENT_SECURITY_POLICY, policy(&nonce));
        }
    };
    let mut response = leptos_axum::render_app_async_with_context(context, || document(assets::BUNDLE.clone()))(request).await;
    page_headers(response.headers_mut());
    response
}

/// The `Content-Security-Policy` of a page. Only scripts from this server may run, and inline scripts only with the
/// nonce of this response.
fn policy(nonce: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a nonce is base64")
}

fn page_headers(headers: &mut HeaderMap) {
    // A page shows what one visitor may see at one moment, so it must not be reused.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("accept-ch", HeaderValue::from_static("Sec-CH-UA-Form-Factors"));
}
