//! Where traces go: what OpenTelemetry's variables and `[serve] traces` say.

use super::super::exit::Exit;
use super::super::output::Output;
use super::super::plugins::fail;
use super::super::settings::environment;
use crate::config::{DuokeConfig, Origin};
use crate::host::serve::Exporter;
use crate::host::{Notice, Watch as _};

/// The collector's address for traces, the whole of it, where anybody wants them; and whether the file says so.
fn endpoint(config: &DuokeConfig, env: &dyn Fn(&str) -> Option<String>) -> Option<(String, bool)> {
    let is = |name: &str, value: &str| env(name).is_some_and(|found| found.eq_ignore_ascii_case(value));
    if is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none") {
        return None;
    }
    if let Some(own) = env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT").filter(|own| !own.is_empty()) {
        return Some((own, false));
    }
    let setting = config.serve.traces.as_ref()?;
    let base = setting.value.trim_end_matches('/');
    Some((format!("{base}/v1/traces"), matches!(setting.origin, Origin::File { .. })))
}

/// Who exports them. Where only the environment asks for what cannot be, the host goes on without and says so: its
/// variables are for other programs as well.
pub(super) fn traces(config: &DuokeConfig, output: &mut Output) -> Result<Option<Exporter>, Exit> {
    let Some((endpoint, is_ours)) = endpoint(config, &environment) else { return Ok(None) };
    match Exporter::new(&endpoint) {
        Ok(exporter) => Ok(Some(exporter)),
        Err(error) if is_ours => {
            let notice = Notice::error(format!("[serve] traces: {error}"));
            let hint = "an address as http://127.0.0.1:4318, or none";
            Err(fail(output, notice.with_hint(Some(hint)), Exit::Configuration))
        }
        Err(error) => {
            output.say(Notice::warning(format!("there are no traces to {endpoint}: {error}")));
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Layer, resolve};

    #[test]
    fn whose_word_counts() {
        const BASE: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://b:1/x/");
        let found = |file: &str, variables: &[(&str, &str)]| {
            let env =
                |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            let config = resolve(&|_| None, &env, &[Layer::parse(file, "duoke.toml").unwrap()]).unwrap();
            endpoint(&config, &env)
        };
        let expected = |endpoint: &str, is_ours| Some((endpoint.to_owned(), is_ours));
        assert_eq!(found("", &[]), None);
        assert_eq!(found("[serve]\ntraces = \"http://a\"\n", &[]), expected("http://a/v1/traces", true));
        assert_eq!(found("[serve]\ntraces = \"http://a\"\n", &[BASE]), expected("http://b:1/x/v1/traces", false));
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://c/all");
        assert_eq!(found("", &[BASE, own]), expected("http://c/all", false));
        assert_eq!(found("", &[BASE, ("OTEL_SDK_DISABLED", "True")]), None);
        assert_eq!(found("", &[BASE, ("OTEL_TRACES_EXPORTER", "none")]), None);
    }
}
