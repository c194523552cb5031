//! The components that draw the pages. They pass what people do on to [`crate::browser`]. Each module here holds the
//! components of one area of the screen; `elements` holds building blocks for all of them.

pub mod chrome;
pub mod elements;
pub mod entrance;
pub mod files;
pub mod people;
pub mod room;
