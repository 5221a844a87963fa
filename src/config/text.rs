//! Values as they are written in the file and in the environment.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::MOST_WORKERS;
use super::check::{Complaint, complain};

const LONGEST_GRACE_SECONDS: u64 = 3_600;

pub(super) fn truth(text: &str) -> Result<bool, Complaint> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" | "" => Ok(false),
        _ => complain(
            format!("{text:?} is neither true nor false"),
            "write true or false",
        ),
    }
}

pub(super) fn socket_address(text: &str) -> Result<SocketAddr, Complaint> {
    let Ok(address) = text.parse::<SocketAddr>() else {
        return complain(
            format!("{text:?} is not an address with a port"),
            "write ADDRESS:PORT with numbers, such as 0.0.0.0:8443 or [::]:8443",
        );
    };
    if address.port() == 0 {
        return complain(
            "port 0 would be another port at every start",
            "choose a port between 1 and 65535, such as 8443",
        );
    }
    Ok(address)
}

pub(super) fn port(text: &str) -> Result<u16, Complaint> {
    match text.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        _ => complain(
            format!("{text} is not a port"),
            "choose a port between 1 and 65535, such as 8444",
        ),
    }
}

pub(super) fn workers(text: &str) -> Result<usize, Complaint> {
    match text.parse::<usize>() {
        Ok(workers) if (1..=MOST_WORKERS).contains(&workers) => Ok(workers),
        _ => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {MOST_WORKERS} media workers"),
        ),
    }
}

pub(super) fn path(text: &str) -> Result<PathBuf, Complaint> {
    if text.is_empty() {
        return complain("the path is empty", "name a folder, such as ./data");
    }
    Ok(PathBuf::from(text))
}

pub(super) fn public_ip(text: &str) -> Result<IpAddr, Complaint> {
    let Ok(address) = text.parse::<IpAddr>() else {
        return complain(
            format!("{text:?} is not an IP address"),
            "write the number of the address, such as 203.0.113.10, without port or name",
        );
    };
    if address.is_unspecified() || address.is_multicast() {
        return complain(
            format!("nobody can reach a server at {address}"),
            "give an address at which browsers reach this machine",
        );
    }
    Ok(address)
}

pub(super) fn grace(text: &str) -> Result<Duration, Complaint> {
    match text.parse::<u64>() {
        Ok(seconds) if (1..=LONGEST_GRACE_SECONDS).contains(&seconds) => {
            Ok(Duration::from_secs(seconds))
        }
        _ => complain(
            format!("{text} is out of range"),
            format!("choose between 1 and {LONGEST_GRACE_SECONDS} seconds"),
        ),
    }
}

pub(super) fn log_filter(text: &str) -> Result<String, Complaint> {
    match EnvFilter::builder().parse(text) {
        Ok(_) if !text.is_empty() => Ok(text.to_owned()),
        Ok(_) => complain("the filter is empty", "write off to log nothing, or info"),
        Err(error) => complain(
            format!("{text:?} is not a filter: {error}"),
            "write a level (error, warn, info, debug, trace), or parts such as \
             info,diemcau_sfu=debug",
        ),
    }
}
