//! Small building blocks that several other components use.

pub mod flaps;
pub mod hydrated_later;
pub mod icons;
pub mod lazy;
pub mod modal;
pub mod shown;
