//! Spans on their way to a collector: OTLP over HTTP, as protobuf. What the environment says of it holds:
//! `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`, `_TIMEOUT`, `_COMPRESSION`.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use opentelemetry::trace::{SpanContext, SpanId, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue, trace};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SpanData, SpanEvents, SpanExporter as _, SpanLinks};
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};

use super::operations::Operations;
use super::traces::{Said, Span, SpanKind, Waiting};
use crate::base::limits::{SPANS_BATCH_MAX, SPANS_EXPORT_TIME, SPANS_PAUSE};
use crate::host::watch::Notice;
use crate::wechat::install_tls;

/// Where spans go.
#[derive(Debug)]
pub struct Exporter {
    spans: SpanExporter,
    endpoint: String,
}

impl Exporter {
    /// To the collector at this address, the whole of it; nobody is called yet.
    ///
    /// # Errors
    /// In words: it is no address, or the environment asks for what is not there.
    pub fn new(endpoint: &str) -> Result<Self, String> {
        install_tls();
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
        let client = client.timeout(SPANS_EXPORT_TIME).build().map_err(|error| error.to_string())?;
        let spans = SpanExporter::builder().with_http().with_http_client(client).with_endpoint(endpoint).build();
        let mut spans = spans.map_err(|error| error.to_string())?;
        let resource = Resource::builder();
        let is_named = ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"]
            .map(|name| std::env::var(name).unwrap_or_default())
            .iter()
            .zip(["", "service.name="])
            .any(|(value, part)| !value.is_empty() && value.contains(part));
        let resource = if is_named { resource } else { resource.with_service_name("duoke") };
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        spans.set_resource(&resource.with_attribute(version).build());
        Ok(Self { spans, endpoint: endpoint.to_owned() })
    }
}

/// Exports what waits until nobody has anything more.
pub(super) async fn export(
    exporter: Exporter,
    mut waiting: Waiting,
    operations: Arc<Operations>,
    hear: Sender<Notice>,
) {
    let scope = InstrumentationScope::builder("duoke").with_version(env!("CARGO_PKG_VERSION")).build();
    let (mut works, mut is_over) = (true, false);
    while !is_over && let Some(Some(first)) = waiting.recv().await {
        let (mut batch, mut pause) = (vec![data(first, &scope)], std::pin::pin!(sleep(SPANS_PAUSE)));
        while batch.len() < SPANS_BATCH_MAX && !is_over {
            tokio::select! {
                next = waiting.recv() => match next {
                    Some(Some(span)) => batch.push(data(span, &scope)),
                    Some(None) | None => is_over = true,
                },
                () = &mut pause => break,
            }
        }
        let count = batch.len();
        let exported = match timeout(SPANS_EXPORT_TIME, exporter.spans.export(batch)).await {
            Ok(exported) => exported.map_err(|error| error.to_string()),
            Err(_) => Err(format!("no answer in {} s", SPANS_EXPORT_TIME.as_secs())),
        };
        let works_now = exported.is_ok();
        if let Err(error) = exported {
            operations.metrics.spans_dropped(count);
            tell(works, &hear, || {
                let text = format!("traces do not reach {}: {error}", exporter.endpoint);
                Notice::warning(text)
                    .with_hint(Some("the host goes on without; what is dropped is counted in its metrics"))
            });
        } else {
            tell(!works, &hear, || Notice::note(format!("traces reach {} again", exporter.endpoint)));
        }
        works = works_now;
    }
}

/// Nobody waits for a log that is slow.
fn tell(is_news: bool, hear: &Sender<Notice>, notice: impl FnOnce() -> Notice) {
    if is_news {
        let _ = hear.try_send(notice());
    }
}

fn data(span: Span, scope: &InstrumentationScope) -> SpanData {
    let Span { trace, id, parent, name, kind, began, ended, said, failed } = span;
    let (trace, state) = (TraceId::from_bytes(trace), TraceState::default());
    let attribute = |(name, said)| match said {
        Said::Text(text) => KeyValue::new(name, text),
        Said::Number(number) => KeyValue::new(name, number),
    };
    SpanData {
        span_context: SpanContext::new(trace, SpanId::from_bytes(id), TraceFlags::SAMPLED, false, state),
        parent_span_id: parent.map_or(SpanId::INVALID, SpanId::from_bytes),
        parent_span_is_remote: false,
        span_kind: match kind {
            SpanKind::Consumer => trace::SpanKind::Consumer,
            SpanKind::Internal => trace::SpanKind::Internal,
            SpanKind::Producer => trace::SpanKind::Producer,
            SpanKind::Client => trace::SpanKind::Client,
        },
        name: name.into(),
        start_time: UNIX_EPOCH + Duration::from_nanos(began),
        end_time: UNIX_EPOCH + Duration::from_nanos(ended),
        attributes: said.into_iter().map(attribute).collect(),
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status: failed.map_or(Status::Unset, Status::error),
        instrumentation_scope: scope.clone(),
    }
}
