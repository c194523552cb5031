//! Launches: the system starts the installed app, or brings it to the front (Launch Handler API).

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::FileSystemFileHandle;

use super::launch_action::LaunchAction;
use crate::{
    browser::system::page,
    wire::{self, Place},
};

/// Sets the function that the browser calls for every launch, or returns `None` if the browser has no launch queue.
/// web-sys does not have launches yet.
pub(super) fn consume_launches(consumer: &JsValue) -> Option<()> {
    let queue = Reflect::get(&page::window(), &"launchQueue".into()).ok()?;
    let set: Function = Reflect::get(&queue, &"setConsumer".into()).ok()?.dyn_into().ok()?;
    set.call1(&queue, consumer).ok().map(drop)
}

pub(super) fn handles_of(launch: &JsValue) -> Vec<FileSystemFileHandle> {
    let files = Reflect::get(launch, &"files".into()).ok().and_then(|files| files.dyn_into::<Array>().ok());
    files.map(|files| files.iter().filter_map(|handle| handle.dyn_into().ok()).collect()).unwrap_or_default()
}

/// The path and query for which the app was launched.
pub(super) fn target_of(launch: &JsValue) -> Option<String> {
    let address = Reflect::get(launch, &"targetURL".into()).ok()?.as_string()?;
    let origin = page::window().location().origin().ok()?;
    address.strip_prefix(&origin).map(str::to_owned)
}

/// The place and launch action to which a launch leads. A launch for the first page without a query leads nowhere,
/// because a person who presses the app's icon wants the app as they left it.
pub(super) fn destination(target: &str) -> Option<(Place, Option<LaunchAction>)> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    (target != wire::address("/")).then(|| (Place::at(path), LaunchAction::of(query)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shortcut_leads_somewhere_and_the_icon_does_not() {
        assert_eq!(destination("/"), None);
        assert_eq!(destination("/?do=create"), Some((Place::Home, Some(LaunchAction::Create))));
        assert_eq!(destination("/r/482913"), Some((Place::Room("482913".parse().unwrap()), None)));
    }
}
