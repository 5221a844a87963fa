//! The first start and the next ones.

use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use tempfile::TempDir;

use crate::support::{Answer, Ports, Server, ask_over, diemcau};

/// Asks for a page as a browser does on which the server's own authority was
/// installed.
fn get_by_https(server: &Server, name: &str) -> Answer {
    get_trusting(&server.data_dir().join("tls/ca.pem"), server, name)
}

fn get_trusting(authority: &Path, server: &Server, name: &str) -> Answer {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.ports.https)).unwrap();
    let stream = StreamOwned::new(connection, stream);
    ask_over(stream, "localhost", "GET", "/healthz", &[], "")
}

/// A certificate of the organisation, in files.
struct GivenCertificate {
    certificate: PathBuf,
    flags: [String; 2],
    _folder: TempDir,
}

impl GivenCertificate {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = folder.path().join("server.pem");
        let key = folder.path().join("server.key.pem");
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let flags = [
            format!("--tls-certificate={}", certificate.display()),
            format!("--tls-key={}", key.display()),
        ];
        Self {
            certificate,
            flags,
            _folder: folder,
        }
    }

    fn flags(&self) -> Vec<&str> {
        self.flags.iter().map(String::as_str).collect()
    }
}

#[test]
fn a_client_that_trusts_the_authority_comes_in_by_https() {
    let server = Server::start(&[]);
    assert_eq!(get_by_https(&server, "localhost").status, 200);
    assert_eq!(get_by_https(&server, "127.0.0.1").status, 200);
}

#[test]
fn only_a_given_certificate_binds_browsers_to_https() {
    let strict = |answer: &Answer| {
        assert_eq!(answer.status, 200);
        answer.header("strict-transport-security").to_owned()
    };
    let own = Server::start(&["--dev-http=off"]);
    assert_eq!(strict(&get_by_https(&own, "localhost")), "");

    let given = GivenCertificate::new();
    let beside = Server::start(&given.flags());
    assert_eq!(strict(&beside.get("/healthz")), "");
    let flags = given.flags();
    let flags: Vec<&str> = flags.into_iter().chain(["--dev-http=off"]).collect();
    let server = Server::start(&flags);
    let answer = get_trusting(&given.certificate, &server, "localhost");
    assert!(strict(&answer).starts_with("max-age="), "{answer:?}");
    assert!(!server.data_dir().join("tls/ca.pem").exists());
}

#[test]
fn the_notice_names_addresses_and_keeps_the_secret() {
    let server = Server::start(&[]);
    let notice = server.notice.join("\n");
    assert!(notice.contains(&format!("https://127.0.0.1:{}/", server.ports.https)));
    assert!(notice.contains("ca.pem"));
    assert!(
        !notice.contains("/admin#"),
        "standard output is no terminal here"
    );
    assert!(server.admin_token().len() > 40);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let server = Server::start(&[]);
    let output = diemcau()
        .args(["serve", "--data-dir"])
        .arg(server.data_dir())
        .args(Ports::free().flags())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("in use by another diemcau"), "{told}");
    assert_eq!(server.get("/healthz").status, 200, "the first one goes on");
}

#[test]
fn half_an_authority_is_refused() {
    let temporary = tempfile::tempdir().unwrap();
    let data_dir = temporary.path().join("data");
    Server::start_in(&data_dir, &[]).kill();
    std::fs::remove_file(data_dir.join("tls/ca.pem")).unwrap();
    let output = diemcau()
        .args(["serve", "--data-dir"])
        .arg(&data_dir)
        .args(Ports::free().flags())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("ca.pem is missing"), "{told}");
    assert!(!data_dir.join("tls/ca.pem").exists());
}

#[test]
fn a_taken_port_is_named() {
    let server = Server::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let output = diemcau()
        .args(["serve", "--data-dir"])
        .arg(folder.path())
        .args(server.ports.flags())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    let address = format!("127.0.0.1:{}", server.ports.https);
    assert!(told.contains(&address), "{told}");
    assert!(told.contains("--listen"), "{told}");
}

#[test]
fn a_taken_media_port_is_named() {
    let taken = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let output = diemcau()
        .args(["serve", "--data-dir"])
        .arg(folder.path())
        .args(
            Ports {
                media: port,
                ..Ports::free()
            }
            .flags(),
        )
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains(&format!("UDP 127.0.0.1:{port}")), "{told}");
}

#[test]
fn the_demonstration_prints_a_link_for_each_place_and_stays_the_same() {
    let temporary = tempfile::tempdir().unwrap();
    let data_dir = temporary.path().join("data");
    let first = Server::start_in(&data_dir, &["--demo"]);
    let notice = first.notice.join("\n");
    for role in [
        "chủ tọa",
        "thư ký",
        "đại biểu",
        "điều hành kỹ thuật",
        "dự thính",
        "Xã An Bình",
    ] {
        assert!(notice.contains(role), "{role} in {notice}");
    }
    let links = |server: &Server| {
        let page = server.get("/api/v1/demo");
        assert_eq!(page.status, 200);
        page.json()["links"].as_array().unwrap().clone()
    };
    let before = links(&first);
    assert_eq!(before.len(), 19);
    assert_eq!(before[0]["role"], "chair");
    first.kill();

    let second = Server::start_in(&data_dir, &["--demo"]);
    let places = |links: &[serde_json::Value]| -> Vec<_> {
        links
            .iter()
            .map(|link| (link["participant"].clone(), link["name"].clone()))
            .collect()
    };
    assert_eq!(places(&links(&second)), places(&before));
}

#[test]
fn a_demonstration_and_a_real_server_start_by_default_in_either_order() {
    let demo = ("data-demo", ["--demo"].as_slice());
    let real = ("data", [].as_slice());
    for order in [[demo, real], [real, demo]] {
        let work_dir = tempfile::tempdir().unwrap();
        for (data, flags) in order.into_iter().chain(order) {
            let server = Server::start_by_default(work_dir.path(), data, flags);
            assert!(server.data_dir().join("store/events.db").exists());
            server.kill();
        }
    }
}

#[test]
fn the_links_of_a_demonstration_are_not_for_other_hosts() {
    let server = Server::start(&["--demo"]);
    let headers = [("x-forwarded-host", "localhost")];
    let stream = TcpStream::connect(server.http()).unwrap();
    let answer = ask_over(
        stream,
        "rebind.example",
        "GET",
        "/api/v1/demo",
        &headers,
        "",
    );
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json()["code"], "forbidden");
}
