//! The router: every address of the server, and the layers around the handlers.

use std::sync::Arc;

use app::wire::{self, BasePath};
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderValue, Method, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{delete, get, post},
};
use tower_http::{CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use crate::http::{
    Refusal, Services,
    api::{archive, download, file, files, live, members, rooms, snippets, thumbnail},
    app_shell::{manifest, offline, service_worker, share},
    doctor,
    guard::{base_path, body_deadline, cors, host, method_override, proxy, same_origin, secure},
    health,
    pages::{self, forms, join_code, language, refused, upload_form},
    plain::{self, PlainPort},
    trust,
};

/// The most bytes of a request body that is read into memory as a whole. Chunks of files are streamed, so this does not
/// limit them.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// How hard pages are compressed. With Brotli, they are 7 % smaller than at the level that is usual for answers (4), and take a quarter
/// more time; the next level takes twice as long for nothing.
const PAGE_COMPRESSION: CompressionLevel = CompressionLevel::Precise(5);

/// The table of all addresses with their handlers, and the layers around them.
pub(crate) fn router(services: Arc<Services>) -> Router {
    let base = services.config.base_path.clone();
    let whole_bodies = middleware::from_fn_with_state(Arc::clone(&services), body_deadline::apply);
    // The bodies of these requests are the bytes of files.
    let uploads =
        Router::new().route("/api/rooms/{pin}/files", post(files::create).options(files::discover)).route("/api/rooms/{pin}/files/{id}", {
            get(download::get).head(file::head).patch(file::append).delete(file::remove).options(files::discover)
        });
    let api = Router::new()
        .route("/api/rooms", get(rooms::known).post(rooms::create))
        .route("/api/rooms/{pin}", get(rooms::snapshot).delete(rooms::close))
        .route("/api/rooms/{pin}/members", post(members::join).delete(members::leave))
        .route("/api/rooms/{pin}/live", get(live::connect).connect(live::connect))
        .route("/api/rooms/{pin}/files/{id}/view", get(download::view))
        .route("/api/rooms/{pin}/files/{id}/thumbnail", get(thumbnail::get).put(thumbnail::put))
        .route("/api/rooms/{pin}/snippets", post(snippets::add))
        .route("/api/rooms/{pin}/snippets/{id}", delete(snippets::remove))
        .route("/api/rooms/{pin}/archive.zip", get(archive::get).post(archive::choose))
        .layer(whole_bodies.clone())
        .merge(uploads)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn_with_state(Arc::clone(&services), cors::apply));
    // The files in this form are streamed, and have limits of their own.
    let upload_form = Router::new().route("/r/{pin}/upload", post(upload_form::upload).layer(DefaultBodyLimit::disable()));
    let pages = Router::new()
        .route("/", get(pages::home))
        .route("/r/{pin}", get(pages::room))
        .route("/join/{pin}", get(pages::join))
        .route("/join/{pin}/qr.svg", get(join_code::qr))
        .route("/create", post(forms::create))
        .route("/join", post(forms::join))
        .route("/r/{pin}/leave", post(forms::leave))
        .route(wire::LANGUAGE_FORM, post(language::choose))
        .route("/messages/{version}/{language}", get(language::messages))
        .route("/manifest.webmanifest", get(manifest::get))
        .route("/sw.js", get(service_worker::get))
        .route(offline::PATH, get(offline::get))
        .route("/share", post(share::without_worker))
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(wire::TRUST_PAGE, get(trust::page))
        .route(trust::CERTIFICATE, get(trust::certificate))
        .route(trust::PROFILE, get(trust::profile))
        .route(wire::DOCTOR_PAGE, get(doctor::page))
        .fallback(pages::fallback)
        .layer(whole_bodies)
        .merge(upload_form)
        // The API is not compressed, because the lengths and ranges of files must be exact. The bundle is compressed
        // already.
        .layer(CompressionLayer::new().quality(PAGE_COMPRESSION));

    // They show what a proxy does to requests, also when it makes those of this server's pages look like another site's.
    let doctor = Router::new()
        .route("/doctor/seen", get(doctor::seen))
        .route("/doctor/{id}/held", post(doctor::held))
        .route("/doctor/{id}/arrived", get(doctor::arrived))
        .route("/doctor/{id}/measured", post(doctor::measured))
        .route("/doctor/{id}/halves", get(doctor::halves))
        .route("/doctor/{id}/on", post(doctor::on))
        .route("/doctor/{id}/socket", get(doctor::socket).connect(doctor::socket))
        .layer(DefaultBodyLimit::disable());

    // Layers wrap the routes from the inside out: the layer that is added last sees a request first.
    let routes = Router::new()
        .merge(api)
        .merge(pages)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(Arc::clone(&services), same_origin::check))
        .merge(doctor)
        .layer(middleware::from_fn_with_state(Arc::clone(&services), host::check))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(Arc::clone(&services), refused::apply))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(always(header::REFERRER_POLICY, "same-origin"))
        .layer(always(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin"))
        .layer(always(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin"))
        .layer(middleware::from_fn_with_state(Arc::clone(&services), secure::apply))
        // Everything else has to know who sent the request.
        .layer(middleware::from_fn_with_state(Arc::clone(&services), proxy::apply))
        .layer(CatchPanicLayer::custom(panicked))
        .with_state(services);
    // These layers are outside of the routes, because the method that one of them sets decides which handler is called. Pages of
    // every origin may ask for the one address beside them.
    let routes = Router::new()
        .route(trust::TRUSTED, get(trust::trusted))
        .fallback_service(routes)
        .layer(middleware::map_request(method_override::apply));
    below(base, routes).layer(middleware::map_request(host::take_from_target)).layer(middleware::from_fn(refuse_tunnels))
}

/// What answers requests over plain HTTP while the server has TLS: health checks, the page on which a device learns to trust the
/// server, and a redirect of everything else.
pub(crate) fn plain_router(services: Arc<Services>, port: PlainPort) -> Router {
    let base = services.config.base_path.clone();
    let routes = Router::new()
        .route("/healthz", get(health::live))
        .route("/readyz", get(health::ready))
        .route(wire::TRUST_PAGE, get(trust::page))
        .route(trust::CERTIFICATE, get(trust::certificate))
        .route(trust::PROFILE, get(trust::profile))
        .route("/.well-known/acme-challenge/{token}", get(plain::challenge))
        .layer(Extension(port))
        .fallback(move |services, request: Request| plain::redirect(services, port, request))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .with_state(services);
    below(base, routes).layer(middleware::map_request(host::take_from_target))
}

/// The routes of a server that is reached below a path. A router takes layers after it has chosen the route, so one whose layer
/// changes the path is inside of another.
fn below(base: BasePath, routes: Router) -> Router {
    if base.is_empty() {
        return routes;
    }
    Router::new().fallback_service(routes).layer(middleware::from_fn_with_state(base, base_path::apply))
}

/// Refuses `CONNECT`, which asks a proxy for a tunnel (RFC 9110, section 9.3.6). Its target has no path, which the pages
/// rely on. The one that opens a live socket over HTTP/2 has a path.
async fn refuse_tunnels(request: Request, next: Next) -> Response {
    let is_tunnel = request.method() == Method::CONNECT && !live::upgrade::is_extended_connect(request.method(), request.extensions());
    if is_tunnel { method_not_allowed().await.into_response() } else { next.run(request).await }
}

fn always(name: header::HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

async fn method_not_allowed() -> Refusal {
    Refusal::new(wire::ProblemCode::MethodNotAllowed, "This cannot be done at this address.")
}

#[expect(clippy::needless_pass_by_value, reason = "the layer requires this signature")]
fn panicked(cause: Box<dyn std::any::Any + Send>) -> Response {
    let text = cause.downcast_ref::<String>().map(String::as_str).or_else(|| cause.downcast_ref::<&str>().copied());
    tracing::error!(panic = text.unwrap_or("of unknown kind"), "a handler panicked");
    Refusal::new(wire::ProblemCode::Internal, "The server could not do this.").into_response()
}
