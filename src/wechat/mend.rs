//! What is done about a message that WeChat refused for something it can do without: it goes out once more without that,
//! and that is told.
//!
//! One message stays one message, so nothing is done twice: what was refused was not delivered. Where the host ends between
//! the refusal and the second request, the message counts as one without an answer, as with any request (wechat-api.md §2).

use serde_json::Value;

use super::outgoing::{NewsPolicy, Planner, TrimPolicy, cut, cut_note, first_note};

/// Changes a whole body so that it may be taken after the refusal with this code; what was changed, in words. `None` where
/// nothing can be.
pub(super) fn mend(body: &mut Value, errcode: i64, planner: &Planner) -> Option<Vec<String>> {
    let cuts = planner.trim == TrimPolicy::Cut;
    match errcode {
        45003 if cuts => cut_all(body, "title", planner.profile.title_bytes_max / 2),
        45004 if cuts => cut_all(body, "description", planner.profile.description_bytes_max / 2),
        45006 if cuts => leave_out_pictures(body),
        // By the other policy it becomes several messages, which is the planner's to do.
        45008 if planner.news == NewsPolicy::First => only_first_article(body),
        _ => None,
    }
}

/// The objects that have titles and the like, with what they are called.
fn parts(body: &mut Value) -> Vec<(String, &mut Value)> {
    let msgtype = body["msgtype"].as_str().unwrap_or_default().to_owned();
    match body.get_mut(&msgtype) {
        Some(section) if msgtype == "news" => match section.get_mut("articles").and_then(Value::as_array_mut) {
            Some(articles) => (1..).zip(articles).map(|(number, one)| (format!("article {number}"), one)).collect(),
            None => Vec::new(),
        },
        Some(section) => vec![(format!("the {msgtype} message"), section)],
        None => Vec::new(),
    }
}

fn cut_all(body: &mut Value, member: &str, limit: usize) -> Option<Vec<String>> {
    let mut notes = Vec::new();
    for (of, part) in parts(body) {
        let Some(Value::String(text)) = part.get_mut(member) else { continue };
        if let Some(shorter) = cut(text, limit) {
            notes.push(cut_note(member, &of, text, &shorter));
            *text = shorter;
        }
    }
    (!notes.is_empty()).then_some(notes)
}

fn leave_out_pictures(body: &mut Value) -> Option<Vec<String>> {
    let left_out = |(of, part): (String, &mut Value)| {
        let _ = part.as_object_mut()?.shift_remove("picurl")?;
        Some(format!("{of} goes without its picture: WeChat finds the address too long"))
    };
    let notes: Vec<String> = parts(body).into_iter().filter_map(left_out).collect();
    (!notes.is_empty()).then_some(notes)
}

fn only_first_article(body: &mut Value) -> Option<Vec<String>> {
    let articles = body.get_mut("news")?.get_mut("articles")?.as_array_mut()?;
    let count = articles.len();
    articles.truncate(1);
    (count > 1).then(|| vec![first_note(count, 1)])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::wechat::Profile;

    fn news() -> Value {
        let long = json!({"title": "t".repeat(100), "description": "d", "picurl": "http://p/"});
        json!({"touser": "o", "msgtype": "news", "news": {"articles": [{"title": "a"}, long]}})
    }

    #[track_caller]
    fn check(errcode: i64, expected: &str, gone: &str) {
        let mut body = news();
        let notes = mend(&mut body, errcode, &Planner::new(Profile::y2025())).unwrap();
        assert_eq!(notes, [expected]);
        assert!(!body.to_string().contains(gone), "{body}");
        assert_eq!(mend(&mut body, errcode, &Planner::new(Profile::y2025())), None, "once");
    }

    #[test]
    fn what_wechat_can_do_without() {
        check(45003, "title of article 2 cut from 100 to 64 bytes", &"t".repeat(65));
        check(45006, "article 2 goes without its picture: WeChat finds the address too long", "picurl");
    }

    #[test]
    fn the_first_article_alone() {
        let planner = Planner::new(Profile::y2017());
        let mut body = news();
        assert_eq!(mend(&mut body, 45008, &planner), None);
        let first = Planner { news: NewsPolicy::First, ..planner };
        let notes = mend(&mut body, 45008, &first).unwrap();
        assert_eq!(notes, ["of 2 articles only the first 1: the account takes no more"]);
        assert_eq!(body["news"]["articles"], json!([{"title": "a"}]));
        assert_eq!(mend(&mut body, 45008, &first), None, "once");
    }

    #[test]
    fn what_it_cannot() {
        let planner = Planner::new(Profile::y2025());
        let refuse = Planner { trim: TrimPolicy::Refuse, ..planner };
        let table = [(45004, &planner), (45005, &planner), (45003, &refuse), (45006, &refuse), (40003, &planner)];
        for (errcode, planner) in table {
            let mut body = news();
            assert_eq!(mend(&mut body, errcode, planner), None, "{errcode}");
            assert_eq!(body, news());
        }
        let mut video = json!({"msgtype": "video", "video": {"media_id": "M", "description": "d".repeat(300)}});
        let notes = mend(&mut video, 45004, &planner).unwrap();
        assert_eq!(notes, ["description of the video message cut from 300 to 256 bytes"]);
    }
}
