//! Tables on the terminal as the figures come, and all of them as JSON at the
//! end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;
use serde_json::{Map, Value, json};

use crate::assembly::Assembly;
use crate::floor::{Floor, TAG};
use crate::load::Figures;
use crate::recording::Recording;
use crate::sites::Sites;

/// What was measured so far.
#[derive(Default)]
pub(crate) struct Report {
    keys: Map<String, Value>,
    measured: BTreeMap<String, Figures>,
}

impl Report {
    /// A heading, with the columns of the rows below.
    pub(crate) fn heading(&self, what: &str) {
        println!(
            "\n{what:<44} {:>8} {:>7} {:>9} {:>6} {:>5} {:>8}",
            "us/pkt", "cores", "pkt/s", "bytes", "lost", "kB/peer"
        );
    }

    /// A measurement: one row.
    pub(crate) fn row(&mut self, name: &str, figures: Figures) {
        let Figures {
            us_per_packet,
            cores,
            packets_per_s,
            share,
            seconds,
            bytes_per_packet,
            seal_bytes,
            lost,
            rss_kb_per_peer,
            uncharged_percent,
            other_cores,
            ref counted,
        } = figures;
        print!(
            "  {name:<42} {us_per_packet:>8.2} {cores:>7.3} {packets_per_s:>9.0} \
             {bytes_per_packet:>6.0} {lost:>5} {rss_kb_per_peer:>8.0}"
        );
        // The trace is not everywhere of one rate.
        if let Some(share) = share.filter(|share| *share < 0.94) {
            print!("  {:.0} % of the stage's packets", share * 100.0);
        }
        if let Some(other) = seal_bytes.filter(|bytes| *bytes != TAG) {
            print!("  sealed with {other} bytes, not by AES-GCM");
        }
        if other_cores > 0.1 {
            print!("  others used {other_cores:.1} cores");
        }
        if uncharged_percent > 2.0 {
            print!("  and {uncharged_percent:.0} % in ksoftirqd");
        }
        // What it says that it forwarded is what has arrived, or nearly: the two
        // readings are not of the same instant.
        let forwarded = counted.get("packets_forwarded").copied();
        let arrived = packets_per_s * seconds;
        if let Some(forwarded) = forwarded.filter(|n| (*n as f64 / arrived - 1.0).abs() > 0.03) {
            print!("  it says that it forwarded {forwarded}");
        }
        println!();
        self.measured.insert(name.to_owned(), figures);
    }

    /// The meeting of 300 sites, and what the load generator said of it.
    pub(crate) fn sites(&mut self, sites: &Sites, load: Value) {
        let said = json!(sites);
        for (name, value) in said.as_object().into_iter().flatten() {
            match value.as_f64() {
                Some(value) => println!("  {name:<42} {value:>8.2}"),
                None => println!("  {name:<42} {:>8}", "-"),
            }
        }
        self.put("sites300", said);
        self.put("load", load);
    }

    /// The ten recorded meetings.
    pub(crate) fn recording(&mut self, recording: &Recording) {
        let said = json!(recording);
        for (name, value) in said.as_object().into_iter().flatten() {
            let value = value.as_f64().unwrap_or_default();
            println!("  {name:<42} {value:>8.3}");
        }
        self.put("recording", said);
    }

    /// The meeting of 3,321, over one of the databases.
    pub(crate) fn assembly(&mut self, store: &str, assembly: &Assembly) {
        let said = json!(assembly);
        for (name, value) in said.as_object().into_iter().flatten() {
            let value = value.as_f64().unwrap_or_default();
            println!("  {:<42} {value:>8.2}", format!("{store}: {name}"));
        }
        let all = self.keys.entry("assembly").or_insert_with(|| json!({}));
        all[store] = said;
    }

    /// A measurement that could not be made; the others go on.
    pub(crate) fn failed(&mut self, name: &str, error: &anyhow::Error) {
        println!("  {name:<42} not measured: {error:#}");
        self.put(&format!("failed: {name}"), format!("{error:#}"));
    }

    /// The floor.
    pub(crate) fn floor(&mut self, name: &str, floor: Floor) {
        let Floor {
            ns_per_packet,
            seal_ns_per_packet,
            packets_per_send,
            bytes_per_packet,
            packets,
        } = floor;
        println!(
            "  {name:<42} {:>8.2} {:>7} {packets:>9} {bytes_per_packet:>6.0}   seal {:.2} us, \
             {packets_per_send:.2} packets a send",
            ns_per_packet / 1e3,
            "",
            seal_ns_per_packet / 1e3
        );
        self.put(&format!("floor: {name}"), json!(floor));
    }

    /// A figure of its own.
    pub(crate) fn put(&mut self, key: &str, value: impl Into<Value>) {
        self.keys.insert(key.to_owned(), value.into());
    }

    /// A figure of its own, which the reader is shown too.
    pub(crate) fn say(&mut self, key: &str, value: f64, unit: &str) {
        println!("  {key:<42} {value:>8.2} {unit}");
        self.put(key, value);
    }

    /// A measurement of before.
    pub(crate) fn of(&self, name: &str) -> Option<&Figures> {
        self.measured.get(name)
    }

    /// Writes everything to `target/bench/report.json`.
    pub(crate) fn write(mut self) -> Result<()> {
        self.keys.insert("measured".into(), json!(self.measured));
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
        fs::create_dir_all(&folder)?;
        let path = folder.join("report.json");
        let report = Value::Object(self.keys);
        fs::write(&path, format!("{report:#}\n"))?;
        println!("\nAll figures: target/bench/report.json");
        Ok(())
    }
}
