//! Ids of what a command sends or fires.

use crate::base::hex::hex;

use ring::rand::{SecureRandom as _, SystemRandom};

/// What makes it another one than all before.
pub(super) fn new_id(prefix: &str) -> String {
    let mut random = [0; 8];
    // Without randomness the second such one is refused, not lost.
    let _ = SystemRandom::new().fill(&mut random);
    format!("{prefix}-{}", hex(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same() {
        let (one, other) = (new_id("send"), new_id("send"));
        assert!(one.starts_with("send-") && one.len() == 21 && one != other, "{one} {other}");
    }
}
