//! A part of a page that is hydrated in a turn of its own, see [`crate::browser::hydration`].

use std::{cell::RefCell, rc::Rc};

use leptos::{
    prelude::*,
    tachys::{
        html::attribute::{Attribute, any_attribute::AnyAttribute},
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

use crate::browser::hydration::{Part, use_hydration};

/// Hydrates its children later, so that the page does not come to life in one long task. They are one element, and
/// nothing of them is made before.
#[component]
pub fn HydratedLater(children: Children) -> impl IntoView {
    Later(children)
}

/// Children that are not made yet.
struct Later(Children);

impl Later {
    fn view(self) -> AnyView {
        (self.0)()
    }
}

/// Where they are on the page.
#[derive(Clone)]
struct Spot(Rc<RefCell<Stage>>);

enum Stage {
    /// The element that the server painted, and what makes it alive; nothing if its owner is gone before.
    Painted(Element, Option<(Owner, Children)>),
    Alive(AnyViewState),
}

impl Part for Spot {
    fn hydrate(&self) {
        let due = match &mut *self.0.borrow_mut() {
            Stage::Painted(element, due) => due.take().map(|due| (element.clone(), due)),
            Stage::Alive(_) => None,
        };
        if let Some((element, (owner, children))) = due {
            let state = owner.with(|| children().hydrate_from_position::<true>(&element, Position::Current));
            *self.0.borrow_mut() = Stage::Alive(state);
        }
    }
}

impl Spot {
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
    type State = Spot;

    fn build(self) -> Self::State {
        Spot::new(Stage::Alive(self.view().build()))
    }

    fn rebuild(self, spot: &mut Self::State) {
        let view = self.view();
        let mut stage = spot.0.borrow_mut();
        match &mut *stage {
            Stage::Alive(state) => view.rebuild(state),
            Stage::Painted(element, _) => {
                let mut state = view.build();
                if let Some(parent) = element.parent_element() {
                    state.mount(&parent, Some(element));
                }
                element.remove();
                *stage = Stage::Alive(state);
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
        self.view().to_html_with_buf(buf, position, escape, mark_branches, extra_attrs);
    }

    fn hydrate<const FROM_SERVER: bool>(self, cursor: &Cursor, position: &PositionState) -> Self::State {
        match position.get() {
            Position::FirstChild => cursor.child(),
            Position::Current => {}
            Position::NextChild | Position::NextChildAfterText | Position::OnlyChild | Position::LastChild => cursor.sibling(),
        }
        position.set(Position::NextChild);
        let owner = Owner::current().expect("a view is hydrated for somebody");
        let spot = Spot::new(Stage::Painted(cursor.current().unchecked_into(), Some((owner, self.0))));
        use_hydration().add(Box::new(spot.clone()));
        let left = SendWrapper::new(spot.clone());
        on_cleanup(move || left.forget());
        spot
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

impl Mountable for Spot {
    fn unmount(&mut self) {
        match &mut *self.0.borrow_mut() {
            Stage::Painted(element, _) => element.remove(),
            Stage::Alive(state) => state.unmount(),
        }
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        match &mut *self.0.borrow_mut() {
            Stage::Painted(element, _) => Rndr::insert_node(parent, element, marker),
            Stage::Alive(state) => state.mount(parent, marker),
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        match &*self.0.borrow() {
            Stage::Painted(element, _) => element.parent_element().is_some_and(|parent| child.try_mount(&parent, Some(element))),
            Stage::Alive(state) => state.insert_before_this(child),
        }
    }

    fn elements(&self) -> Vec<Element> {
        match &*self.0.borrow() {
            Stage::Painted(element, _) => vec![element.clone()],
            Stage::Alive(state) => state.elements(),
        }
    }
}
