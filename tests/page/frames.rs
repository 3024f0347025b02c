//! The frames of a page: what the plugin API is there, and how they end with the page.

use super::driven::{PUT, check_files};

#[test]
fn a_frame_of_the_page_has_the_plugin_api_with_randoms_of_its_own() {
    let inner = format!(
        "{PUT}<b id=b onclick=\"put('clicked'); puts = 0; put('again, with a random that was used')\"></b>\
         <script>put('loading'); function say(text) {{ put(text); }} parent.found(typeof external.Notice, external.Foo);\
         function MCS_ClientNotify() {{ put('never: the client knows one window'); }}</script>"
    );
    let outer = format!(
        "{PUT}<script>function found(notice, none) {{ console.log('found', notice, none, external.PutMsg !== frames[0].external.PutMsg); }}\
         function MCS_ClientNotify() {{ put('page'); frames[0].say('frame'); frames[0].document.getElementById('b').click(); }}</script>\
         <iframe src=inner.html></iframe>\
         <iframe sandbox=allow-scripts srcdoc=\"<script>try {{ external.PutMsg('{{}}') }} catch (error) {{ console.log('sandbox', error.name, typeof external) }}</script>\"></iframe>"
    );
    check_files(
        vec![("index.html", outer.into_bytes()), ("inner.html", inner.into_bytes())],
        &["user oA", "user oB"],
        "
        sandbox ReferenceError undefined
        put - <load invalid (no user: the page has not been told one)
        external.Foo is missing here: the client's pages have external.PutMsg and Notice (inner.html:1:345)
        found function undefined true
        > user oA
        put oA <1 page
        put oA <1 frame
        put oA <1 clicked
        put oA <1 again, with a random that was used
        > user oB
        put oB <2 page
        put oB <2 duplicate frame
        put oB <2 duplicate clicked
        put oB <2 duplicate again, with a random that was used
        ",
    );
}

#[test]
fn frames_are_left_with_the_page() {
    let told = |name: &str| {
        format!(
            "<script>['beforeunload', 'pagehide', 'unload'].forEach(function (kind) {{\
             addEventListener(kind, function () {{ console.log('{name}', kind); }}); }});</script>"
        )
    };
    check_files(
        vec![
            (
                "index.html",
                format!(
                    "{}<iframe src=a.html></iframe><iframe src=b.html></iframe><a id=go href=two.html></a>",
                    told("page")
                )
                .into_bytes(),
            ),
            ("a.html", format!("{}<iframe src=c.html></iframe><a id=own href=two.html></a>", told("a")).into_bytes()),
            ("b.html", told("b").into_bytes()),
            ("c.html", told("c").into_bytes()),
            ("two.html", b"two".to_vec()),
        ],
        &["click #go"],
        "
        > click #go
        go /two.html Link <1
        page beforeunload
        a beforeunload
        c beforeunload
        b beforeunload
        page pagehide
        page unload
        a pagehide
        a unload
        c pagehide
        c unload
        b pagehide
        b unload
        ",
    );
}
