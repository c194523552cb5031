//! Progressive hydration: a page comes to life part by part, and between the parts the browser can answer a finger.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{page, picking};

/// How long parts are hydrated one after the other, before the last of them begins: together far less than the 50 ms that
/// people feel, also on a phone that is a few times slower than a desk.
const TURN_SECS: f64 = 0.002;
/// So many parts are most of what a page has, each the first of its kind and slow. What follows are rows like those
/// before: a thousand of them would take more time for the turns than for themselves.
const FIRST_PARTS: usize = 40;
/// A turn of what follows.
const LATER_TURN_SECS: f64 = 0.008;

/// Something that is hydrated when it is its turn.
pub trait Part {
    /// Brings it to life; only the first call does anything.
    fn hydrate(&self);
}

type Parts = SendWrapper<Rc<RefCell<VecDeque<Box<dyn Part>>>>>;

/// How far the hydration of this page is; shared through the context.
///
/// Until it is over, nothing may change the shape of what the server painted: a part that is hydrated later would look
/// for nodes that are not there. So whatever changes it by itself, like what comes over the socket, waits for the end.
#[derive(Clone, Copy, Debug)]
pub struct Hydration {
    parts: StoredValue<Option<Parts>>,
    is_over: RwSignal<bool>,
}

impl Hydration {
    /// Begins with what the server painted, and goes on until every part is alive.
    #[must_use]
    pub fn provide() -> Self {
        let hydration = Self { parts: StoredValue::new(None), is_over: RwSignal::new(false) };
        provide_context(hydration);
        Effect::new(move |_| spawn_local(hydration.run()));
        hydration
    }

    /// Whether the whole page is alive. Whoever asks in an effect is asked again when it is.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.is_over.get()
    }

    /// The same, for handlers of events.
    #[must_use]
    pub fn is_over_untracked(self) -> bool {
        self.is_over.get_untracked()
    }

    /// Takes a part that waits for its turn.
    pub(crate) fn add(self, part: Box<dyn Part>) {
        self.parts.update_value(|parts| parts.get_or_insert_with(|| SendWrapper::new(Rc::default())).borrow_mut().push_back(part));
    }

    fn next(self) -> Option<Box<dyn Part>> {
        self.parts.with_value(|parts| parts.as_ref().and_then(|parts| parts.borrow_mut().pop_front()))
    }

    async fn run(self) {
        let mut began_secs = f64::NEG_INFINITY;
        let mut parts: usize = 0;
        // A part may add others.
        while let Some(part) = self.next() {
            let turn_secs = if parts < FIRST_PARTS { TURN_SECS } else { LATER_TURN_SECS };
            if page::now_secs() - began_secs > turn_secs {
                next_turn().await;
                began_secs = page::now_secs();
            }
            part.hydrate();
            parts += 1;
        }
        next_turn().await;
        self.is_over.set(true);
        next_turn().await;
        picking::tell_again();
    }
}

/// Lets the browser answer. Nobody touches a page in the background, where timers wait for long.
pub(super) async fn next_turn() {
    if page::is_visible() {
        TimeoutFuture::new(0).await;
    }
}

/// The hydration of this page.
///
/// # Panics
/// Outside the app, which is a mistake in the component.
#[must_use]
pub fn use_hydration() -> Hydration {
    use_context().expect("the app provides its hydration")
}
