//! Held seats: a member without a connection keeps the seat for a while, and leaves the room when the member does not
//! connect again by then.
//!
//! The deadline of each held seat is in the room's state. In a room that holds any seats, one task waits for the next
//! deadline; the task ends when no seat is held any more.

use std::convert::Infallible;

use app::room::{MemberId, RoomEvent};
use tokio::time::{Instant, sleep_until};

use super::{RecordError, RoomHandle, state::State};

impl RoomHandle {
    /// Holds the seat of `member`, and gives it up after the room's grace period unless the member connects before
    /// that.
    pub(super) fn hold_seat(&self, member: MemberId) {
        {
            let mut state = self.lock();
            // Taken under the lock, so that deadlines are added in their order.
            let until = Instant::now() + self.inner.settings.grace;
            let sockets = state.sockets.entry(member).or_default();
            if sockets.is_connected() {
                return;
            }
            sockets.held_until = Some(until);
            if std::mem::replace(&mut state.seats_are_watched, true) {
                return;
            }
        }
        let room = self.clone();
        tokio::spawn(async move { room.watch_seats().await });
    }

    /// Waits for one deadline after the other. Every seat is held for the same time, so that a deadline which is added
    /// meanwhile never comes before the one that the task is waiting for.
    async fn watch_seats(&self) {
        loop {
            let next = self.lock().next_deadline();
            let Some(next) = next else { return };
            if self.until_closed(sleep_until(next)).await.is_none() {
                return;
            }
            self.give_seats_up(Instant::now()).await;
        }
    }

    /// Records that the members whose seats ran out by `now` have left.
    async fn give_seats_up(&self, now: Instant) {
        let left = self.record(|room| {
            let is_over = |id: MemberId| room.state().sockets.get(&id).is_some_and(|it| it.ran_out(now));
            let leaving = room.members.iter().filter(|member| is_over(member.id));
            Ok::<_, Infallible>(leaving.map(|member| RoomEvent::MemberLeft { id: member.id }).collect::<Vec<_>>())
        });
        if let Err(RecordError::Journal(error)) = left.await {
            tracing::warn!(%error, "seats could not be given up; they are held once more");
            let later = now + self.inner.settings.grace;
            self.lock().sockets.values_mut().filter(|it| it.ran_out(now)).for_each(|it| it.held_until = Some(later));
        } else {
            let mut state = self.lock();
            state.sockets.retain(|_, it| !it.ran_out(now));
            state.forget_what_nobody_needs();
        }
    }
}

impl State {
    /// The next deadline of a held seat. Without one, it also notes that no task watches the seats any more.
    fn next_deadline(&mut self) -> Option<Instant> {
        let next = self.sockets.values().filter_map(|sockets| sockets.held_until).min();
        self.seats_are_watched = next.is_some();
        next
    }
}
