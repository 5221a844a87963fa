//! Settings as an administrator writes them.

use super::*;
use clap::{Args, Command, FromArgMatches};

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/diemcau.example.toml");

fn command() -> Command {
    Overrides::augment_args(Command::new("diemcau"))
}

fn with_flags(file: Option<&Path>, flags: &[&str]) -> Result<Loaded, ConfigError> {
    let arguments = std::iter::once("diemcau").chain(flags.iter().copied());
    let matches = command().get_matches_from(arguments);
    let overrides = Overrides::from_arg_matches(&matches).unwrap();
    load(file, &overrides, &matches)
}

fn with_file(text: &str, flags: &[&str]) -> Result<Loaded, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("diemcau.toml");
    std::fs::write(&path, text).unwrap();
    with_flags(Some(&path), flags)
}

fn problems(text: &str, flags: &[&str]) -> String {
    with_file(text, flags).unwrap_err().to_string()
}

#[test]
fn the_example_holds_every_setting_at_its_default() {
    let loaded = with_flags(Some(Path::new(EXAMPLE)), &[]).unwrap();
    assert_eq!(loaded.settings, Settings::default());

    let text = std::fs::read_to_string(EXAMPLE).unwrap();
    for argument in command().get_arguments() {
        let Some(variable) = argument.get_env().and_then(|name| name.to_str()) else {
            continue;
        };
        if variable == "DIEMCAU_CONFIG" {
            continue;
        }
        let flag = argument.get_long().unwrap();
        assert!(text.contains(variable), "the example names {variable}");
        assert!(
            text.contains(&format!("--{flag}")),
            "the example names --{flag}"
        );
    }
    for setting in &loaded.effective {
        let written = match setting.name {
            "tls" => "[tls]".to_owned(),
            "turn" => "[turn]".to_owned(),
            "identity.oidc" => "[identity.oidc]".to_owned(),
            "store" => "[store]".to_owned(),
            "documents" => "[documents]".to_owned(),
            "archive" => "[archive]".to_owned(),
            "mail" => "[mail]".to_owned(),
            // Its default is not the same on every machine.
            "media_workers" => "\n# media_workers = ".to_owned(),
            name => format!("\n{name} = "),
        };
        assert!(text.contains(&written), "the example sets {}", setting.name);
    }
}

#[test]
fn a_flag_counts_more_than_the_file() {
    let loaded = with_file("media_port = 9001", &["--media-port", "9002"]).unwrap();
    assert_eq!(loaded.settings.media_port, 9002);
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "listen = \"0.0.0.0:0\"\npublic_ips = [\"hop.example.vn\"]\nlog = \"=\"\n";
    let told = problems(text, &["--media-port", "0"]);
    assert!(told.contains("diemcau.toml:1:10"), "{told}");
    assert!(told.contains("port 0"), "{told}");
    assert!(told.contains("diemcau.toml:2:15"), "{told}");
    assert!(told.contains("not an IP address"), "{told}");
    assert!(told.contains("flag --media-port"), "{told}");
}

#[test]
fn an_unknown_setting_is_refused_with_its_line() {
    let told = problems("# ghi chú\nmedia_prot = 9001\n", &[]);
    assert!(told.contains("diemcau.toml:2:1"), "{told}");
    assert!(told.contains("media_prot"), "{told}");
    assert!(told.contains("what to do"), "{told}");
}

#[test]
fn plain_http_is_for_loopback_only() {
    let told = problems("dev_http = \"0.0.0.0:8080\"", &[]);
    assert!(told.contains("plain HTTP is refused"), "{told}");
    with_file("dev_http = \"[::1]:8080\"", &[]).unwrap();
}

#[test]
fn two_listeners_do_not_share_a_port() {
    let told = problems("dev_http = \"127.0.0.1:8443\"", &[]);
    assert!(told.contains("both ask for port 8443"), "{told}");
}

#[test]
fn pages_and_pictures_do_not_share_a_tcp_port() {
    let text = "media_port = 8440\nmedia_workers = 4";
    let told = problems(text, &[]);
    assert!(told.contains("diemcau.toml:1:14"), "{told}");
    assert!(told.contains("TCP port 8443"), "{told}");
    let settings = with_file(text, &["--media-tcp=false"]).unwrap().settings;
    assert!(!settings.media_tcp);
}

#[test]
fn a_demonstration_stays_on_this_machine() {
    let settings = with_flags(None, &["--demo"]).unwrap().settings;
    assert_eq!(settings, Settings::demo_default());

    let told = problems("demo = true\nlisten = \"0.0.0.0:8443\"", &[]);
    assert!(
        told.contains("loopback only and refuses 0.0.0.0:8443"),
        "{told}"
    );
    let told = problems("", &["--demo", "--public-ip", "192.0.2.7"]);
    assert!(told.contains("not at 192.0.2.7"), "{told}");
}

#[test]
fn a_certificate_comes_with_its_key() {
    let told = problems("[tls]\ncertificate = \"server.pem\"", &[]);
    assert!(told.contains("`tls.key` is not"), "{told}");
}

#[test]
fn a_turn_server_needs_a_credential_and_keeps_it_to_itself() {
    let told = problems("", &["--ice-server", "turn:turn.example.vn"]);
    assert!(told.contains("needs a user name"), "{told}");
    let text =
        "ice_servers = [{ urls = [\"turn:a.vn\"], username = \"u\", credential = \"m4t-kh4u\" }]";
    let loaded = with_file(text, &[]).unwrap();
    assert!(!format!("{loaded:?}").contains("m4t-kh4u"));
}

#[test]
fn a_credential_in_the_wrong_form_is_not_told() {
    for wrong in [
        "credential = 735190",
        "credential = 73.735190",
        "credential = 735190735190735190735190735190",
        "credential = 735190x",
        "credential = [735190]",
        "credential = { a = 735190 }",
        "credential = \"735190",
        "credential = \"\"\"\n735190 \\q\"\"\"",
        "credential = '735190'\ncredential = '735190'",
        "credentials = \"735190\"",
        "Password = \"735190\"",
        "username = 1\ncredential = \"735190\"",
    ] {
        let told = problems(
            &format!("[[ice_servers]]\nurls = [\"turn:a.vn\"]\n{wrong}\n"),
            &[],
        );
        assert!(!told.contains("735190"), "{told}");
        assert!(told.contains("diemcau.toml:"), "{told}");
        assert!(told.contains("what to do"), "{told}");
    }
}

#[test]
fn a_turn_server_is_told_of_with_its_secret_kept() {
    let text = "[turn]\nurls = [\"turn:a.vn:3478?transport=udp\", \"turns:a.vn:443\"]\n\
                secret = \"735190735190735190\"\nlifetime_hours = 2\n";
    let loaded = with_file(text, &[]).unwrap();
    let turn = loaded.settings.turn.as_ref().unwrap();
    assert_eq!(turn.lifetime, Duration::from_secs(7_200));
    assert_eq!(turn.urls.len(), 2);
    assert!(!format!("{loaded:?}").contains("735190"));
}

const OIDC: &str = "[identity.oidc]\nname = \"Cổng tỉnh\"\n\
    issuer = \"https://sso.example.vn\"\nclient_id = \"hop\"\n\
    client_secret = \"735190735190\"\npublic_url = \"https://hop.example.vn\"\n";

#[test]
fn a_provider_of_identities_is_told_of_with_its_secret_kept() {
    let text = format!(
        "{OIDC}unit_claim = \"unit\"\ncreate_accounts = true\nrole_claim = \"roles\"\n\
         [identity.oidc.roles]\nhop-quan-tri = \"administrator\"\n"
    );
    let loaded = with_file(&text, &[]).unwrap();
    let oidc = loaded.settings.oidc.as_ref().unwrap();
    assert_eq!(oidc.scopes, ["profile", "email"]);
    assert_eq!(oidc.roles["hop-quan-tri"], SystemRole::Administrator);
    assert!(oidc.create_accounts && !oidc.link_accounts);
    assert!(!format!("{loaded:?}").contains("735190"));
}

#[test]
fn a_provider_that_cannot_work_is_a_problem_and_its_secret_is_not_told() {
    let without = |line: &str| OIDC.replacen(line, "", 1);
    let cases = [
        (
            without("client_id = \"hop\"\n"),
            "`identity.oidc.client_id` is missing",
        ),
        (
            OIDC.replacen("https://sso", "http://sso", 1),
            "not an https:// address",
        ),
        (
            OIDC.replacen("https://hop", "ftp://hop", 1),
            "not an https:// address",
        ),
        (format!("{OIDC}create_accounts = true\n"), "`unit_claim`"),
        (format!("{OIDC}role_claim = \"r\"\n"), "given together"),
        (
            format!("{OIDC}role_claim = \"r\"\nroles = {{ a = \"site_operator\" }}\n"),
            "is not a role",
        ),
        (format!("{OIDC}secret = \"735190\"\n"), "unknown field"),
    ];
    for (text, what) in cases {
        let told = problems(&text, &[]);
        assert!(told.contains(what), "{told}");
        assert!(told.contains("diemcau.toml:"), "{told}");
        assert!(!told.contains("735190"), "{told}");
    }
}

#[test]
fn mail_and_limits_are_read_and_the_password_kept() {
    let text = "[limits]\nsites_per_meeting = 300\n[mail]\nserver = \"smtp.a.vn:587\"\n\
                username = \"hop\"\npassword = \"735190\"\nfrom = \"hop@a.vn\"\n\
                public_url = \"https://hop.a.vn\"\n";
    let loaded = with_file(text, &[]).unwrap();
    assert_eq!(loaded.settings.limits.sites_per_meeting, Some(300));
    assert_eq!(loaded.settings.limits.sites_per_server, None);
    let mail = loaded.settings.mail.as_ref().unwrap();
    assert_eq!((mail.host.as_str(), mail.port), ("smtp.a.vn", 587));
    assert!(!format!("{loaded:?}").contains("735190"));
    for (wrong, said) in [
        ("[limits]\nsites_per_server = 0", "from 1 on"),
        ("[mail]\nfrom = \"hop@a.vn\"", "no `mail.server`"),
        ("[mail]\nserver = \"smtp.a.vn:25\"", "`mail.from` is not"),
        (
            "[mail]\nserver = \"a.vn:25\"\nsecurity = \"none\"\nfrom = \"a@a.vn\"\npublic_url = \"https://a.vn\"",
            "unsecured",
        ),
        (
            "[mail]\nserver = \"a.vn:25\"\npassword = \"735190\"",
            "stand together",
        ),
    ] {
        let told = problems(wrong, &[]);
        assert!(told.contains(said), "{told}");
        assert!(!told.contains("735190"), "{told}");
    }
}

#[test]
fn half_a_turn_server_is_a_problem_and_its_secret_is_not_told() {
    for (text, told) in [
        ("urls = [\"turn:a.vn\"]", "`turn.secret` is not"),
        ("secret = \"735190735190735190\"", "`turn.urls` is not"),
        ("lifetime_hours = 1", "no TURN server"),
        (
            "urls = []\nsecret = \"735190735190735190\"",
            "without an address",
        ),
        (
            "urls = [\"stun:a.vn\"]\nsecret = \"735190735190735190\"",
            "not the address",
        ),
        (
            "urls = [\"turn:a.vn\"]\nsecret = \"735190\"",
            "openssl rand",
        ),
        (
            "urls = [\"turn:a.vn\"]\nsecret = 735190",
            "expected a string",
        ),
        ("lifetime_hours = 0", "out of range"),
    ] {
        let problems = problems(&format!("[turn]\n{text}\n"), &[]);
        assert!(problems.contains(told), "{problems}");
        assert!(!problems.contains("735190"), "{problems}");
        assert!(problems.contains("what to do"), "{problems}");
    }
}

#[test]
fn files_are_limited_and_searched_as_the_file_says() {
    let text = "[documents]\nmax_megabytes = 20\ntypes = [\"pdf\", \"docx\"]\n\
                scan_command = [\"/usr/bin/clamdscan\", \"--fdpass\"]\nscan_seconds = 5\n";
    let documents = with_file(text, &[]).unwrap().settings.documents;
    assert_eq!(documents.most_bytes, 20 << 20);
    assert_eq!(
        documents.kinds,
        [DocumentKind::Pdf, DocumentKind::Docx].into()
    );
    let scan = documents.scan.unwrap();
    assert_eq!(scan.command, ["/usr/bin/clamdscan", "--fdpass"]);
    assert_eq!(scan.time, Duration::from_secs(5));
    for (wrong, told) in [
        ("max_megabytes = 0", "out of range"),
        ("max_megabytes = 5000", "out of range"),
        ("max_meeting_megabytes = -1", "out of range"),
        ("types = [\"exe\"]", "is not a kind of file"),
        ("scan_command = [\"clamdscan\"]", "not the whole path"),
        ("scan_seconds = 3600", "out of range"),
        ("max_size = 1", "unknown field"),
    ] {
        let problems = problems(&format!("[documents]\n{wrong}\n"), &[]);
        assert!(problems.contains(told), "{problems}");
    }
}

#[test]
fn the_address_of_the_database_is_kept_from_every_eye() {
    let text = "[store]\nurl = \"postgres://hop:735190@db.example.vn/hop\"\n";
    let loaded = with_file(text, &[]).unwrap();
    assert!(loaded.settings.database.is_some());
    assert!(!format!("{loaded:?}").contains("735190"));
    for wrong in [
        "url = \"mysql://hop:735190@db.example.vn/hop\"",
        "url = \"hop:735190@db.example.vn\"",
        "url = \"postgres://hop:735190@db.example.vn/hop",
        "url = \"postgres://hop:735190@:x/\"",
        "adress = \"postgres://hop:735190@db.example.vn/hop\"",
    ] {
        let told = problems(&format!("[store]\n{wrong}\n"), &[]);
        assert!(!told.contains("735190"), "{told}");
        assert!(told.contains("diemcau.toml:"), "{told}");
    }
}

#[test]
fn nonsense_is_a_problem_and_not_a_panic() {
    for text in [
        "=",
        "[",
        "listen = 1",
        "ice_servers = [{}]",
        "demo = \"x\"",
        "\u{0}",
        "tls = 3",
    ] {
        assert!(with_file(text, &[]).is_err(), "{text:?}");
    }
}

#[test]
fn what_is_done_with_archives_is_checked_at_the_start() {
    let text = "[archive]
timestamp_url = \"tsa.ca.gov.vn\"
encrypt_to = [\"age1nham\"]
identity = \"/nowhere/archive.key\"
keep_days = 0
[archive.s3]
bucket = \"Ho_So\"
endpoint = \"http://s3.example.vn\"
access_key = \"735190\"
secret_key = \"\"
";
    let told = problems(text, &[]);
    for complaint in [
        "`archive.timestamp_url`: \"tsa.ca.gov.vn\" is not a web address",
        "`archive.encrypt_to`: \"age1nham\" is not a recipient of age",
        "`archive.identity`: cannot read /nowhere/archive.key",
        "`archive.keep_days`: 0 is out of range",
        "`archive.s3.bucket`: \"Ho_So\" is not the name of a bucket",
        "`archive.s3.endpoint`: http://s3.example.vn would be sent everything in clear",
        "`archive.s3.secret_key` is empty",
    ] {
        assert!(told.contains(complaint), "{complaint}: {told}");
    }
    assert!(!told.contains("735190"), "{told}");
}

#[test]
fn an_identity_that_does_not_open_new_archives_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("archive.key");
    let (own, other) = (
        diemcau_recorder::Identity::generate(),
        diemcau_recorder::Identity::generate(),
    );
    let public = |text: &str| {
        let identity = diemcau_recorder::Identity::from_text(text).unwrap();
        identity.recipients().names().remove(0)
    };
    std::fs::write(&file, &own).unwrap();
    let with = |text: &str| {
        let (to, identity) = (public(text), file.display());
        with_file(
            &format!("[archive]\nencrypt_to = [\"{to}\"]\nidentity = \"{identity}\"\n"),
            &[],
        )
    };
    let loaded = with(&own).unwrap();
    let recipients = loaded.settings.archive.recipients.unwrap();
    assert_eq!(recipients.names(), [public(&own)]);
    let told = with(&other).unwrap_err().to_string();
    assert!(told.contains("none of its keys opens"), "{told}");
    assert!(!told.contains("AGE-SECRET-KEY"), "{told}");
}
