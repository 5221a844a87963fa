//! What the operator's tools ask: `/healthz`, `/readyz`, `/metrics`.

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use diemcau_protocol::ErrorCode;
use diemcau_recorder::RecorderSnapshot;
use diemcau_sfu::WorkerSnapshot;
use diemcau_signaling::CountersSnapshot;
use prometheus::proto::MetricFamily;
use prometheus::{
    CounterVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

use crate::problem::problem;
use crate::wire::Services;

/// The media plane's counters that go down again.
const MEDIA_GAUGES: [&str; 7] = [
    "peers",
    "meetings",
    "lines_reduced",
    "lines_sound_only",
    "packets_queued",
    "estimate_kbps",
    "tcp_connections",
];

/// The routes for the operator's tools.
pub fn router(services: Arc<Services>) -> Router {
    let for_metrics = Arc::clone(&services);
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(async move || readiness(&services).await))
        .route("/metrics", get(async move || metrics(&for_metrics)))
}

async fn readiness(services: &Services) -> Response {
    let unavailable = |code, detail: String| problem(StatusCode::SERVICE_UNAVAILABLE, code, detail);
    if let Err(error) = services.signaling.ready().await {
        return unavailable(ErrorCode::StorageUnavailable, error.to_string());
    }
    if !services.media.is_running() {
        let detail = "the media worker does not run".to_owned();
        return unavailable(ErrorCode::MediaUnavailable, detail);
    }
    "ready\n".into_response()
}

fn metrics(services: &Services) -> Response {
    match exposition(services) {
        Ok(text) => {
            let content_type = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, content_type)], text).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            let detail = "metrics cannot be written; the log says why";
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorCode::Internal,
                detail,
            )
        }
    }
}

fn exposition(services: &Services) -> Result<String, prometheus::Error> {
    let metrics = Metrics::default();
    metrics.media(&services.media.workers())?;
    metrics.signaling(services.signaling.counters())?;
    metrics.recorder(services.recorder.counters(), services.recorder.is_running())?;
    metrics.process()?;
    TextEncoder::new().encode_to_string(&metrics.gather())
}

/// Readings of one moment, each registered once.
#[derive(Default)]
struct Metrics {
    registry: Registry,
}

impl Metrics {
    /// What each media worker counts, by its number.
    fn media(&self, workers: &[WorkerSnapshot]) -> Result<(), prometheus::Error> {
        let Some(first) = workers.first() else {
            return Ok(());
        };
        for (at, (name, _)) in first.counters.iter().enumerate() {
            let is_gauge = MEDIA_GAUGES.contains(&name);
            let full = if is_gauge {
                format!("diemcau_media_{name}")
            } else {
                format!("diemcau_media_{name}_total")
            };
            let options = Opts::new(full, help("media", name));
            let values = workers
                .iter()
                .filter_map(|worker| worker.counters.iter().nth(at));
            if is_gauge {
                let gauges = IntGaugeVec::new(options, &["worker"])?;
                for (worker, (_, value)) in values.enumerate() {
                    let gauge = gauges.with_label_values(&[&worker.to_string()]);
                    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
                }
                self.registry.register(Box::new(gauges))?;
            } else {
                let counters = IntCounterVec::new(options, &["worker"])?;
                for (worker, (_, value)) in values.enumerate() {
                    let counter = counters.with_label_values(&[&worker.to_string()]);
                    counter.inc_by(value);
                }
                self.registry.register(Box::new(counters))?;
            }
        }
        let options = Opts::new(
            "diemcau_media_cpu_seconds_total",
            "media: processor time of each worker",
        );
        let seconds = CounterVec::new(options, &["worker"])?;
        for (worker, snapshot) in workers.iter().enumerate() {
            let counter = seconds.with_label_values(&[&worker.to_string()]);
            counter.inc_by(snapshot.cpu.as_secs_f64());
        }
        self.registry.register(Box::new(seconds))
    }

    fn signaling(&self, read: CountersSnapshot) -> Result<(), prometheus::Error> {
        self.gauge("signaling", "meetings", read.meetings)?;
        self.gauge(
            "signaling",
            "participants_present",
            read.participants_present,
        )?;
        self.gauge("signaling", "websockets", read.websockets)?;
        self.gauge("signaling", "devices", read.devices)?;
        self.counter("signaling", "commands", read.commands)?;
        self.counter("signaling", "events_stored", read.events_stored)?;
        self.counter("signaling", "problems", read.problems)?;

        let options = Opts::new(
            "diemcau_signaling_refused_total",
            "signaling: refused, by code",
        );
        let refused = IntCounterVec::new(options, &["code"])?;
        for (code, count) in read.refused {
            refused.with_label_values(&[code_name(code)]).inc_by(count);
        }
        self.registry.register(Box::new(refused))
    }

    fn recorder(&self, read: RecorderSnapshot, runs: bool) -> Result<(), prometheus::Error> {
        for (name, value) in read.iter() {
            if RecorderSnapshot::GAUGES.contains(&name) {
                self.gauge("recorder", name, value)?;
            } else {
                self.counter("recorder", name, value)?;
            }
        }
        self.gauge("recorder", "running", runs.into())
    }

    /// Processor time, memory, files and threads of this process.
    fn process(&self) -> Result<(), prometheus::Error> {
        #[cfg(target_os = "linux")]
        {
            use prometheus::process_collector::ProcessCollector;
            self.registry
                .register(Box::new(ProcessCollector::for_self()))?;
        }
        Ok(())
    }

    /// Every reading; without the start of the process where the system's own
    /// start cannot be seen (systemd's `ProcSubset=pid`) and it would be 0.
    fn gather(&self) -> Vec<MetricFamily> {
        let mut families = self.registry.gather();
        families.retain(|family| {
            family.name() != "process_start_time_seconds"
                || family
                    .get_metric()
                    .iter()
                    .any(|start| start.get_gauge().get_value() > 0.0)
        });
        families
    }

    fn gauge(&self, service: &str, name: &str, value: u64) -> Result<(), prometheus::Error> {
        let gauge = IntGauge::new(format!("diemcau_{service}_{name}"), help(service, name))?;
        gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        self.registry.register(Box::new(gauge))
    }

    fn counter(&self, service: &str, name: &str, value: u64) -> Result<(), prometheus::Error> {
        let name_in_full = format!("diemcau_{service}_{name}_total");
        let counter = IntCounter::new(name_in_full, help(service, name))?;
        counter.inc_by(value);
        self.registry.register(Box::new(counter))
    }
}

fn help(service: &str, name: &str) -> String {
    format!("{service}: {}", name.replace('_', " "))
}

/// The code as it stands on the wire.
fn code_name(code: ErrorCode) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(_) | Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_counted_by_the_code_of_the_wire() {
        let metrics = Metrics::default();
        let read = CountersSnapshot {
            commands: 7,
            refused: [(ErrorCode::RateLimited, 3)].into(),
            ..CountersSnapshot::default()
        };
        metrics.signaling(read).unwrap();
        let text = TextEncoder::new()
            .encode_to_string(&metrics.registry.gather())
            .unwrap();
        assert!(
            text.contains("diemcau_signaling_commands_total 7"),
            "{text}"
        );
        let refused = "diemcau_signaling_refused_total{code=\"rate_limited\"} 3";
        assert!(text.contains(refused), "{text}");
    }
}
