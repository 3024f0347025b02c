//! Runs a driver script and reads what it says.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::task::spawn_blocking;

pub const PNG: &[u8] = b"\x89PNG\r\n\x1a\nnot much of a picture";
const JPEG: &[u8] = b"\xff\xd8\xff\xe0not much of a picture either";
/// A second of silence, or so.
const AMR: &[u8] = b"#!AMR\n\x7c\x7c\x7c";
const MP4: &[u8] = b"\x00\x00\x00\x18ftypmp42";

/// What names proxies, in these letters or in small ones.
const PROXIES: [&str; 3] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

/// A script of `tests/clients` and what runs it.
pub struct Driver {
    pub program: PathBuf,
    script: &'static str,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients")
}

impl Driver {
    pub fn python(script: &'static str) -> Self {
        let program = folder().join(".venv/bin/python");
        assert!(program.exists(), "the clients of tests/clients are not installed: run scripts/test, which does that");
        Self { program, script }
    }

    pub fn node(script: &'static str) -> Self {
        let is_installed = folder().join("node_modules/co-wechat-api").is_dir();
        assert!(is_installed, "the clients of tests/clients are not installed: run scripts/test, which does that");
        Self { program: "node".into(), script }
    }

    /// The script.
    pub fn path(&self) -> PathBuf {
        folder().join(self.script)
    }

    /// Runs the script with these arguments and a folder of media, while others go on; it must end well.
    pub async fn run(self, arguments: &[&str]) -> Told {
        let media = TempDir::new().unwrap();
        for (name, bytes) in [("图片.png", PNG), ("thumb.jpg", JPEG), ("voice.amr", AMR), ("film.mp4", MP4)] {
            std::fs::write(media.path().join(name), bytes).unwrap();
        }
        let mut command = Command::new(&self.program);
        command.arg(self.path()).args(arguments).arg(media.path());
        // Nothing of them belongs into the work tree, no proxy between them and the sandbox.
        command.env("PYTHONDONTWRITEBYTECODE", "1").env("NODE_NO_WARNINGS", "1");
        for name in PROXIES {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        command.env("NO_PROXY", "*").env("no_proxy", "*");
        let output = spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let (stdout, stderr) = (output.stdout, String::from_utf8_lossy(&output.stderr));
        let stdout = String::from_utf8(stdout).unwrap();
        assert!(output.status.success() && stderr.is_empty(), "{}: {stderr}\n{stdout}", self.script);
        Told(stdout.lines().map(read).collect())
    }
}

fn read(line: &str) -> (String, Result<Value, Value>) {
    let line: Value = serde_json::from_str(line).unwrap();
    let outcome = match line.get("error") {
        Some(error) => Err(error.clone()),
        None => Ok(line["value"].clone()),
    };
    (line["step"].as_str().unwrap().to_owned(), outcome)
}

/// The steps of a driver in order: what a call returned, or the exception.
pub struct Told(pub Vec<(String, Result<Value, Value>)>);

impl Told {
    #[track_caller]
    pub fn value(&self, step: &str) -> &Value {
        let found = self.0.iter().find(|(name, _)| name == step);
        found.unwrap_or_else(|| panic!("no step {step}")).1.as_ref().unwrap()
    }

    /// The id that an upload of this kind was answered with.
    #[track_caller]
    pub fn media_id(&self, kind: &str) -> String {
        let answer = self.value(&format!("upload {kind}"));
        assert_eq!(answer["type"], kind);
        let name = if kind == "thumb" { "thumb_media_id" } else { "media_id" };
        answer[name].as_str().unwrap().to_owned()
    }
}
