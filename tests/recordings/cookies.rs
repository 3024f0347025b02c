//! Cookies that pages set themselves, kept over runs, under pseudonyms.

use super::{Bench, Origin, PUT, check_replay, lines, user};

/// Sets what its file says, what it made up, and what it was answered.
const PAGE: &str = r#"<script>PUT
function set(name, value) { document.cookie = name + "=" + value + "; max-age=100000; path=/"; }
function MCS_ClientNotify(text) {
  if (JSON.parse(text).event !== "OnUserChange") return;
  put(document.cookie);
  set("tel", "13800138000");
  document.cookie = "seen=yes; max-age=100000";
  if (document.cookie.indexOf("seen=yes") < 0) put("it is lost");
  if (document.cookie.indexOf("visitor=") < 0) set("visitor", "v" + Math.random().toString(36).slice(2));
  var xhr = new XMLHttpRequest();
  xhr.onload = function () {
    set("of", JSON.parse(xhr.responseText).s);
    put(document.cookie);
  };
  xhr.open("GET", "SHOP/session");
  xhr.send();
}
</script>"#;

#[test]
fn what_a_page_sets_itself_it_sets_again() {
    let shop = Origin::start(|_, _, _| {
        (200, vec![("Set-Cookie", "sid=sid0123456789abc".to_owned())], b"{\"s\":\"s3ss10n-of-somebody\"}".to_vec())
    });
    let bench = Bench::new();
    bench.write("it/index.html", PAGE.replace("SHOP", &shop.url()).replace("PUT\n", PUT));
    bench.write("it/plugin.toml", format!("page = \"index.html\"\nallow = [\"{}\"]\n", shop.url()));
    bench.write("log.jsonl", user("oLx3kT9bQ2vR7mW1zY5pA8sD0fGh"));
    for session in ["first.jsonl", "second.jsonl"] {
        let run = bench.run(&["run", "it", "--events", "log.jsonl", "--record", session, "--state", "kept"]);
        // Closing it has tried that it replays.
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert!(run.out.contains("s3ss10n-of-somebody") && !run.out.contains("it is lost"), "{}", run.out);
        let tested = bench.run(&["test", session]);
        assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
        let text = bench.read(session);
        for secret in ["s3ss10n", "somebody", "sid0123456789abc"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
        let set: Vec<String> = lines(&bench, session)
            .iter()
            .filter(|line| line["type"] == "effect.cookie")
            .map(|line| line["data"]["cookie"].as_str().unwrap().to_owned())
            .collect();
        assert!(set.contains(&"tel=13800138000; max-age=100000; path=/".to_owned()), "{set:?}");
    }
    let kept = &lines(&bench, "second.jsonl")[0]["data"]["cookies"];
    assert_eq!(kept.as_array().unwrap().len(), 4, "{kept}");
}

#[test]
fn a_page_s_own_words_are_known_before_its_first_cookie() {
    let bench = Bench::new();
    let page =
        format!("<script>{PUT}\ndocument.cookie = 'tel=13800138000; max-age=9999'; put(document.cookie);</script>");
    bench.write("page.html", page);
    for session in ["first.jsonl", "second.jsonl"] {
        let run = bench.run(&["run", "page.html", "--record", session, "--state", "kept"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert_eq!(bench.run(&["test", session]).code, 0);
    }
    let plain = bench.run(&["run", "page.html", "--record", "third.jsonl", "--state", "kept", "--no-redact"]);
    check_replay(&bench, &plain, "third.jsonl");
}
