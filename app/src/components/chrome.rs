//! What surrounds every page: the header with its switches, and the notices above it.

pub mod language_switch;
pub mod masthead;
pub mod theme_switch;
pub mod toast_list;
pub mod update_notice;
