//! What contents become.

use super::*;

fn article(title: &str) -> Article {
    Article { title: title.into(), url: "http://u/".into(), ..Article::default() }
}

fn news(count: usize) -> Content {
    Content::News { articles: (0..count).map(|n| article(&n.to_string())).collect() }
}

fn counts(planned: &[Planned]) -> Vec<usize> {
    planned.iter().map(|one| if let Message::News(articles) = &one.message { articles.len() } else { 0 }).collect()
}

fn content(kept: &str) -> Content {
    serde_json::from_str(kept).unwrap()
}

#[test]
fn news_by_profile_and_policy() {
    let table = [
        (Profile::y2017(), NewsPolicy::Split, 10, vec![8, 2]),
        (Profile::y2017(), NewsPolicy::First, 10, vec![8]),
        (Profile::y2017(), NewsPolicy::Split, 8, vec![8]),
        (Profile::y2025(), NewsPolicy::Split, 3, vec![1, 1, 1]),
        (Profile::y2025(), NewsPolicy::First, 3, vec![1]),
    ];
    for (profile, news_policy, count, expected) in table {
        let planner = Planner { news: news_policy, ..Planner::new(profile) };
        assert_eq!(counts(&planner.plan(&news(count)).unwrap()), expected);
    }
}

#[test]
fn what_no_message_can_be_made_of() {
    let planner = Planner::new(Profile::y2025());
    let text = |text: &str| planner.plan(&Content::Text { text: text.into() }).unwrap_err();
    assert_eq!(text(" \u{1}\n"), ContentError::EmptyText);
    assert_eq!(planner.plan(&news(0)).unwrap_err(), ContentError::EmptyNews);
    let untitled = Content::News { articles: vec![article("a"), article(" ")] };
    assert_eq!(planner.plan(&untitled).unwrap_err(), ContentError::NoTitle { number: 2 });
    for address in ["javascript:alert(1)", "/a.png", "file:///a.png", "http://"] {
        let image = Content::Image { pic_url: address.into() };
        assert!(matches!(planner.plan(&image), Err(ContentError::PictureAddress { .. })), "{address}");
    }
}

#[test]
fn what_is_named_by_ids_needs_its_members() {
    let planner = Planner::new(Profile::y2025());
    let table = [
        (r#"{"msgtype":"image_media","media_id":"M"}"#, None),
        (r#"{"msgtype":"voice","media_id":" "}"#, Some("media_id")),
        (r#"{"msgtype":"video","media_id":"M"}"#, None),
        (r#"{"msgtype":"music","musicurl":"","thumb_media_id":"T"}"#, Some("musicurl")),
        (r#"{"msgtype":"music","musicurl":"http://m/","thumb_media_id":""}"#, Some("thumb_media_id")),
        (r#"{"msgtype":"mpnews","media_id":""}"#, Some("media_id")),
        (r#"{"msgtype":"mpnewsarticle","article_id":""}"#, Some("article_id")),
        (r#"{"msgtype":"msgmenu","list":[]}"#, Some("list")),
        (r#"{"msgtype":"msgmenu","list":[{"id":"1","content":""}]}"#, Some("content of an item")),
        (r#"{"msgtype":"wxcard","card_id":""}"#, Some("card_id")),
        (r#"{"msgtype":"miniprogrampage","title":"t","appid":"","pagepath":"p","thumb_media_id":"M"}"#, Some("appid")),
    ];
    for (kept, missing) in table {
        let content = content(kept);
        let expected = match missing {
            None => Ok(vec![Message::Given { msgtype: content.msgtype(), section: content.body() }.into()]),
            Some(member) => Err(ContentError::Missing { msgtype: content.msgtype(), member }),
        };
        assert_eq!(planner.plan(&content), expected, "{kept}");
    }
    let music = content(r#"{"msgtype":"music","musicurl":"file:///m","thumb_media_id":"T"}"#);
    assert!(matches!(planner.plan(&music), Err(ContentError::Address { member: "musicurl", .. })));
    let link = content(r#"{"msgtype":"link","title":"t","url":"http://u/"}"#);
    assert_eq!(planner.plan(&link), Err(ContentError::NotForAccounts { msgtype: "link" }));
    let bell = content(r#"{"msgtype":"msgmenu","list":[{"id":"1","content":"a\u0007"}]}"#);
    let Message::Given { section, .. } = &planner.plan(&bell).unwrap()[0].message else { panic!() };
    assert_eq!(section["list"][0]["content"], "a");
}

#[test]
fn articles_are_cleaned() {
    let dirty = Article {
        title: " 标题\u{7} ".into(),
        description: "<div>摘要<br>二</div>".into(),
        url: "apiUrl(1,'reload')".into(),
        picurl: "https://p/1.png".into(),
    };
    let planned = Planner::new(Profile::y2025()).plan(&Content::News { articles: vec![dirty] }).unwrap();
    let expected = Article {
        title: "标题".into(),
        description: "摘要\n二".into(),
        url: String::new(),
        picurl: "https://p/1.png".into(),
    };
    let notes = vec!["article 1 goes without its link: the address is not http or https".to_owned()];
    assert_eq!(planned, vec![Planned { message: Message::News(vec![expected]), notes }]);
}

#[test]
fn what_only_the_page_can_open_is_shown_to_nobody() {
    let planner = Planner::new(Profile::y2025());
    let own = |path: &str| format!("http://shop.plugin.invalid/{path}");
    let article = Article { picurl: own("a.png"), url: own("a.html"), ..article("t") };
    let planned = planner.plan(&Content::News { articles: vec![article] }).unwrap().remove(0);
    let reason = "it lies in the plugin's folder, where no customer can open it";
    let without = |what: &str| format!("article 1 goes without its {what}: {reason}");
    assert_eq!(planned.notes, [without("link"), without("picture")]);
    let Message::News(articles) = planned.message else { panic!() };
    assert_eq!((articles[0].url.as_str(), articles[0].picurl.as_str()), ("", ""));
    let file = content(&format!(r#"{{"msgtype":"file","file_url":"{}"}}"#, own("a.pdf")));
    assert_eq!(planner.plan(&file), Err(ContentError::OwnFile { address: own("a.pdf") }));
}

#[test]
fn control_characters_go() {
    let planned = Planner::new(Profile::y2025()).plan(&Content::Text { text: "a\0b\n\tc\u{1b}".into() }).unwrap();
    assert_eq!(planned, vec![Message::Text("ab\n\tc".into()).into()]);
}

#[test]
fn the_text_limit_counts_bytes() {
    let planner = Planner { text: TextPolicy::Refuse, ..Planner::new(Profile::y2017()) };
    assert!(planner.plan(&Content::Text { text: "a".repeat(2048) }).is_ok());
    let long = Content::Text { text: "汉".repeat(683) };
    assert_eq!(planner.plan(&long).unwrap_err(), ContentError::LongText { bytes: 2049, limit: 2048 });
}

#[test]
fn files_by_address_keep_their_links() {
    let planner = Planner::new(Profile::y2025());
    let message = |kept: &str| planner.plan(&content(kept)).unwrap().remove(0);
    let url = Url::parse("https://f.example/a").unwrap();
    let anchor = |words: &str| format!("<a href=\"https://f.example/a\">{words}</a>");
    let voice = message(r#"{"msgtype":"voice_file","file_url":"https://f.example/a","duration_ms":9000}"#);
    let link = format!("语音：{}（9 秒）", anchor("点击收听"));
    assert_eq!(voice, Message::Voice { url: url.clone(), link }.into());
    let file = message(r#"{"msgtype":"file","file_url":"https://f.example/a","file_name":"b.zip","file_size":2048}"#);
    assert_eq!(file, Message::Text(format!("文件：{}（2.0 KB）", anchor("b.zip"))).into());
    let video =
        message(r#"{"msgtype":"video_file","file_url":"https://f.example/a","thumb_url":"/t.jpg","title":" 题 "}"#);
    assert_eq!(video.notes, ["the video message goes without its small picture: the address is not http or https"]);
    let link = format!("视频：{}", anchor("题"));
    let expected = VideoMessage { url, thumb: None, title: "题".into(), description: String::new(), link };
    assert_eq!(video.message, Message::Video(Box::new(expected)));
    for msgtype in ["voice_file", "video_file", "file"] {
        let wrong = content(&format!(r#"{{"msgtype":"{msgtype}","file_url":"javascript:x"}}"#));
        assert!(matches!(planner.plan(&wrong), Err(ContentError::Address { member: "file_url", .. })), "{msgtype}");
    }
    let long = format!(r#"{{"msgtype":"file","file_url":"https://f.example/{}"}}"#, "a".repeat(2048));
    assert!(matches!(planner.plan(&content(&long)), Err(ContentError::LongText { .. })));
}

#[test]
fn what_is_too_long_is_cut_and_told_or_refused() {
    let planner = Planner::new(Profile::y2025());
    let long = Article { title: "标".repeat(50), description: "d".repeat(600), ..article("t") };
    let content = Content::News { articles: vec![article("a"), long] };
    let planned = planner.plan(&content).unwrap();
    assert_eq!(planned[0].notes, Vec::<String>::new());
    assert_eq!(
        planned[1].notes,
        ["title of article 2 cut from 150 to 126 bytes", "description of article 2 cut from 600 to 512 bytes"]
    );
    let Message::News(articles) = &planned[1].message else { panic!() };
    assert_eq!(articles[0].title, format!("{}…", "标".repeat(41)));
    let refused = Planner { trim: TrimPolicy::Refuse, ..planner }.plan(&content).unwrap_err();
    assert_eq!(refused.to_string(), "the title of article 2 has 150 bytes, WeChat takes 128");
    let video = Content::Video(crate::wechat::Video { title: "t".repeat(129), ..video("M") });
    assert_eq!(planner.plan(&video).unwrap()[0].notes, ["title of the video message cut from 129 to 128 bytes"]);
}

fn video(media_id: &str) -> crate::wechat::Video {
    crate::wechat::Video { media_id: media_id.into(), ..crate::wechat::Video::default() }
}

#[test]
fn articles_that_are_left_out_are_told() {
    let planner = Planner { news: NewsPolicy::First, ..Planner::new(Profile::y2017()) };
    let planned = planner.plan(&news(9)).unwrap();
    assert_eq!(planned[0].notes, ["of 9 articles only the first 8: the account takes no more"]);
    assert_eq!(planner.plan(&news(8)).unwrap()[0].notes, Vec::<String>::new());
}

#[test]
fn an_account_that_takes_less_gets_another_number_of_messages() {
    let planner = Planner::new(Profile::y2017());
    let smaller = |content: &Content| planner.plan_smaller(content).unwrap();
    assert_eq!(counts(&smaller(&news(3)).unwrap()), [1, 1, 1]);
    assert_eq!(smaller(&news(1)), None);
    let first = Planner { news: NewsPolicy::First, ..planner };
    assert_eq!(counts(&first.plan_smaller(&news(3)).unwrap().unwrap()), [1]);
    for text in
        ["汉".repeat(1000), "a ".repeat(700), format!("{}\n{}", "x".repeat(900), "y".repeat(1500)), "z".repeat(600)]
    {
        let content = Content::Text { text: text.clone() };
        let (usual, smaller) = (planner.plan(&content).unwrap(), smaller(&content).unwrap());
        assert!(smaller.len() > usual.len());
        let said = |planned: &[Planned]| {
            let texts = planned.iter().map(|one| if let Message::Text(text) = &one.message { text } else { panic!() });
            texts.flat_map(|text| text.chars()).filter(|c| !c.is_whitespace()).collect::<String>()
        };
        assert_eq!(said(&smaller), said(&usual));
    }
    assert_eq!(smaller(&Content::Text { text: "short".into() }), None);
    let refuse = Planner { text: TextPolicy::Refuse, ..planner };
    assert_eq!(refuse.plan_smaller(&Content::Text { text: "z".repeat(2000) }), Ok(None));
    assert_eq!(smaller(&Content::Image { pic_url: "http://p/".into() }), None);
}
