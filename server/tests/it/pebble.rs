//! Pebble, the test authority of the makers of Let's Encrypt, with a name server that leads every name to this machine.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::Client;
use serde_json::json;
use tempfile::TempDir;

use crate::{door::trusting, test_app::eventually};

/// The name that this authority refuses to certify.
pub(crate) const FORBIDDEN: &str = "forbidden.example";

/// A running authority. Dropping it ends its processes.
pub(crate) struct Pebble {
    folder: TempDir,
    port: u16,
    management_port: u16,
    processes: Vec<Child>,
    http: Client,
}

/// How an authority proves names, and for how long it certifies them.
pub(crate) struct Rules {
    /// The port to which it comes over plain HTTP.
    pub(crate) http_port: u16,
    /// The port to which it comes over TLS.
    pub(crate) tls_port: u16,
    pub(crate) validity_secs: u32,
}

/// A port on which nobody listens now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Pebble {
    pub(crate) async fn start(rules: &Rules) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
        std::fs::write(path("authority.pem"), authority.pem()).unwrap();
        std::fs::write(path("cert.pem"), certificate.pem()).unwrap();
        std::fs::write(path("key.pem"), key.serialize_pem()).unwrap();
        let (port, management_port, dns_port, dns_management_port) = (free_port(), free_port(), free_port(), free_port());
        let config = json!({"pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management_port}"),
            "certificate": path("cert.pem"),
            "privateKey": path("key.pem"),
            "httpPort": rules.http_port,
            "tlsPort": rules.tls_port,
            "domainBlocklist": [FORBIDDEN],
            "certificateValidityPeriod": rules.validity_secs,
        }});
        std::fs::write(path("config.json"), config.to_string()).unwrap();
        let run = |program: &str, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).env("PEBBLE_VA_NOSLEEP", "1").env("PEBBLE_WFE_NONCEREJECT", "0");
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command.spawn().unwrap_or_else(|error| panic!("{program} (.ci/toolchain authority installs it): {error}"))
        };
        let local = |port: u16| format!("127.0.0.1:{port}");
        let (dns, dns_management) = (local(dns_port), local(dns_management_port));
        let names = ["-dns01", &dns, "-management", &dns_management, "-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
        let processes = vec![
            run("pebble-challtestsrv", &names),
            run("pebble", &["-config", path("config.json").to_str().unwrap(), "-dnsserver", &dns]),
        ];
        let http = Client::builder().tls_backend_preconfigured(trusting(Some(authority.der()))).no_proxy().build().unwrap();
        let pebble = Self { folder, port, management_port, processes, http };
        eventually("the authority answers", async || pebble.http.get(pebble.directory()).send().await.map_err(|error| error.to_string()))
            .await;
        pebble
    }

    /// The address of its directory.
    pub(crate) fn directory(&self) -> String {
        format!("https://127.0.0.1:{}/dir", self.port)
    }

    /// The path of the certificate by which the directory is trusted.
    pub(crate) fn directory_ca(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    /// The certificate in DER by which its certificates are trusted.
    pub(crate) async fn root(&self) -> Vec<u8> {
        let text = self.managed("roots/0").await;
        let base64: String = text.lines().filter(|line| !line.starts_with('-')).collect();
        base64::Engine::decode(&base64::engine::general_purpose::STANDARD, base64).unwrap()
    }

    /// What it says of the certificate with this serial number, such as "Valid" or "Revoked".
    pub(crate) async fn status_of(&self, serial: &str) -> String {
        let said: serde_json::Value = serde_json::from_str(&self.managed(&format!("cert-status-by-serial/{serial}")).await).unwrap();
        said["Status"].as_str().unwrap().to_owned()
    }

    async fn managed(&self, path: &str) -> String {
        let address = SocketAddr::from(([127, 0, 0, 1], self.management_port));
        self.http.get(format!("https://{address}/{path}")).send().await.unwrap().text().await.unwrap()
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        for process in &mut self.processes {
            process.kill().unwrap();
            process.wait().unwrap();
        }
    }
}
