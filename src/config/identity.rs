//! `[identity.oidc]`: a provider of identities by OpenID Connect.

use std::collections::BTreeMap;
use std::path::PathBuf;

use diemcau_protocol::SystemRole;

use super::check::Check;
use super::file::RawOidc;
use super::place::{Found, Place};
use super::{OidcSetting, Redacted};

const DEFAULT_SCOPES: [&str; 2] = ["profile", "email"];
const DEFAULT_LOGIN_CLAIM: &str = "preferred_username";

impl Check {
    pub(super) fn oidc(&mut self, raw: Option<RawOidc>) -> Option<OidcSetting> {
        let Some(raw) = raw else {
            self.note("identity.oidc", "none".to_owned(), &Place::Default);
            return None;
        };
        let place = raw.place;
        let name = self.needed_of_provider("name", raw.name, &place);
        let issuer = self.needed_of_provider("issuer", raw.issuer, &place);
        let client_id = self.needed_of_provider("client_id", raw.client_id, &place);
        let client_secret = self.needed_of_provider("client_secret", raw.client_secret, &place);
        let public_url = self.needed_of_provider("public_url", raw.public_url, &place);
        let issuer = issuer.and_then(|url| self.secure_url("issuer", url, &place));
        let public_url = public_url.and_then(|url| self.secure_url("public_url", url, &place));
        let create_accounts = self.yes_or_no("create_accounts", raw.create_accounts);
        let link_accounts = self.yes_or_no("link_accounts", raw.link_accounts);
        if create_accounts && raw.unit_claim.is_none() {
            self.problem(
                &place,
                "`identity.oidc.create_accounts` is on, but no `unit_claim` says whose they are",
                "name the claim that holds the identifier of the person's unit",
            );
        }
        let roles = self.roles(raw.roles, raw.role_claim.is_some(), &place);
        let text = |found: Option<Found<String>>| found.map(|found| found.value);
        let (issuer, name) = (issuer?, name?);
        self.note("identity.oidc.issuer", issuer.clone(), &place);
        Some(OidcSetting {
            name,
            issuer,
            client_id: client_id?,
            client_secret: Redacted::new(client_secret?),
            public_url: public_url?,
            scopes: match raw.scopes {
                Some(scopes) => scopes.value.into_iter().map(|scope| scope.value).collect(),
                None => DEFAULT_SCOPES.map(str::to_owned).to_vec(),
            },
            login_claim: text(raw.login_claim).unwrap_or_else(|| DEFAULT_LOGIN_CLAIM.to_owned()),
            unit_claim: text(raw.unit_claim),
            role_claim: text(raw.role_claim),
            roles,
            create_accounts,
            link_accounts,
            authority: text(raw.authority).map(PathBuf::from),
        })
    }

    fn needed_of_provider(
        &mut self,
        name: &str,
        found: Option<Found<String>>,
        table: &Place,
    ) -> Option<String> {
        match found {
            Some(found) if !found.value.trim().is_empty() => Some(found.value),
            found => {
                let place = found.map_or_else(|| table.clone(), |found| found.place);
                self.problem(
                    &place,
                    format!("`identity.oidc.{name}` is missing"),
                    "give it, or leave the whole table out",
                );
                None
            }
        }
    }

    /// An HTTPS address; plain HTTP on this machine only.
    fn secure_url(&mut self, name: &str, url: String, table: &Place) -> Option<String> {
        let host = |rest: &str| {
            let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
            host.to_owned()
        };
        let fits = match url.split_once("://") {
            Some(("https", rest)) => !host(rest).is_empty(),
            Some(("http", rest)) => {
                let host = host(rest);
                let name = host
                    .rsplit_once(':')
                    .map_or(host.as_str(), |(name, _)| name);
                matches!(name, "localhost" | "127.0.0.1" | "[::1]")
            }
            Some(_) | None => false,
        };
        if fits {
            return Some(url);
        }
        self.problem(
            table,
            format!("`identity.oidc.{name}`: {url:?} is not an https:// address"),
            "write it like \"https://sso.example.vn\"; http:// is for this machine only",
        );
        None
    }

    fn yes_or_no(&mut self, name: &str, found: Option<Found<String>>) -> bool {
        match found.as_ref().map(|found| found.value.as_str()) {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => {
                let place = found.map_or(Place::Default, |found| found.place);
                self.problem(
                    &place,
                    format!("`identity.oidc.{name}` is neither true nor false"),
                    "write true or false",
                );
                false
            }
        }
    }

    fn roles(
        &mut self,
        found: Vec<(String, Found<String>)>,
        has_claim: bool,
        table: &Place,
    ) -> BTreeMap<String, SystemRole> {
        if has_claim == found.is_empty() {
            self.problem(
                table,
                "`identity.oidc.role_claim` and `roles` are given together, or neither",
                "name the claim that holds roles, and what each of its values stands for here",
            );
        }
        let mut roles = BTreeMap::new();
        for (value, role) in found {
            match role_of(&role.value) {
                Some(role) => {
                    roles.insert(value, role);
                }
                None => self.problem(
                    &role.place,
                    format!("`identity.oidc.roles`: {:?} is not a role", role.value),
                    "choose administrator, unit_administrator, organiser, clerk, auditor or member",
                ),
            }
        }
        roles
    }
}

fn role_of(text: &str) -> Option<SystemRole> {
    match text {
        "administrator" => Some(SystemRole::Administrator),
        "unit_administrator" => Some(SystemRole::UnitAdministrator),
        "organiser" => Some(SystemRole::Organiser),
        "clerk" => Some(SystemRole::Clerk),
        "auditor" => Some(SystemRole::Auditor),
        "member" => Some(SystemRole::Member),
        _ => None,
    }
}
