//! How many requests that take much run at the same time for one member. One that is refused can be sent again as soon as
//! another one has ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use app::{
    room::MemberId,
    wire::{Problem, ProblemCode},
};
use axum::response::Response;

use super::until_sent::until_sent;
use crate::locks::lock;

/// The requests of one kind that run now, and how many each member may have. All clones count together.
#[derive(Clone, Debug)]
pub(crate) struct AtOnce {
    per_member: usize,
    running: Arc<Mutex<HashMap<MemberId, usize>>>,
}

/// A request that runs until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    member: MemberId,
    all: AtOnce,
}

impl AtOnce {
    /// Allows so many requests for each member.
    pub(crate) fn new(per_member: usize) -> Self {
        Self { per_member, running: Arc::default() }
    }

    /// Begins a request of this member.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyAtOnce`] when too many are running.
    pub(crate) fn begin(&self, member: MemberId) -> Result<Running, Problem> {
        let mut running = lock(&self.running);
        if running.get(&member).is_some_and(|of_member| *of_member >= self.per_member) {
            let detail = "You are loading as much as you may at the same time. Wait until that is here, and try again.";
            let mut problem = Problem::new(ProblemCode::TooManyAtOnce, detail);
            problem.retry_after_secs = Some(5);
            return Err(problem);
        }
        *running.entry(member).or_default() += 1;
        Ok(Running { member, all: self.clone() })
    }
}

impl Running {
    /// Lets the request run until nearly all of its response is sent, or the client is gone.
    pub(crate) fn until_sent(self, response: Response) -> Response {
        until_sent(response, self)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut running = lock(&self.all.running);
        if let Some(of_member) = running.get_mut(&self.member) {
            *of_member -= 1;
            if *of_member == 0 {
                running.remove(&self.member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_run_for_a_member_and_nothing_is_remembered_afterwards() {
        let all = AtOnce::new(2);
        let [first, second] = [1, 2].map(MemberId::new);
        let begin = |member| all.begin(member).map_err(|problem| (problem.status, problem.retry_after_secs));
        let (one, two) = (begin(first).unwrap(), begin(first).unwrap());
        assert_eq!(begin(first).err(), Some((429, Some(5))));
        let three = begin(second).unwrap();
        drop(one);
        let four = begin(first).unwrap();
        drop((two, three, four));
        assert!(lock(&all.running).is_empty());
    }
}
