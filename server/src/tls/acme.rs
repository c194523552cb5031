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
use rustls::{
    pki_types::{CertificateDer, pem::PemObject as _},
    sign::CertifiedKey,
};
use tokio::time::{sleep, timeout};

use super::{
    Shown, TlsError,
    files::{certified_key, validity},
    kept_file::{read, write},
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

/// The name of the file with the newest certificate and its key.
const KEPT: &str = "snapdrop-acme.pem";

/// Revokes the certificate that is kept in the data folder, and forgets it together with its key. A server that is running shows it
/// until it is started again; then it orders another one, with a new key.
///
/// # Errors
/// [`TlsError`] when there is no certificate, or the authority does not revoke it.
pub(super) async fn revoke(settings: AcmeSettings, data_dir: &Path) -> Result<(), TlsError> {
    let kept = data_dir.join(KEPT);
    let text = read(&kept)?.ok_or_else(|| TlsError::NothingToRevoke { path: kept.clone() })?;
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).map_err(|_| TlsError::NoCertificate { path: kept.clone() })?;
    let orders = Orders::new(settings, data_dir, Arc::default())?;
    let revoking = timeout(PATIENCE, orders.revoke(&certificate)).await;
    revoking.unwrap_or_else(|_| Err(orders.failed("it takes too long").error))?;
    std::fs::remove_file(&kept).map_err(|error| TlsError::File { path: kept, error })
}

impl AcmeCertificates {
    /// What orders certificates, and the one that was kept if it is for the same names and still valid.
    pub(super) fn open(
        settings: AcmeSettings,
        data_dir: &Path,
        challenges: Arc<Challenges>,
    ) -> Result<(Self, Option<CertifiedKey>), TlsError> {
        let kept = data_dir.join(KEPT);
        let key = kept_for(&kept, &settings.domains)?;
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

    /// Orders, checks and keeps a certificate. One that came while the clock of this machine was wrong may have become valid.
    async fn order(&self, proof: Proof) -> Result<CertifiedKey, order::Failed> {
        if lock(&self.newest).is_none()
            && let Some(key) = kept_for(&self.kept, &self.orders.settings().domains)?
        {
            *lock(&self.newest) = Some(key.cert[0].clone());
            return Ok(key);
        }
        let replaced = lock(&self.newest).clone();
        let ordering = self.orders.order(proof, replaced.as_ref());
        let Ordered { text } = timeout(PATIENCE, ordering).await.unwrap_or_else(|_| Err(self.orders.failed("it takes too long")))?;
        // The authority counts a certificate that came, also one that cannot be used here.
        let unusable = |failed: order::Failed| order::Failed { is_costly: true, ..failed };
        let key = certified_key((&self.kept, text.as_bytes()), (&self.kept, text.as_bytes()));
        // One that cannot be used now does not take the place of one that can.
        if key.is_ok() || replaced.is_none() {
            write(&self.kept, &text).map_err(|error| unusable(error.into()))?;
        }
        let key = key.map_err(|error| unusable(error.into()))?;
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

/// The certificate that is kept in this file, if it is for these names and can be used now.
fn kept_for(file: &Path, names: &[String]) -> Result<Option<CertifiedKey>, TlsError> {
    let Some(text) = read(file)? else { return Ok(None) };
    match certified_key((file, text.as_bytes()), (file, text.as_bytes())) {
        Ok(key) => Ok(Some(key).filter(|key| order::is_for(&key.cert[0], names))),
        Err(error) => {
            tracing::warn!(%error, "the certificate that was kept is not used");
            Ok(None)
        }
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

    #[test]
    fn what_is_kept_is_used_only_for_the_same_names_and_in_its_time() {
        use rcgen::{CertificateParams, KeyPair, date_time_ymd};
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kept.pem");
        let names = ["a.example".to_owned(), "b.example".to_owned()];
        let found = |names: &[String]| kept_for(&file, names).unwrap().is_some();
        assert!(!found(&names), "there is no file");
        let keep = |from_year: i32, to_year: i32| {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(names.to_vec()).unwrap();
            (params.not_before, params.not_after) = (date_time_ymd(from_year, 1, 1), date_time_ymd(to_year, 1, 1));
            write(&file, &(key.serialize_pem() + &params.self_signed(&key).unwrap().pem())).unwrap();
        };
        keep(2020, 2090);
        assert!(found(&names) && !found(&names[..1]));
        for (from_year, to_year) in [(2020, 2021), (2089, 2090)] {
            keep(from_year, to_year);
            assert!(!found(&names), "{from_year} to {to_year}");
        }
    }
}
