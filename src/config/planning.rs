//! `[limits]` and `[mail]`: what holds for meetings that are planned.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use diemcau_signaling::{Limits, MailSecurity};

use super::Redacted;
use super::check::{Check, Complaint, complain};
use super::place::{Found, Place};

/// `[limits]`, as text.
#[derive(Debug, Clone, Default)]
pub(super) struct RawLimits {
    pub(super) sites_per_meeting: Option<Found<String>>,
    pub(super) sites_per_server: Option<Found<String>>,
}

/// `[mail]`, as text.
#[derive(Debug, Clone, Default)]
pub(super) struct RawMail {
    pub(super) server: Option<Found<String>>,
    pub(super) security: Option<Found<String>>,
    pub(super) username: Option<Found<String>>,
    pub(super) password: Option<Found<String>>,
    pub(super) authority: Option<Found<String>>,
    pub(super) from: Option<Found<String>>,
    pub(super) public_url: Option<Found<String>>,
}

/// The SMTP server that letters are handed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailSetting {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way to it is secured.
    pub security: MailSecurity,
    /// User and password, where it asks for them.
    pub login: Option<(String, Redacted)>,
    /// A PEM file with an authority of the organisation's own.
    pub authority: Option<PathBuf>,
    /// Whom letters come from.
    pub from: String,
    /// How links in letters begin.
    pub public_url: String,
}

impl Check {
    pub(super) fn limits(&mut self, raw: RawLimits) -> Limits {
        let mut limit = |name: &'static str, found: Option<Found<String>>| {
            let found = found?;
            match found.value.parse::<u32>() {
                Ok(limit) if limit > 0 => {
                    self.note(name, limit.to_string(), &found.place);
                    Some(limit)
                }
                _ => {
                    self.problem(
                        &found.place,
                        format!("`{name}`: {} is out of range", found.value),
                        "give a number from 1 on, or leave it out for no limit",
                    );
                    None
                }
            }
        };
        Limits {
            sites_per_meeting: limit("limits.sites_per_meeting", raw.sites_per_meeting),
            sites_per_server: limit("limits.sites_per_server", raw.sites_per_server),
        }
    }

    pub(super) fn mail(&mut self, raw: RawMail) -> Option<MailSetting> {
        let Some(server) = raw.server else {
            let others = [
                raw.security,
                raw.username,
                raw.password,
                raw.authority,
                raw.from,
                raw.public_url,
            ];
            match others.into_iter().flatten().next() {
                Some(found) => self.problem(
                    &found.place,
                    "something of `mail` is given, but no `mail.server`",
                    "give the server as `mail.server`, or leave the whole table out",
                ),
                None => self.note("mail", "none".to_owned(), &Place::Default),
            }
            return None;
        };
        let place = server.place.clone();
        let address = self.parsed("mail.server", &server, host_and_port);
        let security = match &raw.security {
            Some(found) => self.parsed("mail.security", found, security)?,
            None => MailSecurity::StartTls,
        };
        let from = self.needed_for_mail("mail.from", raw.from, &place, sender);
        let public_url =
            self.needed_for_mail("mail.public_url", raw.public_url, &place, public_url);
        let login = match (raw.username, raw.password) {
            (None, None) => None,
            (Some(username), Some(password)) => {
                Some((username.value, Redacted::new(password.value)))
            }
            (Some(one), None) | (None, Some(one)) => {
                self.problem(
                    &one.place,
                    "`mail.username` and `mail.password` stand together",
                    "give both, or neither where the server asks for none",
                );
                None
            }
        };
        let (host, port) = address?;
        if security == MailSecurity::None && !is_this_machine(&host) {
            self.problem(
                &place,
                format!(
                    "`mail.security`: letters hold personal links and do not go to {host} unsecured"
                ),
                "choose \"starttls\" or \"tls\"; \"none\" is for a mail server on this machine",
            );
            return None;
        }
        self.note("mail.server", format!("{host}:{port}"), &place);
        Some(MailSetting {
            host,
            port,
            security,
            login,
            authority: raw.authority.map(|found| PathBuf::from(found.value)),
            from: from?,
            public_url: public_url?,
        })
    }

    fn parsed<T>(
        &mut self,
        name: &str,
        found: &Found<String>,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        match parse(found.value.trim()) {
            Ok(value) => Some(value),
            Err(complaint) => {
                self.complaint(name, &found.place, complaint);
                None
            }
        }
    }

    fn needed_for_mail<T>(
        &mut self,
        name: &str,
        found: Option<Found<String>>,
        server: &Place,
        parse: impl Fn(&str) -> Result<T, Complaint>,
    ) -> Option<T> {
        match found {
            Some(found) => self.parsed(name, &found, parse),
            None => {
                self.problem(
                    server,
                    format!("`mail.server` is given, but `{name}` is not"),
                    "deploy/diemcau.example.toml shows what letters need",
                );
                None
            }
        }
    }
}

fn host_and_port(text: &str) -> Result<(String, u16), Complaint> {
    let parsed = text.rsplit_once(':').and_then(|(host, port)| {
        let port = port.parse().ok().filter(|port: &u16| *port > 0)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
        (!host.is_empty() && host.chars().all(fits)).then(|| (host.to_owned(), port))
    });
    parsed.map_or_else(
        || {
            complain(
                format!("{text:?} is not the address of a mail server"),
                "write HOST:PORT, such as \"smtp.example.vn:587\"",
            )
        },
        Ok,
    )
}

fn security(text: &str) -> Result<MailSecurity, Complaint> {
    match text {
        "starttls" => Ok(MailSecurity::StartTls),
        "tls" => Ok(MailSecurity::Tls),
        "none" => Ok(MailSecurity::None),
        _ => complain(
            format!("{text:?} is not known"),
            "choose \"starttls\" (usually port 587), \"tls\" (465) or \"none\"",
        ),
    }
}

fn sender(text: &str) -> Result<String, Complaint> {
    if text.contains('@') {
        return Ok(text.to_owned());
    }
    complain(
        format!("{text:?} is not a sender"),
        "write \"hop@example.vn\" or \"Văn phòng UBND tỉnh <hop@example.vn>\"",
    )
}

/// An address without a path, without the slash at its end.
fn public_url(text: &str) -> Result<String, Complaint> {
    let url = text.trim_end_matches('/');
    let host = url.strip_prefix("https://").unwrap_or_default();
    if host.is_empty() || host.contains(['/', '#', '?', ' ', '@']) {
        return complain(
            format!("{text:?} is not how links can begin"),
            "write https:// and the name at which browsers reach this server",
        );
    }
    Ok(url.to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let ip = host.parse::<IpAddr>();
    host == "localhost" || ip.unwrap_or(Ipv4Addr::UNSPECIFIED.into()).is_loopback()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_servers_and_beginnings_of_links() {
        let host = |text| host_and_port(text).ok();
        assert_eq!(
            host("smtp.example.vn:587"),
            Some(("smtp.example.vn".to_owned(), 587))
        );
        assert_eq!(host("[::1]:25"), Some(("::1".to_owned(), 25)));
        for wrong in ["", "smtp.example.vn", "smtp:0", ":25", "a b:25", "smtp:x"] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
        let url = |text| public_url(text).ok();
        assert_eq!(
            url("https://hop.example.vn/").as_deref(),
            Some("https://hop.example.vn")
        );
        for wrong in [
            "",
            "hop.example.vn",
            "http://hop.vn",
            "https://",
            "https://a/b",
        ] {
            assert_eq!(url(wrong), None, "{wrong}");
        }
    }
}
