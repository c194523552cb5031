//! Small building blocks that several other components use.

pub mod erase;
pub mod flaps;
pub mod hydrated_later;
pub mod icons;
pub mod modal;
pub mod shown;
