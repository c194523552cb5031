//! [`Shown`]: draws its children only as long as a condition holds.

use leptos::prelude::*;

/// A condition whose type does not depend on the closure behind it.
#[derive(Clone, Copy, Debug)]
pub struct Condition(Memo<bool>);

impl<F: Fn() -> bool + Send + Sync + 'static> From<F> for Condition {
    fn from(holds: F) -> Self {
        let holds: Box<dyn Fn() -> bool + Send + Sync> = Box::new(holds);
        Self(Memo::new(move |_| holds()))
    }
}

impl From<Memo<bool>> for Condition {
    fn from(holds: Memo<bool>) -> Self {
        Self(holds)
    }
}

impl Condition {
    /// Whether it holds. An effect or view that calls this runs again when that changes.
    #[must_use]
    pub fn holds(self) -> bool {
        self.0.get()
    }
}

/// Draws its children as long as `when` holds. It does the same as [`leptos::prelude::Show`] without a fallback, whose
/// code is compiled anew for each place where it is used; this one exists once in the bundle.
#[component]
pub fn Shown(
    /// When the children are drawn.
    #[prop(into)]
    when: Condition,
    /// What is drawn then.
    children: ChildrenFn,
) -> impl IntoView {
    (move || when.holds().then(|| children())).into_any()
}
