//! One order: the account, the proof of each name, and the certificate.

use std::{
    error::Error as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, CertificateIdentifier, ChallengeType, Error, Identifier, NewAccount, NewOrder,
    OrderStatus, RetryPolicy, RevocationRequest,
};
use rcgen::{CertificateParams, DistinguishedName, KeyPair};
use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use x509_parser::{extensions::GeneralName, prelude::FromDer as _};

use super::challenges::Challenges;
use crate::{
    config::AcmeSettings,
    tls::{
        TlsError,
        kept_file::{read, write},
    },
};

/// The beginning of the type of a problem that says that there were too many orders (RFC 8555, section 6.7).
const RATE_LIMITED: &str = "urn:ietf:params:acme:error:rateLimited";
/// The one that says that the authority does not know the account any more.
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// The one that says that a certificate is revoked already.
const ALREADY_REVOKED: &str = "urn:ietf:params:acme:error:alreadyRevoked";

/// Orders certificates.
pub(super) struct Orders {
    settings: AcmeSettings,
    /// The path of the account's file.
    account_file: PathBuf,
    account: Mutex<Option<Account>>,
    challenges: Arc<Challenges>,
}

impl std::fmt::Debug for Orders {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Orders").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// How a name is proved.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proof {
    /// By a file on port 80.
    Http01,
    /// By a certificate on port 443.
    TlsAlpn01,
}

/// A certificate that came.
pub(super) struct Ordered {
    /// Its key and its chain in PEM format.
    pub(super) text: String,
}

/// Why no certificate came.
#[derive(Debug)]
pub(super) struct Failed {
    pub(super) error: TlsError,
    /// Whether the next attempt should be far away: the authority had too many orders, or counted this one.
    pub(super) is_costly: bool,
}

impl From<TlsError> for Failed {
    fn from(error: TlsError) -> Self {
        Self { error, is_costly: false }
    }
}

/// The account as it is kept in the data folder.
#[derive(Serialize, Deserialize)]
struct KeptAccount {
    /// The address of the directory to which it belongs.
    directory: String,
    credentials: AccountCredentials,
}

impl Orders {
    pub(super) fn new(settings: AcmeSettings, data_dir: &Path, challenges: Arc<Challenges>) -> Result<Self, TlsError> {
        if let Some(path) = &settings.directory_ca {
            std::fs::metadata(path).map_err(|error| TlsError::File { path: path.clone(), error })?;
        }
        Ok(Self { settings, account_file: data_dir.join("snapdrop-acme.json"), account: Mutex::new(None), challenges })
    }

    pub(super) fn settings(&self) -> &AcmeSettings {
        &self.settings
    }

    /// A failure for this reason.
    pub(super) fn failed(&self, reason: &str) -> Failed {
        TlsError::Acme { directory: self.settings.directory.clone(), reason: reason.to_owned() }.into()
    }

    fn failed_by(&self, error: &Error) -> Failed {
        let is_costly = type_of(error) == Some(RATE_LIMITED);
        if type_of(error) == Some(NO_ACCOUNT) {
            #[expect(clippy::let_underscore_must_use, reason = "an account that cannot be removed is asked for again")]
            let _ = std::fs::remove_file(&self.account_file);
        }
        Failed { is_costly, ..self.failed(&line_of(error)) }
    }

    /// Orders a certificate that takes the place of `replaced`.
    pub(super) async fn order(&self, proof: Proof, replaced: Option<&CertificateDer<'_>>) -> Result<Ordered, Failed> {
        let account = self.account().await?;
        let ordered = self.order_with(&account, proof, replaced).await;
        self.challenges.clear();
        if ordered.is_err() {
            // The account may be unknown to the authority by now.
            *self.account.lock().await = None;
        }
        ordered
    }

    async fn order_with(&self, account: &Account, proof: Proof, replaced: Option<&CertificateDer<'_>>) -> Result<Ordered, Failed> {
        let failed = |error: Error| self.failed_by(&error);
        let names: Vec<Identifier> = self.settings.domains.iter().cloned().map(Identifier::Dns).collect();
        let replaced = replaced.and_then(|certificate| CertificateIdentifier::try_from(certificate).ok());
        let mut order = match replaced.map(|replaced| NewOrder::new(&names).replaces(replaced)) {
            Some(replacing) => match account.new_order(&replacing).await {
                // It does not know what a replacement is, or does not take this certificate for one.
                Err(Error::Unsupported(_) | Error::Other(_) | Error::Api(_)) => account.new_order(&NewOrder::new(&names)).await,
                ordered => ordered,
            },
            None => account.new_order(&NewOrder::new(&names)).await,
        }
        .map_err(failed)?;
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization.map_err(failed)?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let name = authorization.identifier().to_string();
            let (preferred, other) = match proof {
                Proof::Http01 => (ChallengeType::Http01, ChallengeType::TlsAlpn01),
                Proof::TlsAlpn01 => (ChallengeType::TlsAlpn01, ChallengeType::Http01),
            };
            let offered = |kind: &ChallengeType| authorization.challenges.iter().any(|challenge| challenge.r#type == *kind);
            let kind = if offered(&preferred) { preferred } else { other };
            let mut challenge = authorization.challenge(kind).ok_or_else(|| self.failed("it offers neither http-01 nor tls-alpn-01"))?;
            let answer = challenge.key_authorization();
            if challenge.r#type == ChallengeType::Http01 {
                self.challenges.expect_http(&challenge.token, answer.as_str());
            } else {
                self.challenges.expect_tls(&name, answer.digest().as_ref())?;
            }
            challenge.set_ready().await.map_err(failed)?;
        }
        if order.poll_ready(&RetryPolicy::new()).await.map_err(failed)? != OrderStatus::Ready {
            return Err(self.not_proved(&mut order).await);
        }
        let key = KeyPair::generate().map_err(TlsError::from)?;
        let mut params = CertificateParams::new(self.settings.domains.clone()).map_err(TlsError::from)?;
        params.distinguished_name = DistinguishedName::new();
        let request = params.serialize_request(&key).map_err(TlsError::from)?;
        order.finalize_csr(request.der()).await.map_err(failed)?;
        let chain = order.poll_certificate(&RetryPolicy::new()).await.map_err(failed)?;
        Ok(Ordered { text: format!("{}{chain}", key.serialize_pem()) })
    }

    /// Why the authority did not find what it was meant to.
    async fn not_proved(&self, order: &mut instant_acme::Order) -> Failed {
        let mut authorizations = order.authorizations();
        while let Some(Ok(mut authorization)) = authorizations.next().await {
            let Ok(state) = authorization.refresh().await else { continue };
            if let Some(problem) = state.challenges.iter().find_map(|challenge| challenge.error.as_ref()) {
                return self.failed(&problem.to_string());
            }
        }
        self.failed("it did not find what proves the name")
    }

    /// The account with the authority: the one that was used before, or a new one.
    async fn account(&self) -> Result<Account, Failed> {
        let mut account = self.account.lock().await;
        if let Some(account) = &*account {
            return Ok(account.clone());
        }
        let builder = match &self.settings.directory_ca {
            Some(path) => Account::builder_with_root(path),
            None => Account::builder(),
        };
        let builder = builder.map_err(|error| self.failed_by(&error))?;
        let kept = read(&self.account_file)?.and_then(|text| serde_json::from_str::<KeptAccount>(&text).ok());
        let found = match kept.filter(|kept| kept.directory == self.settings.directory) {
            Some(kept) => builder.from_credentials(kept.credentials).await.map_err(|error| self.failed_by(&error))?,
            None => {
                let contact: Vec<&str> = self.settings.contacts.iter().map(String::as_str).collect();
                let new = NewAccount { contact: &contact, terms_of_service_agreed: true, only_return_existing: false };
                let directory = self.settings.directory.clone();
                let created = builder.create(&new, directory.clone(), None).await;
                let (created, credentials) = created.map_err(|error| self.failed_by(&error))?;
                let text = serde_json::to_string(&KeptAccount { directory, credentials }).expect("an account has string keys");
                write(&self.account_file, &text)?;
                created
            }
        };
        *account = Some(found.clone());
        Ok(found)
    }

    /// Makes the authority say from now on that a certificate is not to be trusted (RFC 8555, section 7.6).
    pub(super) async fn revoke(&self, certificate: &CertificateDer<'_>) -> Result<(), TlsError> {
        let refused = |reason: String| TlsError::NotRevoked { directory: self.settings.directory.clone(), reason };
        let account = self.account().await.map_err(|failed| match failed.error {
            TlsError::Acme { reason, .. } => refused(reason),
            error => error,
        })?;
        let request = RevocationRequest { certificate, reason: None };
        match account.revoke(&request).await {
            // The answer to an earlier request may have been lost.
            Err(error) if type_of(&error) == Some(ALREADY_REVOKED) => Ok(()),
            revoked => revoked.map_err(|error| refused(line_of(&error))),
        }
    }

    /// The time within which the authority suggests to renew a certificate; `None` if it does not say.
    pub(super) async fn suggested(&self, certificate: &CertificateIdentifier<'_>) -> Option<(SystemTime, SystemTime)> {
        let account = self.account().await.ok()?;
        let (info, _) = account.renewal_info(certificate).await.ok()?;
        Some((info.suggested_window.start.into(), info.suggested_window.end.into()))
    }
}

/// The type of the problem that the authority names.
fn type_of(error: &Error) -> Option<&str> {
    match error {
        Error::Api(problem) => problem.r#type.as_deref(),
        _ => None,
    }
}

/// An error with those that caused it, in one line.
fn line_of(error: &Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let text = next.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = next.source();
    }
    // The usual reason why a certificate of the directory is not valid at this time.
    if line.contains("Expired") || line.contains("NotValidYet") || line.contains("expired") {
        line.push_str("; is the clock of this machine right?");
    }
    line.replace('\n', " ")
}

/// Whether a certificate is for exactly these names.
pub(super) fn is_for(certificate: &CertificateDer<'_>, names: &[String]) -> bool {
    let Ok((_, certificate)) = x509_parser::certificate::X509Certificate::from_der(certificate) else { return false };
    let Ok(Some(alternatives)) = certificate.subject_alternative_name() else { return false };
    let mut certified: Vec<String> = alternatives
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some(name.to_ascii_lowercase()),
            _ => None,
        })
        .collect();
    certified.sort_unstable();
    certified == names
}
