//! Bundles, whole and hostile.

use std::fs;

use super::*;
use crate::base::limits::BUNDLE_FILES_MAX;

const RECORDING: &str = r#"{"type":"session.start","plugin":"p","data":{"plugin":"p","page":"../plugins/p"}}
"#;

/// A bundle of these entries: name, kind, content.
fn bundle(folder: &Path, entries: &[(&str, u8, &[u8])]) -> PathBuf {
    let mut archive = Vec::new();
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_ustar();
        // As it stands there, whatever it is.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o777);
        header.as_mut_bytes()[156] = *kind;
        if *kind == b'2' || *kind == b'1' {
            header.set_link_name("/etc/passwd").unwrap();
        }
        header.set_cksum();
        archive.extend_from_slice(header.as_bytes());
        archive.extend_from_slice(content);
        archive.resize(archive.len().next_multiple_of(512), 0);
    }
    archive.resize(archive.len() + 1024, 0);
    let path = folder.join("b.tar.zst");
    fs::write(&path, zstd::stream::encode_all(archive.as_slice(), 1).unwrap()).unwrap();
    path
}

#[track_caller]
fn refused(entries: &[(&str, u8, &[u8])], why: &str) {
    let folder = tempfile::tempdir().unwrap();
    let session = ("sessions/a.jsonl", b'0', RECORDING.as_bytes());
    let path = bundle(folder.path(), &[&[session], entries].concat());
    assert!(is_bundle(&path));
    let to = folder.path().join("to");
    let error = unpack(&path, &to).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
    assert!(!to.exists());
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

#[test]
fn what_a_hostile_one_tries() {
    for name in [
        "../x",
        "/x",
        "plugins/../../x",
        "plugins/p/../../../x",
        "plugins/p//x",
        "plugins/p/.git",
        "plugins/.p/x",
        "a\\..\\x",
        "c:x",
    ] {
        refused(&[(name, b'0', b"x")], "is no plain name");
    }
    for name in ["x", "plugins/x", "sessions/x.txt", "sessions/a/b.jsonl", "sessions"] {
        refused(&[(name, b'0', b"x")], "is neither a recording nor a plugin's file");
    }
    // A link, a link to a file, a device, a pipe, a folder, a sparse file, a long name, what POSIX adds.
    for kind in *b"213465SLKxg" {
        refused(&[("plugins/p/x", kind, b"")], "is no file");
    }
    refused(&[("sessions/a.jsonl", b'0', b"twice")], "\"sessions/a.jsonl\": ");
    refused(&[("plugins/p/x", b'0', b"1"), ("plugins/p/x/y", b'0', b"2")], "\"plugins/p/x/y\": ");
    let compressed = zstd::stream::encode_all(RECORDING.as_bytes(), 1).unwrap();
    refused(&[("sessions/b.jsonl", b'0', &compressed)], "sessions/b.jsonl is compressed once more");
    for page in [
        "/etc/x.html",
        "../../x.html",
        "../plugins/../../x.html",
        "../plugins",
        "page.html",
        "",
        "..",
        "../plugins/p/../../../x",
    ] {
        let outside = RECORDING.replace("../plugins/p", page);
        refused(&[("sessions/b.jsonl", b'0', outside.as_bytes())], "is of a page outside of the bundle");
    }
    let toml = b"page = \"a.html\"\n[replace]\n\"http://a.test/\" = \"../../../x.js\"\n";
    refused(&[("plugins/p/plugin.toml", b'0', toml)], "names a file outside of it");
}

#[test]
fn sizes_are_bounded() {
    let folder = tempfile::tempdir().unwrap();
    // It says that it is longer than it is, and than any may be.
    let mut header = tar::Header::new_ustar();
    header.set_path("plugins/p/x").unwrap();
    header.set_size(crate::base::limits::BUNDLE_BYTES_MAX + 1);
    header.set_cksum();
    let path = folder.path().join("b.tar.zst");
    fs::write(&path, zstd::stream::encode_all(&header.as_bytes()[..], 1).unwrap()).unwrap();
    assert!(unpack(&path, &folder.path().join("to")).unwrap_err().to_string().contains("it has more than"));
    header.set_size(512);
    header.set_cksum();
    fs::write(&path, zstd::stream::encode_all(&header.as_bytes()[..], 1).unwrap()).unwrap();
    assert!(unpack(&path, &folder.path().join("to")).is_err(), "cut off");
    // One file too many.
    let names: Vec<String> = (0..=BUNDLE_FILES_MAX).map(|number| format!("plugins/p/{number}")).collect();
    let entries: Vec<(&str, u8, &[u8])> = names.iter().map(|name| (name.as_str(), b'0', &b""[..])).collect();
    let path = bundle(folder.path(), &entries);
    assert!(unpack(&path, &folder.path().join("to")).unwrap_err().to_string().contains("it has more than"));
    assert!(!folder.path().join("to").exists());
}

#[test]
fn what_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = bundle(folder.path(), &[]);
    assert!(!is_bundle(&path), "it is empty");
    for content in [&b""[..], b"{}", b"\x28\xb5\x2f\xfd", b"\x28\xb5\x2f\xfdxxxxxxxxxxxxxxxx"] {
        fs::write(&path, content).unwrap();
        assert!(!is_bundle(&path));
        assert!(unpack(&path, &folder.path().join("to")).is_err());
    }
    assert!(!is_bundle(folder.path()) && !is_bundle(&folder.path().join("none")));
    let path = bundle(folder.path(), &[("plugins/p/a.html", b'0', b"x")]);
    assert!(unpack(&path, &folder.path().join("to")).unwrap_err().to_string().contains("no recording"));
}

#[test]
fn a_whole_one() {
    let folder = tempfile::tempdir().unwrap();
    let session = ("sessions/a.jsonl", b'0', RECORDING.as_bytes());
    let path = bundle(folder.path(), &[session, ("plugins/p/页.html", b'0', b"x")]);
    let unpacked = Unpacked::open(&path, "b.tar.zst").unwrap();
    assert_eq!(unpacked.recordings[0].name, "b.tar.zst/sessions/a.jsonl");
    assert_eq!(Case::of(&unpacked.recordings[0]).plugins, ["p"]);
    let private = unpacked.folder().to_owned();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&private.metadata().unwrap().permissions()) & 0o077, 0);
    drop(unpacked);
    assert!(!private.exists());
}
