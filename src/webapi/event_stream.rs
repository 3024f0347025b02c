//! Reading an event stream ([HTML §9.2.6](https://html.spec.whatwg.org/#parsing-an-event-stream)).

use crate::base::limits::EVENT_BYTES_MAX;

/// An event of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct StreamEvent {
    /// Its type; `message` where it names none.
    pub(super) kind: String,
    pub(super) data: String,
    /// The id that was named last.
    pub(super) id: String,
}

/// An event that is larger than a page may have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLarge;

/// What of a stream was read, up to the event that is not whole yet.
#[derive(Default)]
pub(super) struct EventStream {
    line: Vec<u8>,
    /// The last byte was a carriage return, which may have a line feed behind it.
    is_after_return: bool,
    /// The first line is behind us, and with it a byte order mark.
    is_begun: bool,
    kind: String,
    data: String,
    id: String,
    /// How long to wait before the stream is asked for again, in ms, where it said so.
    pub(super) retry_ms: Option<i64>,
}

impl EventStream {
    /// A stream whose last event had this id.
    pub(super) fn after(id: String) -> Self {
        Self { id, ..Self::default() }
    }

    /// Takes a piece; gives the events that it ends.
    pub(super) fn feed(&mut self, piece: &[u8]) -> Result<Vec<StreamEvent>, TooLarge> {
        let mut events = Vec::new();
        for byte in piece {
            let is_second = std::mem::take(&mut self.is_after_return) && *byte == b'\n';
            match byte {
                b'\n' if is_second => {}
                b'\r' | b'\n' => {
                    self.is_after_return = *byte == b'\r';
                    let line = std::mem::take(&mut self.line);
                    events.extend(self.end_line(&line));
                }
                _ => self.line.push(*byte),
            }
            if self.line.len() + self.data.len() > EVENT_BYTES_MAX {
                return Err(TooLarge);
            }
        }
        Ok(events)
    }

    fn end_line(&mut self, line: &[u8]) -> Option<StreamEvent> {
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let mark = if is_first { line.strip_prefix(b"\xef\xbb\xbf") } else { None };
        let line = String::from_utf8_lossy(mark.unwrap_or(line));
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = line.split_once(':').unwrap_or((&line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry_ms = Some(value.parse().unwrap_or(i64::MAX));
            }
            _ => {}
        }
        None
    }

    /// The event that an empty line ends; none without data.
    fn dispatch(&mut self) -> Option<StreamEvent> {
        let (mut data, kind) = (std::mem::take(&mut self.data), std::mem::take(&mut self.kind));
        if data.is_empty() {
            return None;
        }
        data.pop();
        let kind = if kind.is_empty() { "message".to_owned() } else { kind };
        Some(StreamEvent { kind, data, id: self.id.clone() })
    }

    /// The id that was named last.
    pub(super) fn last_id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds, data and ids.
    fn read(pieces: &[&[u8]]) -> String {
        let mut stream = EventStream::default();
        let events = pieces.iter().flat_map(|piece| stream.feed(piece).unwrap());
        let shown: Vec<_> = events.map(|event| format!("{}:{}:{}", event.kind, event.data, event.id)).collect();
        format!("{} {:?}", shown.join("|"), stream.retry_ms)
    }

    #[test]
    fn fields_and_lines() {
        let table: [(&[u8], &str); 9] = [
            (b"data: YHOO\ndata: +2\ndata: 10\n\n", "message:YHOO\n+2\n10: None"),
            (
                b": c\n\ndata: first\nid: 1\n\ndata:second\nid\n\ndata:  third\n\n",
                "message:first:1|message:second:|message: third: None",
            ),
            (b"data\n\ndata\ndata\n\ndata:", "message::|message:\n: None"),
            (b"data:test\n\ndata: test\n\n", "message:test:|message:test: None"),
            (b"event: add\r\ndata: 1\r\n\r\nevent: x\n\ndata:2\r\r", "add:1:|message:2: None"),
            (b"\xef\xbb\xbfdata:1\n\n\xef\xbb\xbfdata:2\n\n", "message:1: None"),
            (b"retry: 1000\nretry: 1x\nretry:\nother: 1\nid: a\0b\ndata:1\n\n", "message:1: Some(1000)"),
            (b"data:\xff\n\n", "message:\u{fffd}: None"),
            (b"id: 7\n\ndata: 1\n\n", "message:1:7 None"),
        ];
        for (stream, expected) in table {
            assert_eq!(read(&[stream]), expected, "{}", String::from_utf8_lossy(stream));
            // However it is cut.
            let bytes: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(read(&bytes), expected, "{}", String::from_utf8_lossy(stream));
        }
    }

    #[test]
    fn an_event_has_a_bound() {
        let mut stream = EventStream::default();
        for _ in 0..3 {
            assert!(stream.feed(&vec![b'x'; EVENT_BYTES_MAX]).is_ok());
            assert_eq!(stream.feed(b"\n\n"), Ok(Vec::new()));
        }
        assert!(stream.feed(&[b"data:".as_slice(), &vec![b'x'; EVENT_BYTES_MAX - 6]].concat()).is_ok());
        assert_eq!(stream.feed(b"\ndata:x\n"), Err(TooLarge));
    }
}
