//! The examinations that are under way: what the requests of one page have to know of each other, and how many there may be.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use app::wire::{Problem, ProblemCode};
use tokio::{sync::watch, time::Instant};

use crate::{
    http::{Refusal, guard::Budget},
    locks::lock,
    network::network,
    token_bucket::Rate,
};

/// How long an examination is remembered. The longest of its checks, the silent WebSocket, takes 100 seconds.
const LIFETIME: Duration = Duration::from_secs(180);
/// The most examinations at once. Each may have as many requests open as [`CHECKS`] allow.
const MAX_EXAMINATIONS: usize = 256;
/// The most at once of one IPv4 address or IPv6 /48 network, so that nobody takes the places of all others.
const MAX_OF_NETWORK: usize = 40;
/// The last part of the address of each check, and how often an examination may make it. The page measures a large upload or a small
/// one, and then two at a time.
const CHECKS: [(&str, u32); 6] = [("held", 1), ("arrived", 1), ("measured", 4), ("halves", 1), ("on", 1), ("socket", 1)];
/// How many examinations an address may begin: a class behind one address at once, and afterwards one in six seconds.
const BEGUN: Rate = Rate { burst: 40.0, per_second: 1.0 / 6.0 };

/// All examinations that are under way.
#[derive(Debug)]
pub(crate) struct Examinations {
    begun: Mutex<HashMap<String, Examination>>,
    budget: Budget,
}

/// One of them. A request that takes part in it has a clone.
#[derive(Clone, Debug)]
pub(crate) struct Examination(Arc<State>);

#[derive(Debug)]
struct State {
    begun_at: Instant,
    /// Who began it.
    network: IpAddr,
    /// How often each of the [`CHECKS`] was made.
    made: [AtomicU32; CHECKS.len()],
    /// Whether the beginning of the upload is here.
    arrived: watch::Sender<bool>,
    /// Whether the page has the first half of the response.
    goes_on: watch::Sender<bool>,
}

impl Default for Examinations {
    fn default() -> Self {
        Self { begun: Mutex::new(HashMap::new()), budget: Budget::new(BEGUN) }
    }
}

impl Examinations {
    /// Begins an examination, and returns the name by which the requests that follow take part in it.
    ///
    /// # Errors
    /// [`ProblemCode::TooManyRequests`] when this address has begun too many, [`ProblemCode::TooManyAtOnce`] when too many are
    /// under way.
    pub(crate) fn begin(&self, address: IpAddr) -> Result<String, Problem> {
        self.budget.spend(address)?;
        let id = format!("{:032x}", rand::random::<u128>());
        let now = Instant::now();
        let mut begun = lock(&self.begun);
        begun.retain(|_, examination| now.duration_since(examination.0.begun_at) < LIFETIME);
        let network = network(address, 48);
        let of_network = begun.values().filter(|examination| examination.0.network == network).count();
        if begun.len() >= MAX_EXAMINATIONS || of_network >= MAX_OF_NETWORK {
            let mut problem = Problem::new(ProblemCode::TooManyAtOnce, "Many others check their connection at the moment.");
            problem.retry_after_secs = Some(LIFETIME.as_secs());
            return Err(problem);
        }
        let state = State {
            begun_at: now,
            network,
            made: Default::default(),
            arrived: watch::Sender::new(false),
            goes_on: watch::Sender::new(false),
        };
        begun.insert(id.clone(), Examination(Arc::new(state)));
        Ok(id)
    }

    /// Takes part in the examination of this name with one more request, for one of the [`CHECKS`].
    ///
    /// # Errors
    /// [`ProblemCode::NotFound`] when it is not under way or there is no such check, [`ProblemCode::TooManyRequests`] when the check
    /// was made as often as it may be.
    pub(super) fn take_part(&self, id: &str, check: &str) -> Result<Examination, Refusal> {
        let known = lock(&self.begun).get(id).filter(|examination| examination.0.begun_at.elapsed() < LIFETIME).cloned();
        let examination = known.ok_or_else(|| Refusal::new(ProblemCode::NotFound, "This examination is over."))?;
        let position = CHECKS.iter().position(|(name, _)| *name == check);
        let position = position.ok_or_else(|| Refusal::new(ProblemCode::NotFound, "There is no such check."))?;
        if examination.0.made[position].fetch_add(1, Ordering::Relaxed) >= CHECKS[position].1 {
            return Err(Refusal::new(ProblemCode::TooManyRequests, "This examination has made this check already."));
        }
        Ok(examination)
    }
}

impl Examination {
    /// Notes that the beginning of the upload is here.
    pub(super) fn note_arrival(&self) {
        self.0.arrived.send_replace(true);
    }

    /// Waits until the beginning of the upload is here.
    pub(super) async fn arrival(&self) {
        wait_for(&self.0.arrived).await;
    }

    /// Notes that the page has the first half of the response.
    pub(super) fn go_on(&self) {
        self.0.goes_on.send_replace(true);
    }

    /// Waits until the page has the first half of the response.
    pub(super) async fn going_on(&self) {
        wait_for(&self.0.goes_on).await;
    }
}

async fn wait_for(happened: &watch::Sender<bool>) {
    let result = happened.subscribe().wait_for(|happened| *happened).await.map(|_| ());
    result.expect("whoever waits has the sender");
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: [u8; 4] = [192, 0, 2, 7];

    fn code(refused: Result<impl Sized, impl Into<Refusal>>) -> ProblemCode {
        let Err(refused) = refused else { panic!("not refused") };
        let Refusal(problem) = refused.into();
        problem.code
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_begins_so_many_and_others_go_on() {
        let examinations = Examinations::default();
        for _ in 0..40 {
            examinations.begin(ADDRESS.into()).unwrap();
        }
        assert_eq!(code(examinations.begin(ADDRESS.into())), ProblemCode::TooManyRequests);
        examinations.begin([192, 0, 2, 8].into()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn there_is_an_end_to_all_and_each_makes_room_when_its_time_is_over() {
        let examinations = Examinations::default();
        let begin = |number: usize| examinations.begin(std::net::Ipv4Addr::from_bits(u32::try_from(number).unwrap()).into());
        let first = begin(0).unwrap();
        for number in 1..MAX_EXAMINATIONS {
            begin(number).unwrap();
        }
        assert_eq!(code(begin(MAX_EXAMINATIONS)), ProblemCode::TooManyAtOnce);
        tokio::time::advance(LIFETIME).await;
        assert_eq!(code(examinations.take_part(&first, "on")), ProblemCode::NotFound);
        begin(MAX_EXAMINATIONS).unwrap();
        assert_eq!(lock(&examinations.begun).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn one_network_does_not_take_all_places() {
        let examinations = Examinations::default();
        let begin = |number: usize| examinations.begin(format!("2001:db8:0:{number:x}::1").parse().unwrap());
        for number in 0..MAX_OF_NETWORK {
            begin(number).unwrap();
        }
        assert_eq!(code(begin(MAX_OF_NETWORK)), ProblemCode::TooManyAtOnce);
        examinations.begin("2001:db8:1::1".parse().unwrap()).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn each_check_is_made_so_often_and_there_are_no_others() {
        let examinations = Examinations::default();
        let id = examinations.begin(ADDRESS.into()).unwrap();
        for (check, times) in CHECKS {
            for _ in 0..times {
                examinations.take_part(&id, check).unwrap();
            }
            assert_eq!(code(examinations.take_part(&id, check)), ProblemCode::TooManyRequests, "{check}");
        }
        assert_eq!(code(examinations.take_part(&id, "seen")), ProblemCode::NotFound);
        assert_eq!(code(examinations.take_part("unknown", "on")), ProblemCode::NotFound);
    }
}
