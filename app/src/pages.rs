//! What a person opens. Pages wire components to rooms.
use leptos::prelude::*;
#[component]
pub fn HomePage() -> impl IntoView {
    view! { <p>home</p> }
}
#[component]
pub fn RoomPage() -> impl IntoView {
    view! { <p>room</p> }
}
#[component]
pub fn JoinPage() -> impl IntoView {
    view! { <p>join</p> }
}
#[component]
pub fn NotFoundPage() -> impl IntoView {
    view! { <p>nf</p> }
}
