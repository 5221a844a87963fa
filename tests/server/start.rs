//! The first start and the next ones.

use std::net::{Ipv4Addr, TcpStream, UdpSocket};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::{Ports, Server, ask_over, diemcau};

/// Asks for a page as a browser does on which the authority was installed.
fn get_by_https(server: &Server, name: &str) -> u16 {
    let authority = server.data_dir().join("tls/ca.pem");
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
    ask_over(stream, "localhost", "GET", "/healthz", &[], "").status
}

#[test]
fn a_client_that_trusts_the_authority_comes_in_by_https() {
    let server = Server::start(&[]);
    assert_eq!(get_by_https(&server, "localhost"), 200);
    assert_eq!(get_by_https(&server, "127.0.0.1"), 200);
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
