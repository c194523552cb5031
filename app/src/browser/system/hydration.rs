//! Progressive hydration: a page is hydrated part by part, so that the browser can respond to input between the parts.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use send_wrapper::SendWrapper;

use super::{page, painted};
use crate::browser::system::clock;

/// How long, in seconds, further parts may begin within one turn of the event loop. Such a turn takes far less than the
/// 50 ms that people notice, also on a phone that is a few times slower than a desktop computer.
const TURN_SECS: f64 = 0.002;
/// The number of parts after which turns are longer. The first parts are of many kinds and therefore slow; the later
/// ones are rows of a list, for which many short turns would cost more than the rows.
const FIRST_PARTS: usize = 40;
/// How long, in seconds, further parts may begin within one turn after the first parts.
const LATER_TURN_SECS: f64 = 0.008;

/// A part of the page that waits to be hydrated.
pub trait PagePart {
    /// Hydrates the part. Only the first call has an effect.
    fn hydrate(&self);
}

/// The queue, wrapped because it may be used only on the browser's one thread.
type Waiting = SendWrapper<Rc<RefCell<Queue>>>;

/// The parts that wait to be hydrated, and what is called when the hydration is over.
#[derive(Default)]
struct Queue {
    parts: VecDeque<Box<dyn PagePart>>,
    when_over: Vec<Box<dyn FnOnce()>>,
}

/// The hydration of this page: the parts that wait, and whether it is over. Shared through the context.
///
/// Until it is over, nothing may change the structure of what the server rendered, because a part that is hydrated
/// later would look for nodes that are not there. Everything that changes the page by itself, such as events from the
/// live socket, therefore waits until it is over. What others change all the same, [`painted`] tells.
#[derive(Clone, Copy, Debug)]
pub struct Hydration {
    /// `None` as long as nothing was added.
    waiting: StoredValue<Option<Waiting>>,
    is_over: RwSignal<bool>,
}

impl Hydration {
    /// Starts the hydration of what the server rendered, which runs until every part is hydrated. After that
    /// `when_over` is called in its own turn of the event loop.
    #[must_use]
    pub fn provide(when_over: fn()) -> Self {
        let hydration = Self { waiting: StoredValue::new(None), is_over: RwSignal::new(false) };
        provide_context(hydration);
        Effect::new(move |_| spawn_local(hydration.run(when_over)));
        hydration
    }

    /// Whether the whole page is hydrated. An effect or view that calls this runs again when it is.
    #[must_use]
    pub fn is_over(self) -> bool {
        self.is_over.get()
    }

    /// The same as [`Self::is_over`] for event handlers, which do not run again.
    #[must_use]
    pub fn is_over_untracked(self) -> bool {
        self.is_over.get_untracked()
    }

    /// Calls `act` once the whole page is hydrated: now, if that is over already.
    pub(crate) fn when_over(self, act: Box<dyn FnOnce()>) {
        if self.is_over_untracked() {
            act();
        } else {
            self.change_queue(|queue| queue.when_over.push(act));
        }
    }

    /// Adds a part to the queue.
    pub(crate) fn add(self, part: Box<dyn PagePart>) {
        self.change_queue(|queue| queue.parts.push_back(part));
    }

    fn change_queue(self, change: impl FnOnce(&mut Queue)) {
        self.waiting.update_value(|waiting| change(&mut waiting.get_or_insert_with(|| SendWrapper::new(Rc::default())).borrow_mut()));
    }

    fn next(self) -> Option<Box<dyn PagePart>> {
        self.waiting.with_value(|waiting| waiting.as_ref().and_then(|queue| queue.borrow_mut().parts.pop_front()))
    }

    async fn run(self, when_over: fn()) {
        let mut began_secs = f64::NEG_INFINITY;
        let mut parts: usize = 0;
        // Hydrating a part may add further parts.
        while let Some(part) = self.next() {
            let turn_secs = if parts < FIRST_PARTS { TURN_SECS } else { LATER_TURN_SECS };
            if clock::now_secs() - began_secs > turn_secs {
                next_turn().await;
                began_secs = clock::now_secs();
            }
            part.hydrate();
            parts += 1;
        }
        next_turn().await;
        painted::is_alive();
        self.is_over.set(true);
        let acts = self.waiting.with_value(|waiting| waiting.as_ref().map(|queue| std::mem::take(&mut queue.borrow_mut().when_over)));
        acts.into_iter().flatten().for_each(|act| act());
        next_turn().await;
        when_over();
    }
}

/// Waits one turn of the event loop, so that the browser can respond to input. In the background this does not wait,
/// because nobody uses the page there and browsers delay its timers for long.
pub(crate) async fn next_turn() {
    if page::is_visible() {
        TimeoutFuture::new(0).await;
    }
}

/// The hydration of this page.
///
/// # Panics
/// When it is called outside the app, which is a mistake in the component.
#[must_use]
pub fn use_hydration() -> Hydration {
    use_context().expect("the app provides the hydration")
}
