//! The pages: which one a visitor gets, rendered whole before any script runs.

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
use leptos::{nonce::use_nonce, prelude::expect_context};
use leptos_axum::ResponseOptions;
use serde::Deserialize;

use super::{Client, PathText, Refusal, Services, Session, State, assets, cookie, join_code, language, session};

#[derive(Debug, Deserialize)]
pub(crate) struct WhatHappened {
    problem: Option<ProblemCode>,
}

/// A query that makes no sense is as good as none.
type Asked = Result<Query<WhatHappened>, QueryRejection>;

/// `/`: create or join.
pub(crate) async fn home(services: State, query: Asked, request: Request) -> Response {
    render(&services, StatusCode::OK, Page::Home { problem: problem(query) }, request).await
}

/// `/r/{pin}`: the room for its members, the way in for everybody else.
pub(crate) async fn room(services: State, client: Client, PathText(pin): PathText, request: Request) -> Response {
    let seat = match session::find_room(&services, &client, &pin) {
        Ok(room) => Session::of(request.headers(), &room).map(|(session, _)| session),
        Err(refusal) => return no_room(&services, &pin, &refusal, request).await,
    };
    match seat {
        Some(session) => {
            // Reading the page is being there, as far as somebody without a script can be.
            drop(session.room.take_seat_again(session.member).await);
            let view = RoomView { snapshot: session.room.snapshot_for(session.role), you: session.member };
            render(
                &services,
                StatusCode::OK,
                Page::Room(serde_json::to_string(&view).expect("rooms have string keys and no failing parts")),
                request,
            )
            .await
        }
        None => {
            // The form of somebody who lost their seat leads here.
            let problem = problem(Query::try_from_uri(request.uri()));
            way_in(&services, &client, pin, problem, request).await
        }
    }
}

/// `/join/{pin}`: the form with the PIN filled in. Opening it joins nobody: previews of links open it too.
pub(crate) async fn join(services: State, client: Client, PathText(pin): PathText, query: Asked, request: Request) -> Response {
    let room = match session::find_room(&services, &client, &pin) {
        Ok(room) => room,
        Err(refusal) => return no_room(&services, &pin, &refusal, request).await,
    };
    if Session::of(request.headers(), &room).is_some() {
        return Redirect::to(&wire::room_page(room.pin())).into_response();
    }
    way_in(&services, &client, pin, problem(query), request).await
}

/// Everything else: a public file, or a page that says there is nothing.
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

/// The form for a room that exists, unless this address has guessed too much to be told so.
async fn way_in(services: &Arc<Services>, client: &Client, pin: String, problem: Option<ProblemCode>, request: Request) -> Response {
    let Ok(pin) = pin.parse::<Pin>() else { return render(services, StatusCode::NOT_FOUND, Page::NotFound, request).await };
    match services.guesses.check(client.address) {
        Ok(()) => render(services, StatusCode::OK, Page::Join { problem }, request).await,
        Err(problem) => no_room(services, pin.as_str(), &problem.into(), request).await,
    }
}

async fn no_room(services: &Arc<Services>, pin: &str, Refusal(problem): &Refusal, request: Request) -> Response {
    let page = if pin.parse::<Pin>().is_ok() { Page::Join { problem: Some(problem.code) } } else { Page::NotFound };
    let mut response = render(services, StatusCode::from_u16(problem.status).expect("every code has a valid status"), page, request).await;
    if let Some(secs) = problem.retry_after_secs {
        response.headers_mut().insert(header::RETRY_AFTER, secs.into());
    }
    response
}

fn problem(query: Asked) -> Option<ProblemCode> {
    query.ok().and_then(|Query(query)| query.problem)
}

async fn render(services: &Services, status: StatusCode, page: Page, request: Request<Body>) -> Response {
    let server = ServerDescription {
        origin: join_code::origin(services, request.headers()),
        pin_digits: services.config.pin_digits,
        room_ttl_secs: services.config.room_ttl.as_secs(),
        theme: cookie::theme(request.headers()).unwrap_or_default(),
        language: language::of(request.headers()),
    };
    let place = if page == Page::NotFound { Place::Nowhere } else { Place::at(request.uri().path()) };
    let first = FirstPaint { place, page, server };
    let not_uploaded = problem(Query::try_from_uri(request.uri())).map(UploadProblem);
    let context = move || {
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

/// Only what this server sends runs, and only what carries this answer's nonce runs inline.
fn policy(nonce: &str) -> HeaderValue {
    let policy = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' blob: data:; \
         media-src 'self' blob:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    HeaderValue::try_from(policy).expect("a nonce is base64")
}

fn page_headers(headers: &mut HeaderMap) {
    // A page is one visitor's view of a moment.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("accept-ch", HeaderValue::from_static("Sec-CH-UA-Form-Factors"));
}
