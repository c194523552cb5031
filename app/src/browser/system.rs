//! What the page uses of its browser and of the operating system: address, visibility, theme, language, notifications,
//! and other helpers that need no room.

pub mod chosen_name;
pub mod clipboard;
pub mod clock;
pub mod hydration;
pub mod language;
pub mod leaving;
pub mod page;
pub mod painted;
pub mod places;
pub mod sharing;
pub mod theme;
pub mod throttle;
pub mod toasts;
pub mod wake_lock;

pub(crate) mod backoff;
pub(crate) mod notifications;
pub(crate) mod service_worker;
pub(crate) mod stored;
pub(crate) mod tab_lock;
