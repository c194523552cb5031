//! The certificate that the server signs itself for the names and addresses of its local network.

use std::{path::Path, sync::Mutex, time::SystemTime};

use rustls::sign::CertifiedKey;

use super::{Authority, Names, TlsError, authority::Leaf, server_names};
use crate::locks::lock;

/// Makes the certificates of this machine.
#[derive(Debug)]
pub(super) struct LocalCertificates {
    authority: Authority,
    extra_names: Vec<String>,
    newest: Mutex<Newest>,
}

/// For which names the newest certificate is, and when its time is over.
#[derive(Debug)]
struct Newest {
    names: Names,
    valid_from: SystemTime,
    renew_at: SystemTime,
}

impl LocalCertificates {
    /// The first certificate, and what makes the later ones.
    pub(super) fn open(data_dir: &Path, extra_names: &[String]) -> Result<(Self, CertifiedKey), TlsError> {
        let authority = Authority::open(data_dir, SystemTime::now())?;
        let names = server_names(extra_names);
        let Leaf { key, valid_from, renew_at } = authority.sign(&names, SystemTime::now())?;
        Ok((Self { authority, extra_names: extra_names.to_vec(), newest: Mutex::new(Newest { names, valid_from, renew_at }) }, key))
    }

    pub(super) fn authority(&self) -> &Authority {
        &self.authority
    }

    /// A new certificate if the old one is not for the names of today, runs out soon, or is not valid yet because the clock was set
    /// back.
    pub(super) fn renewed(&self) -> Result<Option<CertifiedKey>, TlsError> {
        self.renewed_for(server_names(&self.extra_names), SystemTime::now())
    }

    fn renewed_for(&self, names: Names, now: SystemTime) -> Result<Option<CertifiedKey>, TlsError> {
        let mut newest = lock(&self.newest);
        if newest.names == names && (newest.valid_from..newest.renew_at).contains(&now) {
            return Ok(None);
        }
        let Leaf { key, valid_from, renew_at } = self.authority.sign(&names, now)?;
        *newest = Newest { names, valid_from, renew_at };
        Ok(Some(key))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_new_certificate_is_made_when_names_change_or_time_runs_out() {
        let folder = tempfile::tempdir().unwrap();
        let (local, _) = LocalCertificates::open(folder.path(), &[]).unwrap();
        let (here, elsewhere, now) = (server_names(&[]), Names::of(["192.168.7.7"]), SystemTime::now());
        let is_new = |names: &Names, now| local.renewed_for(names.clone(), now).unwrap().is_some();
        assert!(!is_new(&here, now));
        assert!(is_new(&elsewhere, now));
        assert!(!is_new(&elsewhere, now));
        let later = now + Duration::from_secs(61 * 24 * 3600);
        assert!(is_new(&elsewhere, later));
        assert!(!is_new(&elsewhere, later));
        assert!(is_new(&elsewhere, now), "the clock was set back");
    }
}
