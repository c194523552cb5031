//! Real proxies with the configurations in `deploy/`, on free ports of this machine.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::{pebble::free_port, test_app::eventually};

/// The name in the configurations.
pub(crate) const NAME: &str = "drop.example";
/// The address of the server in the configurations.
const SERVER: &str = "127.0.0.1:3000";

/// The proxies that Debian has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
    Apache,
    HaProxy,
}

/// A running proxy in front of a server. Dropping it ends it.
pub(crate) struct Proxy {
    folder: TempDir,
    process: Child,
    address: SocketAddr,
    authority: Vec<u8>,
}

impl Proxy {
    /// Starts a proxy that passes requests on to the server at this address, as the proxy writes it.
    pub(crate) async fn start(kind: Kind, server: &str) -> Self {
        Self::start_with(kind, server, &[]).await
    }

    /// Does the same with texts in place of others in its configuration.
    pub(crate) async fn start_with(kind: Kind, server: &str, replaced: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = certify(folder.path());
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()));
        let mut command = kind.command(folder.path(), address.port(), server, replaced);
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        // A process group of its own, because some of them have workers.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).env("HOME", folder.path());
        command.env("LD_LIBRARY_PATH", unpacked("usr/lib/x86_64-linux-gnu"));
        let process = command.spawn().unwrap_or_else(|error| panic!("{kind:?} (.ci/toolchain proxies fetches it): {error}"));
        let proxy = Self { folder, process, address, authority };
        eventually("the proxy listens", async || match TcpStream::connect(address).await {
            Ok(_) => Ok(()),
            Err(error) => Err(format!("{error}; {}", proxy.log())),
        })
        .await;
        proxy
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate in DER by which its certificate is trusted.
    pub(crate) fn authority(&self) -> &[u8] {
        &self.authority
    }

    /// What the proxy has said so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let group = Pid::from_raw(-i32::try_from(self.process.id()).unwrap());
        #[expect(clippy::let_underscore_must_use, reason = "a proxy that has ended already needs no kill")]
        let _ = kill(group, Signal::SIGKILL);
        self.process.wait().unwrap();
    }
}

/// A path among the unpacked programs.
fn unpacked(path: &str) -> PathBuf {
    Path::new(&std::env::var("SNAPDROP_PROXIES").expect("SNAPDROP_PROXIES, as `make unit` sets it")).join(path)
}

/// Writes a certificate for the name of the configurations, and returns the certificate in DER by which it is trusted.
fn certify(folder: &Path) -> Vec<u8> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new([NAME.to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    std::fs::write(folder.join("fullchain.pem"), certificate.pem()).unwrap();
    std::fs::write(folder.join("privkey.pem"), key.serialize_pem()).unwrap();
    std::fs::write(folder.join(format!("{NAME}.pem")), key.serialize_pem() + &certificate.pem()).unwrap();
    authority.der().to_vec()
}

/// A configuration of `deploy/`, with these texts in place of others. Each of them has to be there.
fn configuration(name: &str, replaced: &[(&str, &str)]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy").join(name);
    let text = std::fs::read_to_string(path).unwrap();
    replaced.iter().fold(text, |text, (old, new)| {
        assert!(text.contains(old), "deploy/{name} has no {old}");
        text.replace(old, new)
    })
}

impl Kind {
    /// The command that runs the proxy on this port, with its configuration of `deploy/` and around it only what the rest of
    /// its own configuration would be.
    fn command(self, folder: &Path, port: u16, server: &str, replaced: &[(&str, &str)]) -> Command {
        let configuration = |name, more: &[(&str, &str)]| configuration(name, &[replaced, more].concat());
        let here = folder.to_str().unwrap();
        let letsencrypt = format!("/etc/letsencrypt/live/{NAME}");
        let write = |name: &str, text: String| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        match self {
            Self::Nginx => {
                let server = configuration(
                    "nginx.conf",
                    &[(SERVER, server), ("listen 443 ", &format!("listen 127.0.0.1:{port} ")), (&letsencrypt, here)],
                );
                let text = format!(
                    "daemon off; pid {here}/pid; error_log stderr; events {{}} http {{ access_log off; \
                     client_body_temp_path {here}/body; proxy_temp_path {here}/proxy; fastcgi_temp_path {here}/fastcgi; \
                     uwsgi_temp_path {here}/uwsgi; scgi_temp_path {here}/scgi;\n{server}\n}}"
                );
                let mut command = Command::new(unpacked("usr/sbin/nginx"));
                command.arg("-p").arg(folder).arg("-e").arg(folder.join("log")).arg("-c").arg(write("conf", text));
                command
            }
            Self::Caddy => {
                let certificate = format!("{NAME}:{port} {{\n\tbind 127.0.0.1\n\ttls {here}/fullchain.pem {here}/privkey.pem");
                let site = configuration("Caddyfile", &[(SERVER, server), (&format!("{NAME} {{"), &certificate)]);
                let text = format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{site}");
                let mut command = Command::new(unpacked("usr/bin/caddy"));
                command.args(["run", "--adapter", "caddyfile", "--config"]).arg(write("Caddyfile", text));
                command
            }
            Self::Apache => {
                let site = configuration(
                    "apache.conf",
                    &[(SERVER, server), ("<VirtualHost *:443>", &format!("<VirtualHost 127.0.0.1:{port}>")), (&letsencrypt, here)],
                );
                let modules = ["mpm_event", "authz_core", "ssl", "http2", "headers", "proxy", "proxy_http", "reqtimeout", "socache_shmcb"];
                let folder_of_modules = unpacked("usr/lib/apache2/modules");
                let load: String = modules
                    .iter()
                    .map(|name| format!("LoadModule {name}_module {}/mod_{name}.so\n", folder_of_modules.display()))
                    .collect();
                let text = format!(
                    "ServerRoot {here}\nServerName {NAME}\nListen 127.0.0.1:{port}\nPidFile {here}/pid\nDefaultRuntimeDir {here}\n\
                     Mutex posixsem\nErrorLog /dev/stderr\nUser nobody\nGroup nogroup\n{load}\n{site}"
                );
                let mut command = Command::new(unpacked("usr/sbin/apache2"));
                command.arg("-DFOREGROUND").arg("-f").arg(write("conf", text));
                command
            }
            Self::HaProxy => {
                let text = configuration(
                    "haproxy.cfg",
                    &[(SERVER, server), ("bind :443 ", &format!("bind 127.0.0.1:{port} ")), ("/etc/haproxy", here)],
                );
                let mut command = Command::new(unpacked("usr/sbin/haproxy"));
                command.arg("-db").arg("-f").arg(write("conf", text));
                command
            }
        }
    }
}
