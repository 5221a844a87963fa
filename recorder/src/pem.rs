//! PEM (RFC 7468).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// DER under this label.
pub(crate) fn to_pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem.push_str(&format!("-----END {label}-----\n"));
    pem
}

/// What stands in PEM under this label.
pub(crate) fn from_pem(label: &str, pem: &str) -> Vec<Vec<u8>> {
    let (begin, end) = (
        format!("-----BEGIN {label}-----"),
        format!("-----END {label}-----"),
    );
    let mut found = Vec::new();
    let mut rest = pem;
    while let Some((_, behind)) = rest.split_once(&begin) {
        let Some((body, behind)) = behind.split_once(&end) else {
            break;
        };
        let text: String = body.split_ascii_whitespace().collect();
        found.extend(STANDARD.decode(text));
        rest = behind;
    }
    found
}
