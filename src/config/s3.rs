//! `[archive.s3]`: where archives are stored beside this machine.

use std::net::IpAddr;

use diemcau_recorder::DepotConfig;
use serde::Deserialize;
use toml::Spanned;

use super::archive::web_address;
use super::check::{Check, Complaint, complain};
use super::file::Reader;
use super::place::Found;
use super::text::truth;

/// Where nobody says where.
const REGION: &str = "us-east-1";

/// `[archive.s3]`, as it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct S3Table {
    bucket: Spanned<String>,
    prefix: Option<Spanned<String>>,
    endpoint: Option<Spanned<String>>,
    region: Option<Spanned<String>>,
    access_key: Spanned<String>,
    secret_key: Spanned<String>,
    authority: Option<Spanned<String>>,
    keep_local: Option<Spanned<bool>>,
}

/// `[archive.s3]`, as text.
#[derive(Debug, Clone)]
pub(super) struct RawS3 {
    bucket: Found<String>,
    prefix: Option<Found<String>>,
    endpoint: Option<Found<String>>,
    region: Option<Found<String>>,
    access_key: Found<String>,
    secret_key: Found<String>,
    authority: Option<Found<String>>,
    keep_local: Option<Found<String>>,
}

impl RawS3 {
    pub(super) fn read(table: S3Table, at: &Reader<'_>) -> Self {
        Self {
            bucket: at.text(table.bucket),
            prefix: at.option(table.prefix),
            endpoint: at.option(table.endpoint),
            region: at.option(table.region),
            access_key: at.hidden(table.access_key),
            secret_key: at.hidden(table.secret_key),
            authority: at.option(table.authority),
            keep_local: at.option(table.keep_local),
        }
    }
}

impl Check {
    /// `is_encrypted` is whether archives are.
    pub(super) fn s3(&mut self, raw: RawS3, is_encrypted: bool) -> Option<DepotConfig> {
        let before = self.problems();
        for (name, found) in [
            ("archive.s3.access_key", &raw.access_key),
            ("archive.s3.secret_key", &raw.secret_key),
        ] {
            if found.value.is_empty() {
                self.problem(
                    &found.place,
                    format!("`{name}` is empty"),
                    "give the key that the store's administrator made for this server",
                );
            }
        }
        let bucket = self.found("archive.s3.bucket", &raw.bucket, bucket);
        let prefix = raw
            .prefix
            .and_then(|found| self.found("archive.s3.prefix", &found, prefix));
        let endpoint = raw.endpoint.and_then(|found| {
            let place = found.place.clone();
            let endpoint = self.found("archive.s3.endpoint", &found, web_address)?;
            if endpoint.starts_with("http://") && !is_encrypted && !is_this_machine(&endpoint) {
                self.problem(
                    &place,
                    format!("`archive.s3.endpoint`: {endpoint} would be sent everything in clear"),
                    "write https://, or encrypt archives with `archive.encrypt_to`; plain HTTP \
                     is for a store on this machine",
                );
            }
            Some(endpoint.trim_end_matches('/').to_owned())
        });
        let keep_local = match &raw.keep_local {
            Some(found) => self.found("archive.s3.keep_local", found, truth),
            None => Some(true),
        };
        let authority =
            raw.authority
                .and_then(|found| match std::fs::read_to_string(&found.value) {
                    Ok(pem) => Some(pem),
                    Err(error) => {
                        self.problem(
                        &found.place,
                        format!("`archive.s3.authority`: cannot read {}: {error}", found.value),
                        "check the path, and that the user who runs the server may read the file",
                    );
                        None
                    }
                });
        if self.problems() > before {
            return None;
        }
        let bucket = bucket?;
        self.note("archive.s3.bucket", bucket.clone(), &raw.bucket.place);
        Some(DepotConfig {
            bucket,
            prefix: prefix.unwrap_or_default(),
            endpoint,
            region: raw.region.map_or(REGION.to_owned(), |found| found.value),
            access_key: raw.access_key.value,
            secret_key: raw.secret_key.value,
            authority,
            keep_local: keep_local?,
        })
    }

    fn found<T>(
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
}

fn bucket(text: &str) -> Result<String, Complaint> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    if (3..=63).contains(&text.len()) && text.chars().all(fits) {
        return Ok(text.to_owned());
    }
    complain(
        format!("{text:?} is not the name of a bucket"),
        "write 3 to 63 small letters, digits, dots and hyphens",
    )
}

fn prefix(text: &str) -> Result<String, Complaint> {
    let text = text.trim_matches('/');
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/');
    if text.chars().all(fits) && !text.contains("//") && !text.contains("..") {
        return Ok(text.to_owned());
    }
    complain(
        format!("{text:?} is not how names in a bucket can begin"),
        "write letters, digits, hyphens and slashes, such as \"diemcau/tinh\"",
    )
}

fn is_this_machine(endpoint: &str) -> bool {
    let host = endpoint.trim_start_matches("http://");
    let host = host.split(['/', ':']).next().unwrap_or_default();
    let ip = host.parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_what_names_in_them_begin_with() {
        assert!(bucket("ho-so.tinh-1").is_ok());
        for wrong in ["", "ab", "Ho-so", "hồ-sơ", "a b c", "a/b/c"] {
            assert!(bucket(wrong).is_err(), "{wrong}");
        }
        assert!(matches!(prefix("/diemcau/tinh/"), Ok(text) if text == "diemcau/tinh"));
        for wrong in ["a//b", "../a", "hồ sơ"] {
            assert!(prefix(wrong).is_err(), "{wrong}");
        }
        assert!(is_this_machine("http://127.0.0.1:9000") && is_this_machine("http://localhost"));
        assert!(!is_this_machine("http://10.0.0.7:9000"));
    }
}
