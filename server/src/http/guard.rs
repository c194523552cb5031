//! Access control: where a request comes from, whose seat it proves, and how often its sender may try something.

pub(crate) mod base_path;
pub(crate) mod body_deadline;
pub(crate) mod cors;
pub(crate) mod host;
pub(crate) mod method_override;
pub(crate) mod proxy;
pub(crate) mod same_origin;
pub(crate) mod secure;

mod at_once;
mod budget;
mod client;
mod entrance;
mod guesses;
mod page_turns;
mod path_text;
mod seat_cookie;
mod session;
mod unsent;
mod until_sent;

pub(crate) use at_once::{AtOnce, Running};
pub(crate) use budget::{Budget, too_many};
pub(crate) use client::Client;
pub(crate) use entrance::{Entrance, find_entrance, take_seat};
pub(crate) use guesses::Guesses;
pub(crate) use page_turns::PageTurns;
pub(crate) use path_text::PathText;
pub(crate) use seat_cookie::{forget_seat, seat_cookie, seat_token, seat_tokens};
pub(crate) use session::{Owner, Session, find_room};
pub(crate) use unsent::Unsent;
