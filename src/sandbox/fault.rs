//! Faults planted with `POST /_sandbox/faults` (cli.md, "The sandbox's own API").

use axum::http::StatusCode;
use serde::Deserialize;

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Cut {
    /// Nothing is accepted.
    Before,
    /// The call is accepted, its answer is not sent.
    After,
}

/// What happens to the next calls of a path.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fault {
    /// The path, `/cgi-bin/…`.
    pub(super) path: String,
    /// How many calls.
    #[serde(default = "once")]
    pub(super) count: u32,
    /// Answered in place of the call's own answer.
    pub(super) errcode: Option<i64>,
    /// Answered with an empty body in place of the call's own answer.
    pub(super) status: Option<u16>,
    /// Waited before anything else.
    pub(super) delay_ms: Option<u64>,
    /// Cuts the connection.
    pub(super) drop: Option<Cut>,
}

fn once() -> u32 {
    1
}

impl Fault {
    /// What is wrong with it, in words.
    pub(super) fn objection(&self) -> Option<String> {
        if !self.path.starts_with('/') {
            return Some(format!("path must begin with /, not {:?}", self.path));
        }
        if self.count == 0 {
            return Some("count must be at least 1".to_owned());
        }
        if let Some(status) = self.status.filter(|status| StatusCode::from_u16(*status).is_err() || *status < 200) {
            return Some(format!("there is no HTTP status {status} to answer with"));
        }
        let effects = [self.errcode.is_some(), self.status.is_some(), self.drop.is_some(), self.delay_ms.is_some()];
        (!effects.contains(&true)).then(|| "name one of errcode, status, delay_ms, drop".to_owned())
    }
}

/// The planted faults, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

impl Faults {
    pub(super) fn plant(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// The fault for a call of this path, used up by one.
    pub(super) fn take(&mut self, path: &str) -> Option<Fault> {
        let index = self.0.iter().position(|fault| fault.path == path)?;
        self.0[index].count -= 1;
        if self.0[index].count == 0 { Some(self.0.remove(index)) } else { Some(self.0[index].clone()) }
    }

    /// Calls still to fail.
    pub(super) fn left(&self) -> u64 {
        self.0.iter().map(|fault| u64::from(fault.count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn used_up_in_order() {
        let mut faults = Faults::default();
        faults.plant(fault(r#"{"path":"/a","count":2,"errcode":-1}"#));
        faults.plant(fault(r#"{"path":"/a","status":502}"#));
        let seen: Vec<_> = (0..4).map(|_| faults.take("/a").map(|fault| fault.status)).collect();
        assert_eq!(seen, [Some(None), Some(None), Some(Some(502)), None]);
        assert!(faults.take("/b").is_none());
    }

    #[test]
    fn what_is_no_fault() {
        for text in [
            r#"{"path":"a","errcode":1}"#,
            r#"{"path":"/a"}"#,
            r#"{"path":"/a","count":0,"errcode":1}"#,
            r#"{"path":"/a","status":99}"#,
        ] {
            assert!(fault(text).objection().is_some(), "{text}");
        }
        assert!(serde_json::from_str::<Fault>(r#"{"path":"/a","drop":"later"}"#).is_err());
        assert!(serde_json::from_str::<Fault>(r#"{"path":"/a","errcod":1}"#).is_err());
    }
}
