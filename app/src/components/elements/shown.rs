//! [`Shown`]: draws its children only as long as a condition holds.

use std::sync::Arc;

use leptos::{
    children::{ChildrenOptContainer, ToChildren},
    prelude::*,
};

use super::erase::Erase as _;

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

/// What is drawn as long as the condition holds. Its type does not depend on the view.
#[derive(Clone)]
pub struct Content(Arc<dyn Fn() -> AnyView + Send + Sync>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Content")
    }
}

impl<F, V> ToChildren<F> for Content
where
    F: Fn() -> V + Send + Sync + 'static,
    V: RenderHtml + Send + 'static,
{
    fn to_children(draw: F) -> Self {
        Self(Arc::new(move || draw().erased()))
    }
}

impl<V> ToChildren<ChildrenOptContainer<V>> for Content
where
    V: RenderHtml + Clone + Send + Sync + 'static,
{
    fn to_children(view: ChildrenOptContainer<V>) -> Self {
        Self(Arc::new(move || view.0.clone().erased()))
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
    children: Content,
) -> impl IntoView {
    let (Condition(holds), Content(draw)) = (when, children);
    (move || holds.get().then(|| draw())).erased()
}
