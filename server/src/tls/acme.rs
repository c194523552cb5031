//! Certificates of a public authority that speaks ACME (RFC 8555), such as Let's Encrypt: ordered, kept in the data folder, and
//! renewed in time.

mod challenges;
mod order;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use instant_acme::CertificateIdentifier;
use rustls::{pki_types::CertificateDer, sign::CertifiedKey};
use tokio::time::{sleep, timeout};

use super::{
    Shown, TlsError,
    files::{certified_key, validity},
    kept_file::read,
};
use crate::{config::AcmeSettings, locks::lock};
use order::{Ordered, Orders, Proof};

pub(super) use challenges::{ACME_TLS_1, Challenges};

/// How often the authority is asked when a certificate should be renewed, and the clock is looked at.
const ASKED: Duration = Duration::from_secs(6 * 3600);
/// How long an order may take.
const PATIENCE: Duration = Duration::from_secs(600);
/// After how long the first order that failed is repeated, in the other way.
const OTHER_WAY_WAIT: Duration = Duration::from_secs(1);
/// After how long the second order that failed is repeated. Each further one takes four times as long, so that a wrong name does
/// not use up what the authority allows: Let's Encrypt takes five failed proofs of a name in an hour.
const FIRST_WAIT: Duration = Duration::from_secs(60);
/// After how long an order is repeated at the latest.
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3600);
/// After how long an order is repeated at the earliest that the authority refused because there were too many, or that brought a
/// certificate which cannot be used. It is also the least time between two certificates, whatever the clock of this machine says.
const LONG_WAIT: Duration = Duration::from_secs(3600);
/// How long the authority may take to say when a certificate should be renewed.
const ANSWER: Duration = Duration::from_secs(60);

/// The certificates of one server from one authority.
#[derive(Debug)]
pub(super) struct AcmeCertificates {
    orders: Orders,
    /// The path of the newest certificate with its key.
    kept: PathBuf,
    /// The certificate that is shown.
    newest: Mutex<Option<CertificateDer<'static>>>,
    /// At which part of the suggested time this server renews its certificate, so that not all servers come at once.
    part_of_window: f64,
}

impl AcmeCertificates {
    /// What orders certificates, and the one that was kept if it is for the same names and still valid.
    pub(super) fn open(
        settings: AcmeSettings,
        data_dir: &Path,
        challenges: Arc<Challenges>,
    ) -> Result<(Self, Option<CertifiedKey>), TlsError> {
        let kept = data_dir.join("snapdrop-acme.pem");
        let key = read(&kept)?.and_then(|text| match certified_key((&kept, text.as_bytes()), (&kept, text.as_bytes())) {
            Ok(key) => Some(key).filter(|key| order::is_for(&key.cert[0], &settings.domains)),
            Err(error) => {
                tracing::warn!(%error, "a new certificate is ordered");
                None
            }
        });
        let orders = Orders::new(settings, data_dir, challenges)?;
        let newest = Mutex::new(key.as_ref().map(|key| key.cert[0].clone()));
        Ok((Self { orders, kept, newest, part_of_window: rand::random() }, key))
    }

    /// Orders a certificate whenever one is needed. When that fails, the old one stays, and it is tried again later.
    pub(super) async fn keep_valid(&self, shown: &Shown) {
        let mut failures = 0;
        loop {
            let wait = self.renew_in(SystemTime::now()).await;
            if !wait.is_zero() {
                sleep(wait.min(ASKED)).await;
                continue;
            }
            // The other way may be open where the first one is closed.
            let proof = if failures % 2 == 0 { Proof::Http01 } else { Proof::TlsAlpn01 };
            match self.order(proof).await {
                Ok(key) => {
                    failures = 0;
                    shown.set(key);
                    tracing::info!(names = %self.orders.settings().domains.join(", "), "there is a new certificate");
                    sleep(self.pause()).await;
                }
                Err(failed) => {
                    failures += 1;
                    let wait = wait_after(failures, failed.is_costly);
                    let again_in = humantime::format_duration(wait);
                    tracing::error!(error = %failed.error, %again_in, "the authority is asked again");
                    sleep(wait).await;
                }
            }
        }
    }

    /// Orders, checks and keeps a certificate.
    async fn order(&self, proof: Proof) -> Result<CertifiedKey, order::Failed> {
        let replaced = lock(&self.newest).clone();
        let ordering = self.orders.order(proof, replaced.as_ref());
        let Ordered { text } = timeout(PATIENCE, ordering).await.unwrap_or_else(|_| Err(self.orders.failed("it takes too long")))?;
        // The authority counts a certificate that came, also one that cannot be used here.
        let unusable = |failed: order::Failed| order::Failed { is_costly: true, ..failed };
        super::kept_file::write(&self.kept, &text).map_err(|error| unusable(error.into()))?;
        let key = certified_key((&self.kept, text.as_bytes()), (&self.kept, text.as_bytes())).map_err(|error| unusable(error.into()))?;
        if !order::is_for(&key.cert[0], &self.orders.settings().domains) {
            return Err(unusable(self.orders.failed("its certificate is for other names")));
        }
        *lock(&self.newest) = Some(key.cert[0].clone());
        Ok(key)
    }

    /// How long the next order waits at least after one that brought a certificate.
    fn pause(&self) -> Duration {
        let validity = lock(&self.newest).as_ref().and_then(validity);
        let lifetime = validity.map(|(from, to)| to.duration_since(from).unwrap_or_default());
        lifetime.map_or(LONG_WAIT, |lifetime| LONG_WAIT.min(lifetime / 10))
    }

    /// After how long the certificate should be renewed: when the authority suggests it (RFC 9773), or otherwise after two thirds
    /// of its time.
    async fn renew_in(&self, now: SystemTime) -> Duration {
        let Some(certificate) = lock(&self.newest).clone() else { return Duration::ZERO };
        let Some((from, to)) = validity(&certificate) else { return Duration::ZERO };
        let suggested = match CertificateIdentifier::try_from(&certificate) {
            Ok(identifier) => timeout(ANSWER, self.orders.suggested(&identifier)).await.ok().flatten(),
            Err(_) => None,
        };
        let at = match suggested {
            Some((start, end)) => point_between(start, end, self.part_of_window),
            None => point_between(from, to, 2.0 / 3.0),
        };
        at.duration_since(now).unwrap_or_default()
    }
}

/// The time at this part of the way from one to the other.
fn point_between(start: SystemTime, end: SystemTime, part: f64) -> SystemTime {
    start + end.duration_since(start).unwrap_or_default().mul_f64(part)
}

/// After how long an order is repeated that failed so many times in a row.
fn wait_after(failures: u32, is_costly: bool) -> Duration {
    let wait = match failures {
        0 | 1 => OTHER_WAY_WAIT,
        _ => FIRST_WAIT.saturating_mul(4_u32.saturating_pow(failures - 2)).min(LONGEST_WAIT),
    };
    if is_costly { wait.max(LONG_WAIT) } else { wait }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_orders_are_repeated_ever_more_seldom() {
        let waits: Vec<u64> = (1..9).map(|failures| wait_after(failures, false).as_secs()).collect();
        assert_eq!(waits, [1, 60, 240, 960, 3840, 15360, 21600, 21600]);
        assert_eq!(wait_after(1, true).as_secs(), 3600);
        assert_eq!(wait_after(40, true).as_secs(), 21600);
    }

    #[test]
    fn a_certificate_is_renewed_within_the_time_that_is_suggested() {
        let start = SystemTime::UNIX_EPOCH;
        let end = start + Duration::from_secs(90);
        assert_eq!(point_between(start, end, 2.0 / 3.0), start + Duration::from_secs(60));
        assert_eq!(point_between(end, start, 0.5), end);
    }
}
