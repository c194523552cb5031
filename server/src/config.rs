//! The server's configuration: command-line flags and the environment variables that stand for them, checked before
//! anything is bound.

mod limits;
mod listen;
mod tls;

use std::{
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    time::Duration,
};

use app::{room::PIN_DIGITS, wire::BasePath};
use axum::http::{Uri, uri::Authority};
use bytesize::ByteSize;
use clap::{
    Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use ipnet::IpNet;

use crate::durability::SyncMode;

pub use limits::Limits;
pub use listen::ListenAddress;
pub(crate) use tls::is_host_name;
pub use tls::{AcmeSettings, TlsMode, TlsOptions};

/// The configuration of one server.
#[derive(Clone, Debug, Parser)]
#[command(name = "snapdrop", version, about = "Hand files to the people around you")]
pub struct Config {
    /// Address and port to listen on; port 0 takes a free one. Or unix:/path/of/a.sock, for a proxy on this machine, which is believed
    /// like one of --trusted-proxy
    #[arg(long, env = "SNAPDROP_LISTEN", default_value = "0.0.0.0:3000", value_name = "ADDRESS:PORT")]
    pub listen: ListenAddress,

    /// Folder of the database and the files; created if missing
    #[arg(long, env = "SNAPDROP_DATA_DIR", default_value = "./data", value_name = "DIR")]
    pub data_dir: PathBuf,

    /// A room that nobody used for this long is closed, such as 90m, 24h or 7d
    #[arg(long, env = "SNAPDROP_ROOM_TTL", default_value = "24h", value_name = "DURATION", value_parser = ttl, allow_negative_numbers = true)]
    pub room_ttl: Duration,

    /// A room in which there was never a file, a text or a guest is closed when nobody used it for this long
    #[arg(long, env = "SNAPDROP_UNSHARED_ROOM_TTL", default_value = "1h", value_name = "DURATION", value_parser = ttl, allow_negative_numbers = true)]
    pub unshared_room_ttl: Duration,

    /// Largest file that is taken, such as 500MB or 64GiB
    #[arg(long, env = "SNAPDROP_MAX_FILE_SIZE", default_value = "64GiB", value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    pub max_file_size: ByteSize,

    /// All files of one room together
    #[arg(long, env = "SNAPDROP_MAX_ROOM_SIZE", default_value = "256GiB", value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    pub max_room_size: ByteSize,

    /// All files of all rooms together [default: as much as the disk takes]
    #[arg(long, env = "SNAPDROP_MAX_STORAGE", value_name = "SIZE", value_parser = size, allow_negative_numbers = true)]
    pub max_storage: Option<ByteSize>,

    /// Refuse files that would leave less of the disk free than this; 0 lets it fill
    #[arg(long, env = "SNAPDROP_MIN_FREE_SPACE", default_value = "0", value_name = "SIZE", value_parser = any_size, allow_negative_numbers = true)]
    pub min_free_space: ByteSize,

    /// When acknowledged bytes are safe from a power cut: moments later (background) or before (always)
    #[arg(long, env = "SNAPDROP_SYNC", default_value = "background", value_name = "MODE", value_parser = sync_mode)]
    pub sync: SyncMode,

    /// An unfinished upload of which nothing arrived for this long is given up
    #[arg(long, env = "SNAPDROP_UPLOAD_TTL", default_value = "24h", value_name = "DURATION", value_parser = ttl, allow_negative_numbers = true)]
    pub upload_ttl: Duration,

    /// Another site whose pages may use the API with a token, such as <https://app.example>; may be repeated.
    #[arg(
        help = "Another site whose pages may use the API with a token, such as https://app.example; may be repeated",
        long,
        env = "SNAPDROP_CORS_ORIGIN",
        value_name = "ORIGIN",
        value_delimiter = ',',
        value_parser = origin
    )]
    pub cors_origin: Vec<String>,

    /// A name or address under which the server may be reached, without the port; may be repeated [default: any]
    #[arg(long, env = "SNAPDROP_ALLOWED_HOST", value_name = "HOST", value_delimiter = ',')]
    pub allowed_host: Vec<String>,

    /// A proxy, or a network of proxies, whose word is taken for who a client is, such as 127.0.0.1 or 10.0.0.0/8; may be repeated
    #[arg(long, env = "SNAPDROP_TRUSTED_PROXY", value_name = "ADDRESS", value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// Connections of these proxies begin with a PROXY header (versions 1 and 2), which says who the client is
    #[arg(long, env = "SNAPDROP_PROXY_PROTOCOL")]
    pub proxy_protocol: bool,

    /// The address under which people reach the server, for links and QR codes, such as <https://drop.example> [default: that of the request]
    #[arg(
        help = "The address under which people reach the server, for links and QR codes, such as https://drop.example [default: that of each request]",
        long,
        env = "SNAPDROP_PUBLIC_URL",
        value_name = "ORIGIN",
        value_parser = origin
    )]
    pub public_url: Option<String>,

    /// Path below which people reach the server, on a host that it shares with other programs, such as /drop [default: /]
    #[arg(long, env = "SNAPDROP_BASE_PATH", default_value = "/", hide_default_value = true, value_name = "PATH", value_parser = base_path)]
    pub base_path: BasePath,

    /// Digits of a room's PIN
    #[arg(long, env = "SNAPDROP_PIN_DIGITS", default_value = "6", value_name = "N", value_parser = pin_digits, allow_negative_numbers = true)]
    pub pin_digits: usize,

    /// How connections are encrypted.
    #[command(flatten)]
    pub tls: TlsOptions,

    /// What clients may use.
    #[command(flatten)]
    pub limits: Limits,

    /// The time limits of connections and transfers. They are not on the command line, because the API promises these
    /// values.
    #[arg(skip)]
    pub timeouts: Timeouts,
}

/// The time limits of connections and transfers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// The time between two heartbeats on a WebSocket. A peer that sends nothing for twice as long is disconnected.
    pub heartbeat: Duration,
    /// How long a seat is held for a member without a connection.
    pub grace: Duration,
    /// How long running requests may go on after the server was told to stop.
    pub drain: Duration,
    /// How long an upload may bring no bytes: a running request is ended after that, and an upload without one counts
    /// as stopped.
    pub idle_upload: Duration,
    /// How long an upload may bring no bytes until the space that is claimed ahead of its bytes is given back.
    pub idle_claim: Duration,
    /// How long a download waits for more bytes of a running upload.
    pub idle_download: Duration,
    /// How long a client may take from the first byte of a request's head to the last.
    pub head: Duration,
    /// How long a client may take nothing of what is sent to it.
    pub stalled_client: Duration,
    /// How long the body of a request may take that is read as a whole. The bytes of files have `idle_upload` instead.
    pub whole_body: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(app::wire::HEARTBEAT_SECS.into()),
            grace: Duration::from_secs(60),
            drain: Duration::from_secs(10),
            idle_upload: Duration::from_secs(30),
            idle_claim: Duration::from_secs(600),
            idle_download: Duration::from_secs(60),
            head: Duration::from_secs(10),
            stalled_client: Duration::from_secs(60),
            whole_body: Duration::from_secs(10),
        }
    }
}

/// Why [`Config::from_args`] returns no configuration.
#[derive(Debug)]
pub enum ConfigError {
    /// The user asked for the help or the version: print this text and exit with 0.
    Help(String),
    /// A flag or variable is wrong: this is one line that names it.
    Invalid(String),
}

impl Config {
    /// Reads the command line, which begins with the program's name, and the environment.
    ///
    /// # Errors
    /// [`ConfigError`] with the text to print.
    pub fn from_args<A: Into<std::ffi::OsString> + Clone>(args: impl IntoIterator<Item = A>) -> Result<Self, ConfigError> {
        let mut config = Self::try_parse_from(args).map_err(|error| refusal(&error))?;
        if config.max_file_size > config.max_room_size {
            return Err(ConfigError::Invalid(format!(
                "--max-file-size ({}) is larger than --max-room-size ({})",
                config.max_file_size, config.max_room_size
            )));
        }
        let tls_mode = config.tls.mode().map_err(ConfigError::Invalid)?;
        if let ListenAddress::Unix(_) = config.listen {
            if tls_mode.is_some() {
                let line = "--listen with a socket file is for a proxy, which speaks TLS itself: leave the ways to get a certificate out";
                return Err(ConfigError::Invalid(line.to_owned()));
            }
            // It stands for whoever connects through the file, and nobody else comes.
            config.trusted_proxy.push(IpAddr::from(Ipv4Addr::LOCALHOST).into());
        }
        if config.proxy_protocol && config.trusted_proxy.is_empty() {
            return Err(ConfigError::Invalid("--proxy-protocol needs --trusted-proxy, which says whose headers are believed".to_owned()));
        }
        Ok(config)
    }

    /// The names and addresses under which the configuration says that people reach the server, without ports.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let public: Option<Uri> = self.public_url.as_ref().and_then(|url| url.parse().ok());
        self.allowed_host.iter().cloned().chain(public.and_then(|url| url.host().map(ToOwned::to_owned))).collect()
    }
}

fn refusal(error: &clap::Error) -> ConfigError {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        return ConfigError::Help(error.to_string());
    }
    let context = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.split_whitespace().next().unwrap_or_default().to_owned(),
        _ => String::new(),
    };
    let flag = context(ContextKind::InvalidArg);
    let line = match error.kind() {
        ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            let value = match error.get(ContextKind::InvalidValue) {
                Some(ContextValue::String(text)) => text.as_str(),
                _ => "",
            };
            let reason = std::error::Error::source(error).map_or_else(|| "not a value for it".to_owned(), ToString::to_string);
            let variable = format!("SNAPDROP_{}", flag.trim_start_matches('-').replace('-', "_").to_uppercase());
            format!("{flag} (or {variable}): {value:?}: {reason}")
        }
        ErrorKind::UnknownArgument => format!("{flag}: no such flag (--help lists them)"),
        _ => error.to_string().lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned(),
    };
    ConfigError::Invalid(line)
}

fn base_path(text: &str) -> Result<BasePath, &'static str> {
    text.parse()
}

fn ttl(text: &str) -> Result<Duration, String> {
    let ttl = humantime::parse_duration(text).map_err(|_| "not a duration such as 90m, 24h or 7d".to_owned())?;
    let (least, most) = (Duration::from_secs(1), Duration::from_secs(365 * 24 * 3600));
    if (least..=most).contains(&ttl) { Ok(ttl) } else { Err("must be between 1s and 365d".to_owned()) }
}

fn size(text: &str) -> Result<ByteSize, String> {
    let size: ByteSize = text.parse().map_err(|_| "not a size such as 500MB or 64GiB".to_owned())?;
    if size.as_u64() == 0 { Err("must be more than nothing".to_owned()) } else { Ok(size) }
}

fn any_size(text: &str) -> Result<ByteSize, String> {
    text.parse().map_err(|_| "not a size such as 500MB or 64GiB".to_owned())
}

fn sync_mode(text: &str) -> Result<SyncMode, String> {
    match text {
        "background" => Ok(SyncMode::Background),
        "always" => Ok(SyncMode::Always),
        _ => Err("must be background or always".to_owned()),
    }
}

/// Checks an origin in the form in which browsers send it (RFC 6454): scheme, host, and the port unless it is the
/// scheme's default.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || "not an origin such as https://app.example".to_owned();
    let (scheme, authority) = text.split_once("://").ok_or_else(wrong)?;
    let parsed: Authority = authority.parse().map_err(|_| wrong())?;
    let plain = !authority.contains(['@', '*']) && !parsed.host().is_empty();
    if matches!(scheme, "http" | "https") && plain { Ok(text.to_owned()) } else { Err(wrong()) }
}

/// Reads an address, or a network such as 10.0.0.0/8.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
    text.parse::<IpNet>().or_else(|_| address()).map_err(|_| "not an address or a network such as 10.0.0.0/8".to_owned())
}

fn pin_digits(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(digits) if PIN_DIGITS.contains(&digits) => Ok(digits),
        _ => Err(format!("must be a number from {} to {}", PIN_DIGITS.start(), PIN_DIGITS.end())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_value_is_one_line_that_names_the_flag() {
        for (flag, value, reason) in [
            ("--listen", "nowhere", "invalid socket address syntax"),
            ("--listen", "unix:", "invalid socket address syntax"),
            ("--room-ttl", "soon", "not a duration such as 90m, 24h or 7d"),
            ("--room-ttl", "0s", "must be between 1s and 365d"),
            ("--max-file-size", "big", "not a size such as 500MB or 64GiB"),
            ("--max-room-size", "0", "must be more than nothing"),
            ("--max-file-size", "-1", "not a size such as 500MB or 64GiB"),
            ("--room-ttl", "-5", "not a duration such as 90m, 24h or 7d"),
            ("--max-storage", "0", "must be more than nothing"),
            ("--min-free-space", "some", "not a size such as 500MB or 64GiB"),
            ("--sync", "never", "must be background or always"),
            ("--upload-ttl", "0s", "must be between 1s and 365d"),
            ("--cors-origin", "*", "not an origin such as https://app.example"),
            ("--cors-origin", "https://app.example/path", "not an origin such as https://app.example"),
            ("--cors-origin", "null", "not an origin such as https://app.example"),
            ("--public-url", "drop.example", "not an origin such as https://app.example"),
            ("--public-url", "https://drop.example/drop", "not an origin such as https://app.example"),
            ("--trusted-proxy", "proxy", "not an address or a network such as 10.0.0.0/8"),
            ("--trusted-proxy", "10.0.0.0/33", "not an address or a network such as 10.0.0.0/8"),
            ("--trusted-proxy", "10.0.0.0/", "not an address or a network such as 10.0.0.0/8"),
            ("--acme-domain", "*.drop.example", "not a name such as drop.example"),
            ("--acme-domain", "localhost", "not a name such as drop.example"),
            ("--acme-domain", "203.0.113.9", "not a name such as drop.example"),
            ("--acme-contact", "nobody", "not an address such as mailto:you@drop.example"),
            ("--acme-directory", "http://acme.example/dir", "not an address such as https://acme-v02.api.letsencrypt.org/directory"),
            ("--pin-digits", "3", "must be a number from 4 to 12"),
            ("--max-connections", "many", "must be a whole number; 0 lifts the limit"),
            ("--max-connections-per-address", "-1", "must be a whole number; 0 lifts the limit"),
        ] {
            let Err(ConfigError::Invalid(line)) = Config::from_args(["snapdrop", flag, value]) else {
                panic!("{flag} {value} was taken");
            };
            assert!(line.starts_with(flag) && line.ends_with(reason) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_file_must_fit_into_a_room() {
        let args = ["snapdrop", "--max-file-size", "2GiB", "--max-room-size", "1GiB"];
        assert!(matches!(Config::from_args(args), Err(ConfigError::Invalid(line)) if line.starts_with("--max-file-size")));
    }

    #[test]
    fn there_is_one_way_to_get_a_certificate_and_it_is_complete() {
        for (flags, expected) in [
            (&["--tls-cert", "c.pem"][..], "--tls-cert needs --tls-key"),
            (&["--tls-key", "k.pem"], "--tls-key needs --tls-cert"),
            (&["--tls-cert", "c.pem", "--tls-key", "k.pem", "--tls-self-signed"], "--tls-self-signed cannot be used with --tls-cert"),
            (&["--http-listen", "127.0.0.1:80"], "--http-listen leads to HTTPS"),
            (&["--acme-domain", "drop.example", "--tls-self-signed"], "--acme-domain cannot be used with --tls-self-signed"),
            (&["--acme-domain", "drop.example", "--tls-cert", "c", "--tls-key", "k"], "--acme-domain cannot be used with --tls-cert"),
            (&["--http-listen", "80", "--tls-self-signed"], "--http-listen (or SNAPDROP_HTTP_LISTEN): \"80\": invalid socket address"),
        ] {
            let Err(ConfigError::Invalid(line)) = Config::from_args([&["snapdrop"], flags].concat()) else {
                panic!("{flags:?} were taken");
            };
            assert!(line.starts_with(expected) && !line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn whoever_connects_through_a_socket_file_is_a_proxy_and_speaks_no_tls() {
        let config = Config::from_args(["snapdrop", "--listen", "unix:/run/drop.sock", "--proxy-protocol"]).unwrap();
        assert_eq!(config.listen.to_string(), "unix:/run/drop.sock");
        assert_eq!(config.trusted_proxy, ["127.0.0.1/32".parse().unwrap()]);
        let flags = ["snapdrop", "--listen", "unix:/run/drop.sock", "--tls-self-signed"];
        assert!(matches!(Config::from_args(flags), Err(ConfigError::Invalid(line)) if line.starts_with("--listen with a socket file")));
    }

    #[test]
    fn a_proxy_header_is_believed_from_named_proxies_only() {
        let Err(ConfigError::Invalid(line)) = Config::from_args(["snapdrop", "--proxy-protocol"]) else { panic!("it was taken") };
        assert!(line.starts_with("--proxy-protocol needs --trusted-proxy"), "{line}");
        assert!(Config::from_args(["snapdrop", "--proxy-protocol", "--trusted-proxy", "10.0.0.0/8"]).is_ok());
    }

    #[test]
    fn an_unknown_flag_is_named() {
        assert!(matches!(Config::from_args(["snapdrop", "--port"]), Err(ConfigError::Invalid(line)) if line.starts_with("--port")));
    }
}
