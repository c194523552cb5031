//! Snippets, which are texts to copy: the owner adds and removes them, and every member sees that at once.

use app::{
    room::{RoomEvent, SnippetText},
    wire::{self, SnippetAdded},
};
use reqwest::{Method, Response};
use serde_json::json;

use crate::{door::refused, live_socket::LiveSocket, seat::Seat, test_app::TestApp};

fn path(seat: &Seat) -> String {
    wire::snippets(&seat.entered.pin)
}

async fn add(seat: &Seat, text: &str) -> Response {
    seat.request(Method::POST, &path(seat)).json(&json!({"text": text})).send().await.unwrap()
}

#[tokio::test]
async fn everybody_is_told_of_a_text_and_of_its_end() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Gita").await;
    let mut live = LiveSocket::open(&guest, None, &[]).await;
    live.snapshot().await;
    let SnippetAdded { id } = {
        let response = add(&owner, "  wifi: tři křečci \n").await;
        assert_eq!(response.status(), 201);
        response.json().await.unwrap()
    };
    let RoomEvent::SnippetAdded { snippet } = live.event().await else { panic!("no text was told of") };
    assert_eq!((snippet.id, snippet.text.as_str()), (id, "wifi: tři křečci"));
    assert_eq!(guest.room().await.snippets, [snippet]);

    let one = wire::snippet(&owner.entered.pin, id);
    refused(guest.request(Method::DELETE, &one).send().await.unwrap(), 403, "owner_only").await;
    assert_eq!(owner.request(Method::DELETE, &one).send().await.unwrap().status(), 204);
    assert_eq!(live.event().await, RoomEvent::SnippetRemoved { id });
    refused(owner.request(Method::DELETE, &one).send().await.unwrap(), 404, "no_such_snippet").await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_no_text_is_refused() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    let guest = app.join(&owner, "Gita").await;
    refused(add(&owner, " \n ").await, 422, "empty_snippet").await;
    refused(add(&owner, &"x".repeat(SnippetText::MAX_BYTES + 1)).await, 413, "snippet_too_long").await;
    refused(add(&owner, &"x".repeat(200_000)).await, 413, "request_too_large").await;
    refused(add(&guest, "mine").await, 403, "owner_only").await;
    let stranger = app.request(Method::POST, &path(&owner)).json(&json!({"text": "mine"})).send().await.unwrap();
    refused(stranger, 401, "not_a_member").await;
    let post = || owner.request(Method::POST, &path(&owner));
    refused(post().body("text").send().await.unwrap(), 415, "unsupported_media_type").await;
    refused(post().json(&json!({"words": 1})).send().await.unwrap(), 400, "malformed_request").await;
    for id in ["x", "0123456789abcdef0123456789abcdef"] {
        let gone = owner.request(Method::DELETE, &format!("{}/{id}", path(&owner))).send().await.unwrap();
        refused(gone, 404, "no_such_snippet").await;
    }
    assert!(owner.room().await.snippets.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_room_holds_a_hundred_texts() {
    let app = TestApp::start().await;
    let owner = app.create_room().await;
    for number in 0..100 {
        assert_eq!(add(&owner, &format!("text {number}")).await.status(), 201);
    }
    refused(add(&owner, "one more").await, 413, "room_full").await;
    assert_eq!(owner.room().await.snippets.len(), 100);
    app.finish().await;
}
