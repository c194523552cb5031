//! Takes what another app shares with the installed one. The service worker keeps a share in IndexedDB until a page
//! takes it.

use futures::try_join;
use idb::{DatabaseEvent as _, Factory, ObjectStoreParams, TransactionMode};
use js_sys::{Array, Reflect};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::File;

use crate::browser::{
    files::picked_file::PickedFile,
    room::activity::HandedOver,
    system::{page, stored},
};

/// The names under which the service worker keeps a share: database (see [`stored::database_name`]), object store
/// and key.
const DATABASE: &str = "snapdrop-share";
const SHARES: &str = "shares";
const NEWEST: &str = "newest";
/// How old a share may be, in milliseconds: it was sent for the page that opens at once.
const OLDEST_MS: f64 = 600_000.0;

/// Takes what another app shared out of the database, so that it is shown only once. Returns `None` if nothing came.
pub async fn take_share() -> Option<HandedOver> {
    let share = take_newest().await.ok().flatten()?;
    let came_at = Reflect::get(&share, &"cameAt".into()).ok()?.as_f64()?;
    if js_sys::Date::now() - came_at > OLDEST_MS {
        return None;
    }
    let files: Array = Reflect::get(&share, &"files".into()).ok()?.dyn_into().ok()?;
    let files: Vec<File> = files.iter().filter_map(|file| file.dyn_into().ok()).collect();
    let text = Reflect::get(&share, &"text".into()).ok()?.as_string().filter(|text| !text.trim().is_empty());
    Some(HandedOver { files: files.into_iter().map(PickedFile::from).collect(), text }).filter(|shared| !shared.is_empty())
}

async fn take_newest() -> Result<Option<JsValue>, idb::Error> {
    let mut opening = Factory::new()?.open(&stored::database_name(DATABASE), Some(1))?;
    opening.on_upgrade_needed(|event| {
        if let Ok(database) = event.database() {
            #[expect(clippy::let_underscore_must_use, reason = "creating the store fails only if it exists already")]
            let _ = database.create_object_store(SHARES, ObjectStoreParams::new());
        }
    });
    let database = opening.await?;
    let shares = database.transaction(&[SHARES], TransactionMode::ReadWrite)?.object_store(SHARES)?;
    let (share, ()) = try_join!(shares.get(JsValue::from(NEWEST))?.into_future(), shares.delete(JsValue::from(NEWEST))?.into_future())?;
    database.close();
    Ok(share)
}

/// Whether to show the hint that a person has to open this app to share something. Web apps cannot be share targets on
/// an iPhone or iPad. The hint is not shown in the installed app, because there the person has already followed it.
#[must_use]
pub fn needs_share_hint() -> bool {
    let navigator = page::window().navigator();
    let is_installed = Reflect::get(&navigator, &"standalone".into()).is_ok_and(|it| it.is_truthy());
    !is_installed && navigator.user_agent().is_ok_and(|user_agent| is_ios(&user_agent, page::touch_points()))
}

/// An iPad claims to be a Mac, but a Mac has no touch points.
fn is_ios(user_agent: &str, touch_points: u32) -> bool {
    ["iPhone", "iPad", "iPod"].iter().any(|name| user_agent.contains(name)) || (user_agent.contains("Macintosh") && touch_points > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mac_that_can_be_touched_is_an_ipad() {
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15";
        assert!(is_ios(mac, 5) && !is_ios(mac, 0));
        assert!(is_ios("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)", 5));
        assert!(!is_ios("Mozilla/5.0 (Linux; Android 10; K)", 5));
    }
}
