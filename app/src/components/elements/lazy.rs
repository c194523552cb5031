//! Drawing what is loaded as a WebAssembly module of its own.

use leptos::{prelude::*, task::spawn_local};

use super::shown::Condition;
use crate::browser::system::{backoff, hydration::use_hydration};

/// Draws what `draw` returns as soon as its code is loaded. Loading begins when the page is hydrated and `when` holds, and is
/// tried until it succeeds. The server paints nothing in its place, so this is for what a page does without at first.
pub fn lazy(
    when: impl Into<Condition>,
    load: impl AsyncFn() -> bool + Clone + 'static,
    draw: impl Fn() -> Option<AnyView> + Send + Sync + 'static,
) -> AnyView {
    let hydration = use_hydration();
    let when = when.into();
    let loaded = RwSignal::new(false);
    Effect::new(move |_| {
        if hydration.is_over() && when.holds() && !loaded.get_untracked() {
            let load = load.clone();
            spawn_local(async move {
                for failures in 1.. {
                    if load().await {
                        break;
                    }
                    backoff::wait(failures).await;
                }
                // The page may have been left by then, so the signal may be gone.
                loaded.try_set(true);
            });
        }
    });
    (move || if loaded.get() { draw() } else { None }).into_any()
}
