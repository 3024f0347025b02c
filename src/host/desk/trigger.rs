//! An event that a person fires at a running host.

use serde_json::{Value, json};

use super::super::feed::Triggers;
use super::answer::{Answer, Trouble, TroubleKind};
use crate::event::{ECHAT_EVENTS, Line, Stimulus, StimulusKind, parse_line};

/// Has pages told an event, a line of a session log with an id and a source of its own: the answer says as what.
pub(super) async fn trigger(triggers: &dyn Triggers, line: &Value) -> Result<Answer, Trouble> {
    let line = read(line)?;
    let mut item = json!({"id": line.id, "type": line.type_, "subject": line.subject, "plugin": line.plugin});
    let reached = triggers.fire(line).await?;
    item["told"] = json!(reached.as_ref().map(|reached| reached.pages));
    if let Some(why) = reached.and_then(|reached| reached.why_none) {
        item["why"] = why.into();
    }
    Ok(Answer { items: vec![item], next: None })
}

fn read(line: &Value) -> Result<Line, Trouble> {
    let wrong = |text: String| Trouble::new(TroubleKind::Request, text);
    let is_named = |member: &str| line[member].as_str().is_some_and(|text| !text.is_empty());
    if !is_named("id") || !is_named("source") {
        return Err(wrong("an event that is fired has an `id` and a `source` of its own".to_owned()));
    }
    let parsed = parse_line(&line.to_string(), 1, "the event").map_err(|error| {
        let trouble = wrong(error.to_string());
        error.hint.into_iter().fold(trouble, Trouble::with_hint)
    })?;
    match parsed {
        Some(line) if is_told(&line) => Ok(line),
        _ => {
            let trouble = wrong(format!("an event of the type {} is not told to pages", line["type"]));
            Err(trouble.with_hint(format!("stimuli are: {}", TOLD.join(", "))))
        }
    }
}

/// What can be fired.
const TOLD: [&str; 5] =
    ["mcs.*", "echat.onSelectVisitor, .onReceiveMsg, .onCrmUpdate", "ui.*", "page.reload", "wechat.push"];

fn is_told(line: &Line) -> bool {
    match Stimulus::from_line(line).kind {
        StimulusKind::Mcs { .. } | StimulusKind::Ui(_) | StimulusKind::Reload | StimulusKind::WechatPush(_) => true,
        StimulusKind::Echat { event, .. } => ECHAT_EVENTS.contains(&event.as_str()),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_fired() {
        let line = json!({"id": "t1", "source": "duoke trigger", "type": "stimulus.mcs.OnUserChange",
            "data": {"useraccount": "oA"}});
        let read_line = read(&line).unwrap();
        assert_eq!((read_line.id.as_str(), &read_line.data["useraccount"]), ("t1", &json!("oA")));
        for (member, value) in [
            ("id", json!("")),
            ("source", Value::Null),
            ("type", json!("effect.mcs.PutMsg")),
            ("type", json!("stimulus.echat.onClose")),
            ("type", json!(7)),
            ("time", json!("yesterday")),
        ] {
            let mut wrong = line.clone();
            wrong[member] = value;
            assert_eq!(read(&wrong).unwrap_err().kind, TroubleKind::Request, "{wrong}");
        }
    }
}
