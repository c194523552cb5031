//! How connections are encrypted. At most one of the modes is chosen; without one, the server speaks plain HTTP.

use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use axum::http::Uri;

use super::ListenAddress;

/// Encryption of connections.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "HTTPS (at most one way to get a certificate)")]
pub struct TlsOptions {
    /// The server's certificate, followed by those that lead to a trusted one, in PEM format; read again when it changes
    #[arg(long, env = "SNAPDROP_TLS_CERT", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,

    /// The private key of that certificate, in PEM format
    #[arg(long, env = "SNAPDROP_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,

    /// Sign certificates for the local network; each device has to trust this server once, at /ca
    #[arg(long, env = "SNAPDROP_TLS_SELF_SIGNED")]
    pub tls_self_signed: bool,

    /// A name under which the internet reaches this server, for a certificate of a public authority (ACME); may be repeated
    #[arg(long, env = "SNAPDROP_ACME_DOMAIN", value_name = "NAME", value_delimiter = ',', value_parser = domain)]
    pub acme_domain: Vec<String>,

    /// Where that authority may write to, such as mailto:you@drop.example; may be repeated
    #[arg(long, env = "SNAPDROP_ACME_CONTACT", value_name = "ADDRESS", value_delimiter = ',', value_parser = contact)]
    pub acme_contact: Vec<String>,

    /// The address of that authority's directory
    #[arg(long, env = "SNAPDROP_ACME_DIRECTORY", value_name = "URL", default_value = LETS_ENCRYPT, value_parser = directory)]
    pub acme_directory: String,

    /// A certificate by which the directory itself is trusted, in PEM format [default: those of the system]
    #[arg(long, env = "SNAPDROP_ACME_DIRECTORY_CA", value_name = "FILE")]
    pub acme_directory_ca: Option<PathBuf>,

    /// Revoke the certificate of that authority, for example because somebody else has its key, and end
    #[arg(long)]
    pub acme_revoke: bool,

    /// Address and port on which plain HTTP leads to HTTPS [default: none; with --acme-domain, port 80]
    #[arg(long, env = "SNAPDROP_HTTP_LISTEN", value_name = "ADDRESS:PORT")]
    pub http_listen: Option<SocketAddr>,

    /// Tell browsers to use nothing but HTTPS for this host for a year
    #[arg(long, env = "SNAPDROP_HSTS")]
    pub hsts: bool,
}

/// Where the server's certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsMode {
    /// From files that the administrator provides.
    Files {
        /// The path of the certificate and of those that lead to a trusted one.
        certificate: PathBuf,
        /// The path of the private key.
        key: PathBuf,
    },
    /// From a local authority of the server itself.
    SelfSigned,
    /// From a public authority.
    Acme(AcmeSettings),
}

/// How a certificate is ordered from a public authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcmeSettings {
    /// The names for which it is, in lower case and in order.
    pub domains: Vec<String>,
    /// Where the authority may write to, as addresses with a scheme.
    pub contacts: Vec<String>,
    /// The address of the authority's directory.
    pub directory: String,
    /// The path of the certificate by which the directory is trusted; `None` for those of the system.
    pub directory_ca: Option<PathBuf>,
}

/// The directory of Let's Encrypt (<https://letsencrypt.org/docs/acme-protocol-updates/>).
const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";
/// The port to which a public authority comes to prove a name (RFC 8555, section 8.3).
const HTTP_PORT: u16 = 80;

impl TlsOptions {
    /// The chosen mode; `None` for plain HTTP.
    ///
    /// # Errors
    /// One line that names the flags which do not go together.
    pub fn mode(&self) -> Result<Option<TlsMode>, String> {
        let files = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsMode::Files { certificate: certificate.clone(), key: key.clone() }),
            (Some(_), None) => return Err("--tls-cert needs --tls-key".to_owned()),
            (None, Some(_)) => return Err("--tls-key needs --tls-cert".to_owned()),
            (None, None) => None,
        };
        let self_signed = self.tls_self_signed.then_some(TlsMode::SelfSigned);
        let acme = (!self.acme_domain.is_empty()).then(|| {
            let mut domains = self.acme_domain.clone();
            domains.sort_unstable();
            domains.dedup();
            TlsMode::Acme(AcmeSettings {
                domains,
                contacts: self.acme_contact.clone(),
                directory: self.acme_directory.clone(),
                directory_ca: self.acme_directory_ca.clone(),
            })
        });
        if self.acme_revoke && acme.is_none() {
            return Err("--acme-revoke needs --acme-domain".to_owned());
        }
        let named = [("--tls-cert", files), ("--tls-self-signed", self_signed), ("--acme-domain", acme)];
        let mut chosen = named.into_iter().filter_map(|(flag, mode)| Some((flag, mode?)));
        match (chosen.next(), chosen.next()) {
            (Some((one, _)), Some((other, _))) => Err(format!("{other} cannot be used with {one}: choose one way to get a certificate")),
            (Some((_, mode)), None) => Ok(Some(mode)),
            (None, _) if self.http_listen.is_some() => {
                Err("--http-listen leads to HTTPS, so it needs --tls-cert, --tls-self-signed or --acme-domain".to_owned())
            }
            (None, _) => Ok(None),
        }
    }

    /// The address and port for plain HTTP; `None` if there is none. `listen` is the address of TLS.
    #[must_use]
    pub fn plain_listen(&self, listen: &ListenAddress) -> Option<SocketAddr> {
        let for_proof = match listen {
            ListenAddress::Network(address) if !self.acme_domain.is_empty() => Some(SocketAddr::new(address.ip(), HTTP_PORT)),
            _ => None,
        };
        self.http_listen.or(for_proof)
    }
}

/// Reads a name that a public authority can certify: one with a dot in it, without a wildcard.
fn domain(text: &str) -> Result<String, String> {
    let is_certifiable = is_host_name(text) && text.contains('.') && text.parse::<IpAddr>().is_err();
    if is_certifiable { Ok(text.to_ascii_lowercase()) } else { Err("not a name such as drop.example".to_owned()) }
}

/// Whether this is the name of a host in the Domain Name System (RFC 1123, section 2.1).
pub(crate) fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_allowed = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        (1..64).contains(&label.len()) && is_allowed && !label.starts_with('-') && !label.ends_with('-')
    };
    text.len() < 254 && text.split('.').all(is_label)
}

/// Reads an address to write to. A mail address may come without its scheme.
fn contact(text: &str) -> Result<String, String> {
    let address = text.strip_prefix("mailto:").unwrap_or(text);
    let is_mail = matches!(address.split_once('@'), Some((user, host)) if !user.is_empty() && host.contains('.') && !host.contains('@'));
    let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    if is_mail && is_plain { Ok(format!("mailto:{address}")) } else { Err("not an address such as mailto:you@drop.example".to_owned()) }
}

/// Reads the address of a directory, which is only trusted over TLS.
fn directory(text: &str) -> Result<String, String> {
    let is_url = text.parse::<Uri>().is_ok_and(|uri| uri.scheme_str() == Some("https") && uri.host().is_some_and(|host| !host.is_empty()));
    if is_url { Ok(text.to_owned()) } else { Err(format!("not an address such as {LETS_ENCRYPT}")) }
}
