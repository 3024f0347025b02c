//! Easing functions ([CSS Easing](https://drafts.csswg.org/css-easing-1/)): how far a transition has come when so much of
//! its time has passed.

/// How a transition or animation runs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Easing {
    /// `linear`
    Linear,
    /// `cubic-bezier(x1, y1, x2, y2)`, and the words that stand for one.
    Bezier([f64; 4]),
    /// `steps(count, position)`
    Steps {
        /// How many jumps.
        count: f64,
        /// Whether one is at the beginning.
        at_start: bool,
        /// Whether one is at the end.
        at_end: bool,
    },
}

/// `ease`, the initial value.
const EASE: Easing = Easing::Bezier([0.25, 0.1, 0.25, 1.0]);

/// Halvings until a point of a curve is known better than a page can tell.
const HALVINGS: usize = 40;

impl Easing {
    /// What a value says; `ease` where it is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.trim().to_ascii_lowercase();
        match text.as_str() {
            "linear" => Self::Linear,
            "ease-in" => Self::Bezier([0.42, 0.0, 1.0, 1.0]),
            "ease-out" => Self::Bezier([0.0, 0.0, 0.58, 1.0]),
            "ease-in-out" => Self::Bezier([0.42, 0.0, 0.58, 1.0]),
            "step-start" => Self::Steps { count: 1.0, at_start: true, at_end: false },
            "step-end" => Self::Steps { count: 1.0, at_start: false, at_end: true },
            _ => Self::function(&text).unwrap_or(EASE),
        }
    }

    fn function(text: &str) -> Option<Self> {
        let (name, arguments) = text.strip_suffix(')')?.split_once('(')?;
        let arguments: Vec<&str> = arguments.split(',').map(str::trim).collect();
        if name == "cubic-bezier" {
            let numbers: Vec<f64> = arguments.iter().filter_map(|one| one.parse().ok()).collect();
            let points: [f64; 4] = numbers.try_into().ok()?;
            let is_in_time = |x: f64| (0.0..=1.0).contains(&x);
            return (is_in_time(points[0]) && is_in_time(points[2])).then_some(Self::Bezier(points));
        }
        let count: u32 = arguments.first().filter(|_| name == "steps")?.parse().ok().filter(|count| *count > 0)?;
        let (at_start, at_end) = match arguments.get(1).copied().unwrap_or("end") {
            "start" | "jump-start" => (true, false),
            "end" | "jump-end" => (false, true),
            "jump-both" => (true, true),
            "jump-none" if count > 1 => (false, false),
            _ => return None,
        };
        Some(Self::Steps { count: f64::from(count), at_start, at_end })
    }

    /// The way that lies behind, 0 to 1 (a curve may go beyond), when a part of the time has passed, 0 to 1.
    #[must_use]
    pub fn at(self, time: f64) -> f64 {
        let time = time.clamp(0.0, 1.0);
        match self {
            Self::Linear => time,
            Self::Bezier([x1, y1, x2, y2]) => {
                let (mut low, mut high) = (0.0, 1.0);
                for _ in 0..HALVINGS {
                    let middle = f64::midpoint(low, high);
                    if bezier(middle, x1, x2) < time { low = middle } else { high = middle }
                }
                bezier(f64::midpoint(low, high), y1, y2)
            }
            Self::Steps { count, at_start, at_end } => {
                let jumps = count - 1.0 + f64::from(u8::from(at_start)) + f64::from(u8::from(at_end));
                let passed = (time * count).floor() + f64::from(u8::from(at_start));
                (passed.min(jumps) / jumps).min(1.0)
            }
        }
    }
}

/// A coordinate of the curve from 0 to 1 with two control points.
fn bezier(t: f64, first: f64, second: f64) -> f64 {
    let rest = 1.0 - t;
    3.0 * rest * rest * t * first + 3.0 * rest * t * t * second + t * t * t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_by_time() {
        for (text, time, expected) in [
            ("linear", 0.25, 0.25),
            ("ease", 0.5, 0.8024),
            ("ease-in", 0.5, 0.3154),
            ("ease-out", 0.5, 0.6846),
            ("ease-in-out", 0.5, 0.5),
            ("cubic-bezier(.25, .1, .25, 1)", 0.5, 0.8024),
            ("cubic-bezier(2, 0, 0, 1)", 0.5, 0.8024),
            ("nonsense", 0.5, 0.8024),
            ("step-start", 0.0, 1.0),
            ("step-end", 0.9, 0.0),
            ("steps(4)", 0.5, 0.5),
            ("steps(4, start)", 0.5, 0.75),
            ("steps(2, jump-none)", 0.5, 1.0),
            ("steps(3, jump-both)", 0.0, 0.25),
            ("ease", 0.0, 0.0),
            ("ease", 1.0, 1.0),
        ] {
            let found = Easing::parse(text).at(time);
            assert!((found - expected).abs() < 1e-3, "{text} at {time}: {found}");
        }
    }
}
