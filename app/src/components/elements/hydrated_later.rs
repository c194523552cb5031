//! A part of a page that is hydrated later than the page around it. [`crate::browser::system::hydration`] decides when.

use std::{cell::RefCell, rc::Rc};

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute, custom::custom_attribute},
        hydration::Cursor,
        renderer::{
            Rndr,
            types::{Element, Node},
        },
        view::{Mountable, Position, PositionState, any_view::AnyViewState},
    },
};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsCast as _;

use crate::browser::system::{
    hydration::{PagePart, use_hydration},
    painted,
};

/// Hydrates its children later, so that hydrating the page is not one long task. The children must render exactly one
/// element. If somebody has changed that element meanwhile, the children are drawn anew in its place. A view that is
/// built in the browser is not deferred.
#[component]
pub fn HydratedLater(children: Children) -> impl IntoView {
    Later(children)
}

/// Draws a view in place of what the server painted, because somebody has changed that.
///
/// # Panics
/// When somebody has removed the part from the page. The script in the page then draws the whole page.
fn drawn_in_place_of(painted: &Element, view: AnyView) -> AnyViewState {
    let mut state = view.build();
    let parent = painted.parent_element().expect("a part that is not on the page any more: the whole page is drawn anew");
    state.mount(&parent, Some(painted));
    painted::replace_part(painted);
    state
}

/// The view of children that have not been called yet.
struct Later(Children);

impl Later {
    fn view(self) -> AnyView {
        (self.0)()
    }
}

/// The state of the view: the place of the children on the page. It is shared with the queue of the hydration.
#[derive(Clone)]
struct LaterState(Rc<RefCell<Stage>>);

enum Stage {
    /// The element that the server rendered, and what is needed to hydrate it. That is `None` after the owner was
    /// cleaned up: such an element is never hydrated.
    Painted(Element, Option<(Owner, Children)>),
    /// The state of the children, which are hydrated or were built in the browser.
    Hydrated(AnyViewState),
}

impl PagePart for LaterState {
    fn hydrate(&self) {
        let due = match &mut *self.0.borrow_mut() {
            Stage::Painted(element, due) => due.take().map(|due| (element.clone(), due)),
            Stage::Hydrated(_) => None,
        };
        let Some((element, (owner, children))) = due else { return };
        let state = owner.with(|| {
            if painted::was_changed(&element) {
                drawn_in_place_of(&element, children())
            } else {
                children().hydrate_from_position::<true>(&element, Position::Current)
            }
        });
        *self.0.borrow_mut() = Stage::Hydrated(state);
    }
}

impl LaterState {
    fn new(stage: Stage) -> Self {
        Self(Rc::new(RefCell::new(stage)))
    }

    fn forget(&self) {
        if let Stage::Painted(_, due) = &mut *self.0.borrow_mut() {
            *due = None;
        }
    }
}

impl Render for Later {
    type State = LaterState;

    fn build(self) -> Self::State {
        LaterState::new(Stage::Hydrated(self.view().build()))
    }

    fn rebuild(self, state: &mut Self::State) {
        let view = self.view();
        let mut stage = state.0.borrow_mut();
        match &mut *stage {
            Stage::Hydrated(children) => view.rebuild(children),
            Stage::Painted(element, _) => {
                let mut children = view.build();
                if let Some(parent) = element.parent_element() {
                    children.mount(&parent, Some(element));
                }
                element.remove();
                *stage = Stage::Hydrated(children);
            }
        }
    }
}

impl RenderHtml for Later {
    type AsyncOutput = AnyView;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self::AsyncOutput {
        self.view().resolve().await
    }

    fn to_html_with_buf(
        self,
        buf: &mut String,
        position: &mut Position,
        escape: bool,
        mark_branches: bool,
        extra_attrs: Vec<AnyAttribute>,
    ) {
        // The mark tells the script in the page (`document/loader.js`) where the part begins.
        let mark = custom_attribute("data-part", "").into_any_attr();
        let attributes = extra_attrs.into_iter().chain([mark]).collect();
        self.view().to_html_with_buf(buf, position, escape, mark_branches, attributes);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        match position.get() {
            Position::FirstChild => cursor.child(),
            Position::Current => {}
            Position::NextChild | Position::NextChildAfterText | Position::OnlyChild | Position::LastChild => cursor.sibling(),
        }
        position.set(Position::NextChild);
        let owner = Owner::current().expect("a view is hydrated inside an owner");
        let state = LaterState::new(Stage::Painted(cursor.current().unchecked_into(), Some((owner, self.0))));
        use_hydration().add(Box::new(state.clone()));
        on_cleanup({
            let state = SendWrapper::new(state.clone());
            move || state.forget()
        });
        state
    }

    fn into_owned(self) -> Self::Owned {
        self
    }
}

impl AddAnyAttr for Later {
    type Output<SomeNewAttr: Attribute> = Self;

    fn add_any_attr<NewAttr: Attribute>(self, attr: NewAttr) -> Self::Output<NewAttr> {
        let attr = attr.into_cloneable_owned();
        Self(Box::new(move || self.view().add_any_attr(attr).into_any()))
    }
}

impl Mountable for LaterState {
    fn unmount(&mut self) {
        match &mut *self.0.borrow_mut() {
            Stage::Painted(element, _) => element.remove(),
            Stage::Hydrated(state) => state.unmount(),
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        match &mut *self.0.borrow_mut() {
            Stage::Painted(element, _) => Rndr::insert_node(parent, element, marker),
            Stage::Hydrated(state) => state.mount(parent, marker),
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match &*self.0.borrow() {
            Stage::Painted(element, _) => element.parent_element().is_some_and(|parent| child.try_mount(&parent, Some(element))),
            Stage::Hydrated(state) => state.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        match &*self.0.borrow() {
            Stage::Painted(element, _) => vec![element.clone()],
            Stage::Hydrated(state) => state.elements(),
        }
    }
}
