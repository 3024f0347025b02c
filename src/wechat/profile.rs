//! The limits in force, by year of the manual (wechat-api.md, Profiles).

use std::str::FromStr;

use super::media::MediaType;
use crate::session::window::{Allowance, Allowances};

/// What happens to a news message with too many articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewsOver {
    /// WeChat answers ok and delivers nothing (2017).
    Silence,
    /// WeChat answers 45008.
    Refuse,
}

/// How long a customer-service account's nickname may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nickname {
    /// A Chinese character takes two columns.
    Columns(usize),
    /// Characters of any kind.
    Characters(usize),
}

impl Nickname {
    /// Whether a nickname has something in it and is not too long.
    #[must_use]
    pub fn takes(self, nickname: &str) -> bool {
        let columns = |c: char| if c.is_ascii() { 1 } else { 2 };
        let (length, limit) = match self {
            Self::Columns(limit) => (nickname.chars().map(columns).sum(), limit),
            Self::Characters(limit) => (nickname.chars().count(), limit),
        };
        (1..=limit).contains(&length)
    }
}

/// Which of WeChat's two families of codes speaks of customer-service accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KfRefusals {
    /// 61451 to 61457
    Old,
    /// 65400 to 65417
    New,
}

/// One year's limits. A profile is data, nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The year it is named after.
    pub name: &'static str,
    /// Articles in one news message.
    pub news_articles_max: usize,
    /// What more articles lead to.
    pub news_over: NewsOver,
    /// Text, in UTF-8 bytes.
    pub text_bytes_max: usize,
    /// Title of an article, a video and so on, in UTF-8 bytes. WeChat documents none for customer-service messages; this and
    /// the next are those of the same messages in WeCom, whose server cuts them itself (developer.work.weixin.qq.com,
    /// 发送应用消息: 128 and 512 bytes, "超过会自动截断"). Settings may say otherwise.
    pub title_bytes_max: usize,
    /// Description, in UTF-8 bytes.
    pub description_bytes_max: usize,
    /// Picture, in bytes.
    pub image_bytes_max: usize,
    /// Voice, in bytes.
    pub voice_bytes_max: usize,
    /// Voice, in ms.
    pub voice_ms_max: u64,
    /// Video, in bytes.
    pub video_bytes_max: usize,
    /// Thumbnail, in bytes.
    pub thumb_bytes_max: usize,
    /// Customer-service accounts.
    pub kf_accounts_max: usize,
    /// Their nicknames.
    pub kf_nickname: Nickname,
    /// What WeChat refuses a wrong customer-service account with.
    pub kf_refusals: KfRefusals,
    /// What WeChat refuses calls with the secret with, from an address that is not in the account's IP whitelist.
    pub ip_refused: i64,
    /// After a message of the user.
    pub after_message: Allowance,
    /// After a menu click, a subscription or a scan: one allowance for each.
    pub after_click: Allowance,
    /// After a payment.
    pub after_payment: Allowance,
}

const MINUTE_MS: i64 = 60_000;
const WINDOW_MS: i64 = 48 * 60 * MINUTE_MS;
const MIB: usize = 1024 * 1024;
const UNLIMITED: Allowance = Allowance { sends: None, window_ms: WINDOW_MS };

const PROFILE_2017: Profile = Profile {
    name: "2017",
    news_articles_max: 8,
    news_over: NewsOver::Silence,
    text_bytes_max: 2048,
    title_bytes_max: 128,
    description_bytes_max: 512,
    image_bytes_max: 2 * MIB,
    voice_bytes_max: 2 * MIB,
    voice_ms_max: 60_000,
    video_bytes_max: 10 * MIB,
    thumb_bytes_max: 64 * 1024,
    kf_accounts_max: 10,
    kf_nickname: Nickname::Columns(12),
    kf_refusals: KfRefusals::Old,
    ip_refused: 40164,
    after_message: UNLIMITED,
    after_click: UNLIMITED,
    after_payment: UNLIMITED,
};
const PROFILE_2021: Profile = Profile {
    name: "2021",
    news_articles_max: 1,
    news_over: NewsOver::Refuse,
    image_bytes_max: 10 * MIB,
    kf_accounts_max: 100,
    kf_nickname: Nickname::Characters(16),
    kf_refusals: KfRefusals::New,
    after_message: Allowance { sends: Some(20), window_ms: WINDOW_MS },
    after_click: Allowance { sends: Some(3), window_ms: MINUTE_MS },
    after_payment: Allowance { sends: Some(20), window_ms: WINDOW_MS },
    ..PROFILE_2017
};
const PROFILE_2025: Profile = Profile {
    name: "2025",
    ip_refused: 61004,
    after_message: Allowance { sends: Some(5), window_ms: WINDOW_MS },
    after_payment: UNLIMITED,
    ..PROFILE_2021
};

impl Profile {
    /// What a media of this kind may have, in bytes.
    #[must_use]
    pub fn media_bytes_max(&self, kind: MediaType) -> usize {
        match kind {
            MediaType::Image => self.image_bytes_max,
            MediaType::Voice => self.voice_bytes_max,
            MediaType::Video => self.video_bytes_max,
            MediaType::Thumb => self.thumb_bytes_max,
        }
    }

    /// Every profile, oldest first.
    pub const ALL: [Self; 3] = [PROFILE_2017, PROFILE_2021, PROFILE_2025];

    /// The manual the project started from: the sandbox's default.
    #[must_use]
    pub fn y2017() -> Self {
        PROFILE_2017
    }

    /// What users' actions allow.
    #[must_use]
    pub fn allowances(&self) -> Allowances {
        Allowances { message: self.after_message, click: self.after_click, payment: self.after_payment }
    }

    /// The limits of 2021-06-01.
    #[must_use]
    pub fn y2021() -> Self {
        PROFILE_2021
    }

    /// Today's limits: the default against the real service.
    #[must_use]
    pub fn y2025() -> Self {
        PROFILE_2025
    }
}

/// A profile that does not exist.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile {0:?}: it is one of 2017, 2021, 2025")]
pub struct ProfileError(String);

impl FromStr for Profile {
    type Err = ProfileError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|profile| profile.name == name).ok_or_else(|| ProfileError(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_name() {
        assert_eq!("2021".parse(), Ok(Profile::y2021()));
        assert_eq!("2019".parse::<Profile>(), Err(ProfileError("2019".to_owned())));
    }

    #[test]
    fn nicknames() {
        let (old, new) = (Profile::y2017().kf_nickname, Profile::y2021().kf_nickname);
        assert!(old.takes("六个汉字昵称") && !old.takes("六个汉字昵称1") && old.takes("twelve-latin"));
        assert!(new.takes(&"汉".repeat(16)) && !new.takes(&"a".repeat(17)) && !new.takes(""));
        assert_eq!(Profile::ALL.map(|profile| profile.kf_accounts_max), [10, 100, 100]);
    }

    #[test]
    fn the_table_of_the_contract() {
        let rows = Profile::ALL.map(|p| (p.news_articles_max, p.after_message.sends, p.after_click.sends));
        assert_eq!(rows, [(8, None, None), (1, Some(20), Some(3)), (1, Some(5), Some(3))]);
        let payments = Profile::ALL.map(|p| p.after_payment.sends);
        assert_eq!(payments, [None, Some(20), None]);
    }
}
