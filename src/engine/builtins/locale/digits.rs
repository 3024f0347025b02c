//! Decimal digits and their rounding (ECMA-402 §16.5, `ToRawFixed` and `ToRawPrecision`).

use std::cmp::Ordering;

/// A number in decimal digits.
#[derive(Clone)]
pub(super) struct Decimal {
    /// Whether it is below zero, or minus zero.
    pub(super) negative: bool,
    /// 0 to 9 each, the highest first; at least one before the point.
    digits: Vec<u8>,
    /// How many of them stand before the point.
    point: usize,
}

impl Decimal {
    /// Reads plain digits with an optional sign and point.
    pub(super) fn parse(text: &str) -> Self {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let digits = whole.bytes().chain(fraction.bytes()).map(|byte| byte.wrapping_sub(b'0').min(9)).collect();
        Self { negative, digits, point: whole.len() }
    }

    /// Whether all digits are zero.
    pub(super) fn is_zero(&self) -> bool {
        self.digits.iter().all(|digit| *digit == 0)
    }

    /// Moves the point: times ten to the power of `places`.
    pub(super) fn shift(&mut self, places: isize) {
        let point = self.point as isize + places;
        if point < 1 {
            self.digits.splice(0..0, vec![0; (1 - point).unsigned_abs()]);
        }
        self.point = point.max(1).unsigned_abs();
        if self.digits.len() < self.point {
            self.digits.resize(self.point, 0);
        }
        let zeros = self.digits.iter().take(self.point - 1).take_while(|digit| **digit == 0).count();
        self.digits.drain(..zeros);
        self.point -= zeros;
    }

    /// How many digits stand before the point, after leading zeros: 2 for 12.3, 0 for 0.5, -1 for 0.05; 1 for zero.
    pub(super) fn magnitude(&self) -> isize {
        let zeros = self.digits.iter().position(|digit| *digit != 0);
        zeros.map_or(1, |zeros| self.point as isize - zeros as isize)
    }

    /// Rounds to `places` after the point, or before it where that is negative.
    pub(super) fn round(&mut self, places: isize, mode: &str) {
        let mut keep = self.point as isize + places;
        if keep < 0 {
            self.digits.splice(0..0, vec![0; keep.unsigned_abs()]);
            self.point += keep.unsigned_abs();
            keep = 0;
        }
        let keep = keep.unsigned_abs();
        if keep >= self.digits.len() {
            return;
        }
        let is_up = self.is_up(keep, mode);
        self.digits.truncate(keep);
        self.digits.resize(keep.max(self.point), 0);
        if is_up {
            let carried = self.digits.iter_mut().take(keep).rev().find_map(|digit| {
                *digit = (*digit + 1) % 10;
                (*digit != 0).then_some(())
            });
            if carried.is_none() {
                // The digit before the first kept one: with none kept, that of the first place left out.
                self.digits.insert(0, 1);
                self.point += 1;
            }
        }
        self.shift(0);
    }

    fn is_up(&self, keep: usize, mode: &str) -> bool {
        let rest = &self.digits[keep..];
        if rest.iter().all(|digit| *digit == 0) {
            return false;
        }
        let is_more = rest.iter().skip(1).any(|digit| *digit != 0);
        let half = rest[0].cmp(&5).then(if is_more { Ordering::Greater } else { Ordering::Equal });
        let is_odd = keep > 0 && self.digits[keep - 1] % 2 == 1;
        match mode {
            "ceil" => !self.negative,
            "floor" => self.negative,
            "expand" => true,
            "trunc" => false,
            "halfCeil" => half.is_gt() || half.is_eq() && !self.negative,
            "halfFloor" => half.is_gt() || half.is_eq() && self.negative,
            "halfTrunc" => half.is_gt(),
            "halfEven" => half.is_gt() || half.is_eq() && is_odd,
            _ => half.is_ge(),
        }
    }

    /// Drops zeros at the end, but for `least` digits after the point, and adds what is missing of those.
    pub(super) fn pad_fraction(&mut self, least: usize) {
        while self.digits.len() > self.point + least && self.digits.last() == Some(&0) {
            self.digits.pop();
        }
        if self.digits.len() < self.point + least {
            self.digits.resize(self.point + least, 0);
        }
    }

    /// Adds zeros before the first digit.
    pub(super) fn pad_whole(&mut self, least: usize) {
        let missing = least.saturating_sub(self.point);
        self.digits.splice(0..0, vec![0; missing]);
        self.point += missing;
    }

    /// The digits before the point.
    pub(super) fn whole(&self) -> String {
        text(&self.digits[..self.point])
    }

    /// The digits after it.
    pub(super) fn fraction(&self) -> String {
        text(&self.digits[self.point..])
    }
}

fn text(digits: &[u8]) -> String {
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}
