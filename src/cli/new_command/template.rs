//! What a new plugin's folder has in it. The files lie as they are in `templates/`, with `{{name}}` and so on; a
//! recording is what `duoke run --record` made of the template, under the name of [`RECORDED_NAME`] (`tests/cli/new.rs`).

use serde_json::Value;

use crate::net::plugin_host;

/// What the plugin was called when it was recorded.
const RECORDED_NAME: &str = "duoke-new-template";

/// A plugin to start from.
pub(super) struct Template {
    toml: &'static str,
    /// The scripts of its page, in order, beside `app.js`: names and contents.
    scripts: &'static [(&'static str, &'static str)],
    /// The script that the page loads from EChat.
    has_sdk: bool,
    events: &'static str,
    session: &'static str,
}

macro_rules! text {
    ($path:expr) => {
        include_str!(concat!("templates/", $path))
    };
}

const MCS_SCRIPT: (&str, &str) = ("mcs.js", text!("page/mcs.js"));
const ECHAT_SCRIPT: (&str, &str) = ("echat.js", text!("page/echat.js"));
const SDK: &str = "https://es.echatsoft.com/open/staff/jssdk-1.0.0.js";

macro_rules! template {
    ($folder:literal, $has_sdk:literal, $scripts:expr) => {
        Template {
            toml: text!(concat!($folder, "/plugin.toml")),
            scripts: $scripts,
            has_sdk: $has_sdk,
            events: text!(concat!($folder, "/events/first.jsonl")),
            session: text!(concat!($folder, "/sessions/first.jsonl")),
        }
    };
}

/// For 多客服.
pub(super) const MCS: Template = template!("mcs", false, &[MCS_SCRIPT]);
/// For 一洽.
pub(super) const ECHAT: Template = template!("echat", true, &[ECHAT_SCRIPT]);
/// For both.
pub(super) const BOTH: Template = template!("both", true, &[MCS_SCRIPT, ECHAT_SCRIPT]);

impl Template {
    /// The files of a plugin of this name, with paths in its folder.
    pub(super) fn files(&self, name: &str, title: &str) -> Vec<(String, String)> {
        let html = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;");
        let index = text!("page/index.html").replace("{{scripts}}", &self.script_tags());
        let page = |file: &str| format!("page/{file}");
        let mut files = vec![
            ("plugin.toml".to_owned(), self.toml.replace("{{name}}", name)),
            ("README.md".to_owned(), self.readme().replace("{{title}}", &html(title))),
            (page("index.html"), index.replace("{{title}}", &html(title))),
            (page("style.css"), text!("page/style.css").to_owned()),
            (page("app.js"), text!("page/app.js").to_owned()),
        ];
        files.extend(self.scripts.iter().map(|(file, text)| (page(file), (*text).to_owned())));
        files.push(("events/first.jsonl".to_owned(), self.events.to_owned()));
        files.push(("sessions/first.jsonl".to_owned(), called(self.session, name)));
        files
    }

    fn readme(&self) -> String {
        let row =
            |(file, _): &(&str, &str)| format!("| `page/{file}` | 怎样和客户端说话 / how it talks to the client |\n");
        text!("README.md").replace("{{clients}}", &self.scripts.iter().map(row).collect::<String>())
    }

    fn script_tags(&self) -> String {
        let own = std::iter::once("app.js").chain(self.scripts.iter().map(|(file, _)| *file));
        let all: Vec<&str> = self.has_sdk.then_some(SDK).into_iter().chain(own).collect();
        all.iter().map(|source| format!("<script src=\"{source}\"></script>")).collect::<Vec<_>>().join("\n")
    }
}

/// A recording as it is of a plugin of this name.
fn called(session: &str, name: &str) -> String {
    let in_json = |name: &str| format!("\"plugin\":{}", Value::from(name));
    let host = format!("//{}/", plugin_host(name));
    let recorded_host = format!("//{}/", plugin_host(RECORDED_NAME));
    session.replace(&in_json(RECORDED_NAME), &in_json(name)).replace(&recorded_host, &host)
}
