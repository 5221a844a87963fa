//! Webhooks: what happens to meetings, told to other programs, such as a
//! gateway for SMS or Zalo.
//!
//! They have the form of Standard Webhooks (standardwebhooks.com): the headers
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`, and
//! `{type, timestamp, data}` as the body.

mod client;

use std::net::IpAddr;

use aws_lc_rs::hmac;
use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use diemcau_protocol::{Contact, ErrorCode, WebhookEvent};
use serde_json::{Value, json};

use crate::organisation::Refusal;
use crate::schedule::{Invitee, Meeting, utc_text};

pub(crate) use client::{Caller, Message};

/// What stands before a secret.
const PREFIX: &str = "whsec_";

/// The longest address, in characters.
const URL_LENGTH: usize = 500;

/// Where a webhook goes, checked as far as that is possible without asking
/// anybody for addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) uri: Uri,
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) is_https: bool,
    /// This machine, by its own word.
    pub(crate) is_loopback: bool,
}

impl Target {
    /// Reads an address: `https://`, or `http://` on this machine.
    pub(crate) fn parse(text: &str, allow_private: bool) -> Result<Self, Refusal> {
        let refuse = |detail| Err(Refusal::new(ErrorCode::WebhookUnfit, detail));
        let Ok(uri) = text.trim().parse::<Uri>() else {
            return refuse("that is no address");
        };
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return refuse("the address begins with https://"),
        };
        let host = uri.host().unwrap_or_default();
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let has_login = uri
            .authority()
            .is_some_and(|all| all.as_str().contains('@'));
        if host.is_empty() || has_login || text.len() > URL_LENGTH {
            return refuse("the address has a host, no password, and at most 500 characters");
        }
        let ip = host.parse::<IpAddr>().ok();
        let is_loopback = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        if !is_https && !is_loopback {
            return refuse("without TLS a webhook goes to this machine only");
        }
        if !is_loopback && !allow_private && ip.is_some_and(is_private) {
            return refuse("the address is one of a private network, which the settings forbid");
        }
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        Ok(Self {
            host,
            port,
            is_https,
            is_loopback,
            uri,
        })
    }

    /// Whether it may be asked at an address that its name leads to.
    pub(crate) fn may_be_at(&self, ip: IpAddr, allow_private: bool) -> bool {
        allow_private || (self.is_loopback && ip.is_loopback()) || !is_private(ip)
    }
}

/// Whether an address is not one of the Internet's: loopback, private, shared,
/// link-local, unspecified, multicast, or an IPv4 one of these in IPv6.
fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_loopback()
                || ip.is_private()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_broadcast()
                || ip.is_documentation()
                || first == 0
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(ip) => {
            let mapped = ip.to_ipv4_mapped().map(IpAddr::V4);
            ip.is_loopback()
                || ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unique_local()
                || ip.is_unicast_link_local()
                || mapped.is_some_and(is_private)
        }
    }
}

/// A new secret, as it is told once.
pub(crate) fn new_secret() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// The signature over a message, for the header.
pub(crate) fn signature(secret: &str, id: &str, seconds: i64, body: &[u8]) -> String {
    let encoded = secret.strip_prefix(PREFIX).unwrap_or(secret);
    // What was made here can be read again.
    let secret = STANDARD.decode(encoded).unwrap_or_default();
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(format!("{id}.{seconds}.").as_bytes());
    context.update(body);
    format!("v1,{}", STANDARD.encode(context.sign()))
}

/// The body of a message about a meeting, with those whom it concerns.
pub(crate) fn body(
    event: WebhookEvent,
    meeting: &Meeting,
    invitees: &[Value],
    now: i64,
) -> Vec<u8> {
    let plan = &meeting.plan;
    let body = json!({
        "type": event.name(),
        "timestamp": utc_text(now),
        "data": {
            "meeting": meeting.id,
            "title": plan.title,
            "host_unit": plan.host_unit_name,
            "starts_at": utc_text(plan.starts_at),
            "ends_at": utc_text(plan.ends_at),
            "time_zone": plan.time_zone,
            "cancelled": plan.cancelled,
            "invitees": invitees,
        },
    });
    // Texts and numbers always become JSON.
    serde_json::to_vec(&body).unwrap_or_default()
}

/// Somebody whom a message concerns, with what a gateway needs to reach him.
pub(crate) fn told_invitee(invitee: &Invitee, contact: &Contact, link: Option<&str>) -> Value {
    let named = &invitee.named;
    json!({
        "participant": invitee.participant,
        "name": named.name,
        "title": named.title,
        "unit": named.unit,
        "role": named.role,
        "email": contact.email,
        "phone": contact.phone,
        "language": contact.language,
        "link": link,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_that_of_the_standard() {
        // The example of the Standard Webhooks specification.
        let signed = signature(
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn webhooks_go_to_the_internet_by_tls_or_to_this_machine() {
        let fits = |url: &str| Target::parse(url, false).is_ok();
        for good in [
            "https://sms.example.vn/hook?key=1",
            "https://203.0.114.7:8443/",
            "http://127.0.0.1:9000/hook",
            "http://localhost/hook",
            "http://[::1]:9000/",
        ] {
            assert!(fits(good), "{good}");
        }
        for bad in [
            "",
            "sms.example.vn",
            "http://sms.example.vn/",
            "ftp://sms.example.vn/",
            "https://user:pw@sms.example.vn/",
            "https://10.0.0.5/",
            "https://192.168.1.1/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://0.0.0.0/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:10.0.0.5]/",
        ] {
            assert!(!fits(bad), "{bad}");
        }
        assert!(Target::parse("https://10.0.0.5/", true).is_ok());
        assert!(Target::parse("http://10.0.0.5/", true).is_err());
        // A name that leads inside is found out when it is asked.
        let named = Target::parse("https://sms.example.vn/", false).unwrap();
        assert!(!named.may_be_at("10.0.0.5".parse().unwrap(), false));
        assert!(!named.may_be_at("127.0.0.1".parse().unwrap(), false));
        assert!(named.may_be_at("203.0.114.7".parse().unwrap(), false));
        assert!(named.may_be_at("10.0.0.5".parse().unwrap(), true));
    }
}
