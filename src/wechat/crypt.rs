//! Signatures and encryption of WeChat's pushes (wechat-api.md §3, developers.weixin.qq.com guide/dev/push/encryption).
//!
//! The plaintext is 16 random bytes, the message's length in 4 bytes, the message, the app id; AES-256-CBC with the first
//! half of the key as the initial vector, padded to 32 bytes. Whoever calls [`Crypt::decrypt`] has checked the signature
//! before: what is not signed says nothing about its padding.

use std::fmt;

use aes::Aes256;
use base64::{
    Engine as _, alphabet,
    engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD},
};
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _, block_padding::NoPadding};
use ring::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    rand::{SecureRandom as _, SystemRandom},
};
use subtle::ConstantTimeEq as _;

use super::secret::Secret;
use crate::base::hex::hex;

/// Bytes that plaintexts are padded to a multiple of: WeChat's own, not the cipher's 16.
const PADDED_BYTES: usize = 32;
/// Random bytes that a plaintext begins with.
const RANDOM_BYTES: usize = 16;
/// Bytes of the message's length behind them.
const LENGTH_BYTES: usize = 4;

/// The 43 characters of an EncodingAESKey stand for 32 bytes and two bits more, which WeChat does not keep at zero.
const KEY_BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));

/// The signature over these parts: SHA-1 of the token and the parts, sorted by bytes, in hexadecimal.
#[must_use]
pub fn signature(token: &Secret, parts: &[&str]) -> String {
    let mut sorted: Vec<&str> = parts.iter().copied().chain([token.expose()]).collect();
    sorted.sort_unstable();
    let sum = digest(&SHA1_FOR_LEGACY_USE_ONLY, sorted.concat().as_bytes());
    hex(sum.as_ref())
}

/// Whether this is the signature over these parts; the time it takes does not tell how much of it is right.
#[must_use]
pub fn is_signed(given: &str, token: &Secret, parts: &[&str]) -> bool {
    signature(token, parts).as_bytes().ct_eq(given.as_bytes()).into()
}

/// A text that is no EncodingAESKey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an EncodingAESKey is 43 letters and digits")]
pub struct NoAesKey;

/// An EncodingAESKey. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct AesKey([u8; 32]);

impl AesKey {
    /// Reads the 43 characters of WeChat's settings page.
    ///
    /// # Errors
    /// [`NoAesKey`].
    pub fn parse(text: &Secret) -> Result<Self, NoAesKey> {
        let bytes = KEY_BASE64.decode(format!("{}=", text.expose())).map_err(|_| NoAesKey)?;
        bytes.try_into().map(Self).map_err(|_| NoAesKey)
    }

    fn vector(&self) -> &[u8] {
        &self.0[..16]
    }
}

impl fmt::Debug for AesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("set")
    }
}

/// Why a ciphertext cannot be used, or a message not be encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CryptError {
    /// It is no base64 of whole blocks, or no key opens it.
    #[error("it cannot be decrypted with the key")]
    Sealed,
    /// It is for another account.
    #[error("it is for another app id")]
    AppId,
    /// The message's length does not fit into its four bytes.
    #[error("it is too long")]
    TooLong,
    /// The system has no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

/// A message that was encrypted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The message.
    pub message: Vec<u8>,
    /// Which key opened it, to answer with: 0 is the current one.
    pub key: usize,
}

/// The keys of an account.
#[derive(Clone, Debug)]
pub struct Crypt {
    app_id: String,
    keys: Vec<AesKey>,
}

impl Crypt {
    /// For this account; `previous` is the key before the current one: WeChat goes on with it for a while after a change.
    #[must_use]
    pub fn new(app_id: impl Into<String>, current: AesKey, previous: Option<AesKey>) -> Self {
        Self { app_id: app_id.into(), keys: [Some(current), previous].into_iter().flatten().collect() }
    }

    /// Opens what stands in `Encrypt`.
    ///
    /// # Errors
    /// [`CryptError::Sealed`], [`CryptError::AppId`].
    pub fn decrypt(&self, encrypted: &str) -> Result<Opened, CryptError> {
        let sealed = STANDARD.decode(encrypted.trim()).map_err(|_| CryptError::Sealed)?;
        let mut error = CryptError::Sealed;
        for (key, aes_key) in self.keys.iter().enumerate() {
            match self.open(aes_key, &sealed) {
                Ok(message) => return Ok(Opened { message, key }),
                // A wrong key opens to noise, which is no whole plaintext: this one was right.
                Err(CryptError::AppId) => error = CryptError::AppId,
                Err(_) => {}
            }
        }
        Err(error)
    }

    /// Encrypts a message with the key of this number, for `Encrypt`.
    ///
    /// # Errors
    /// [`CryptError::Random`], [`CryptError::TooLong`].
    pub fn encrypt(&self, key: usize, message: &[u8]) -> Result<String, CryptError> {
        let mut random = [0; RANDOM_BYTES];
        SystemRandom::new().fill(&mut random).map_err(|_| CryptError::Random)?;
        self.seal(&self.keys[key.min(self.keys.len() - 1)], random, message)
    }

    fn open(&self, key: &AesKey, sealed: &[u8]) -> Result<Vec<u8>, CryptError> {
        let cipher = cbc::Decryptor::<Aes256>::new_from_slices(&key.0, key.vector()).map_err(|_| CryptError::Sealed)?;
        let mut buffer = sealed.to_vec();
        let plain = cipher.decrypt_padded::<NoPadding>(&mut buffer).map_err(|_| CryptError::Sealed)?;
        let rest = unpadded(plain).and_then(|plain| plain.get(RANDOM_BYTES..)).ok_or(CryptError::Sealed)?;
        let (length, rest) = rest.split_at_checked(LENGTH_BYTES).ok_or(CryptError::Sealed)?;
        let length = length.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
        let (message, app_id) = rest.split_at_checked(length).ok_or(CryptError::Sealed)?;
        if app_id == self.app_id.as_bytes() { Ok(message.to_vec()) } else { Err(CryptError::AppId) }
    }

    fn seal(&self, key: &AesKey, random: [u8; RANDOM_BYTES], message: &[u8]) -> Result<String, CryptError> {
        let length = u32::try_from(message.len()).map_err(|_| CryptError::TooLong)?;
        let mut plain = [&random[..], &length.to_be_bytes(), message, self.app_id.as_bytes()].concat();
        // From 1 to 32 bytes that each say how many they are (PKCS#7).
        let padding = PADDED_BYTES - plain.len() % PADDED_BYTES;
        plain.resize(plain.len() + padding, u8::try_from(padding).unwrap_or_default());
        let cipher =
            cbc::Encryptor::<Aes256>::new_from_slices(&key.0, key.vector()).map_err(|_| CryptError::TooLong)?;
        let length = plain.len();
        let sealed = cipher.encrypt_padded::<NoPadding>(&mut plain, length).map_err(|_| CryptError::TooLong)?;
        Ok(STANDARD.encode(sealed))
    }
}

/// A plaintext without its padding; `None`: there is none.
fn unpadded(plain: &[u8]) -> Option<&[u8]> {
    let count = usize::from(*plain.last()?);
    let (rest, padding) = plain.split_at_checked(plain.len().checked_sub(count)?)?;
    let is_padded = (1..=PADDED_BYTES).contains(&count) && padding.iter().all(|byte| usize::from(*byte) == count);
    Some(rest).filter(|_| is_padded)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// The worked examples of WeChat's own manual.
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../tests/wechat/golden_vectors.json")).expect("JSON")
    }

    fn text<'a>(vectors: &'a Value, path: &str) -> &'a str {
        vectors.pointer(path).and_then(Value::as_str).expect(path)
    }

    fn key(text: &str) -> AesKey {
        AesKey::parse(&Secret::new(text)).expect("a key")
    }

    fn other_key(letter: &str) -> AesKey {
        key(&letter.repeat(43))
    }

    #[test]
    fn the_manuals_signatures() {
        let vectors = vectors();
        let token = Secret::new(text(&vectors, "/token"));
        for case in ["get", "plain", "secure"] {
            let part = |name: &str| text(&vectors, &format!("/{case}/{name}"));
            assert_eq!(signature(&token, &[part("timestamp"), part("nonce")]), part("signature"), "{case}");
        }
        let part = |name: &str| text(&vectors, &format!("/secure/{name}"));
        let parts = [part("timestamp"), part("nonce"), part("encrypt")];
        assert!(is_signed(part("msg_signature"), &token, &parts));
        assert!(!is_signed(part("signature"), &token, &parts));
        assert!(!is_signed("", &token, &parts));
        assert!(!is_signed(&part("msg_signature").to_uppercase(), &token, &parts));
    }

    #[test]
    fn the_manuals_ciphertext() {
        let vectors = vectors();
        let (app_id, encrypted) = (text(&vectors, "/appid"), text(&vectors, "/secure/encrypt"));
        let current = key(text(&vectors, "/encoding_aes_key"));
        let opened = Crypt::new(app_id, current.clone(), None).decrypt(encrypted).expect("opens");
        let message = String::from_utf8(opened.message).expect("UTF-8");
        assert!(message.contains("FromUserName"), "{message}");
        let other = Crypt::new("wx0000000000000000", current.clone(), None);
        assert_eq!(other.decrypt(encrypted), Err(CryptError::AppId));
        let changed = Crypt::new(app_id, other_key("B"), Some(current));
        assert_eq!(changed.decrypt(encrypted).map(|opened| opened.key), Ok(1));
        assert_eq!(Crypt::new(app_id, other_key("B"), None).decrypt(encrypted), Err(CryptError::Sealed));
    }

    #[test]
    fn what_is_encrypted_opens_again_whatever_its_length() {
        let crypt = Crypt::new("wx1", other_key("C"), Some(other_key("D")));
        for length in (0..100).chain([100_000]) {
            let message = vec![b'a'; length];
            for key in [0, 1] {
                let encrypted = crypt.encrypt(key, &message).expect("encrypts");
                assert_eq!(crypt.decrypt(&encrypted), Ok(Opened { message: message.clone(), key }));
            }
        }
        assert_ne!(crypt.encrypt(0, b"a"), crypt.encrypt(0, b"a"), "the random bytes differ");
    }

    #[test]
    fn what_is_no_ciphertext_is_refused() {
        let crypt = Crypt::new("wx1", other_key("C"), None);
        let whole = crypt.encrypt(0, b"message").expect("encrypts");
        let blocks = |bytes: &[u8]| STANDARD.encode(bytes);
        for wrong in ["", "%", "AAAA", &whole[..24], &blocks(&[0; 15]), &blocks(&[0; 32]), &blocks(&[7; 48])] {
            assert_eq!(crypt.decrypt(wrong), Err(CryptError::Sealed), "{wrong}");
        }
    }

    #[test]
    fn paddings() {
        let padded = |rest: usize, count: u8, shown: u8| [vec![9; rest], vec![shown; usize::from(count)]].concat();
        assert_eq!(unpadded(&padded(3, 32, 32)), Some(&[9_u8; 3][..]));
        assert_eq!(unpadded(&padded(3, 1, 1)), Some(&[9_u8; 3][..]));
        for wrong in [padded(3, 33, 33), padded(3, 1, 0), padded(0, 1, 2), padded(3, 3, 4), Vec::new()] {
            assert_eq!(unpadded(&wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn a_key_has_43_characters_and_is_never_shown() {
        for wrong in ["", "AAAA", &"A".repeat(42), &"A".repeat(44), &"%".repeat(43)] {
            assert_eq!(AesKey::parse(&Secret::new(wrong)), Err(NoAesKey), "{wrong}");
        }
        // The last character's two lowest bits stand for nothing.
        assert_eq!(key(&format!("{}B", "A".repeat(42))), other_key("A"));
        assert_eq!(format!("{:?}", other_key("A")), "set");
    }
}
