//! How connections are encrypted. At most one of the modes is chosen; without one, the server speaks plain HTTP.

use std::{net::SocketAddr, path::PathBuf};

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

    /// Address and port on which plain HTTP leads to HTTPS [default: none]
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
}

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
        match (files, self.tls_self_signed) {
            (Some(_), true) => Err("--tls-self-signed cannot be used with --tls-cert: choose one way to get a certificate".to_owned()),
            (None, false) if self.http_listen.is_some() => {
                Err("--http-listen leads to HTTPS, so it needs --tls-cert or --tls-self-signed".to_owned())
            }
            (files, false) => Ok(files),
            (None, true) => Ok(Some(TlsMode::SelfSigned)),
        }
    }
}
