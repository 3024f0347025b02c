//! How currencies are written: CLDR's signs, and names of those that are met in China.

use super::tags::Language;

/// The sign of a currency in either language, where it has one of its own there.
const SIGNS: &str = "BRL R$ CAD CA$ EUR € GBP £ HKD HK$ ILS ₪ INR ₹ KRW ₩ MXN MX$ NZD NZ$ TWD NT$ VND ₫ XAF FCFA \
    XCD EC$ XPF CFPF XCG Cg.";
const CHINESE_SIGNS: &str = "CNY ¥ USD US$ JPY JP¥ AUD AU$";
const ENGLISH_SIGNS: &str = "CNY CN¥ USD $ JPY ¥ AUD A$ PHP ₱";

/// The short signs, in both languages.
const NARROW: &str = "AFN ؋ AMD ֏ AOA Kz ARS $ AUD $ AZN ₼ BAM KM BBD $ BDT ৳ BMD $ BND $ BOB Bs BRL R$ BSD $ BWP P \
    BZD $ CAD $ CLP $ CNY ¥ COP $ CRC ₡ CUC $ CUP $ CZK Kč DKK kr DOP $ EGP E£ EUR € FJD $ FKP £ GBP £ GEL ₾ GHS GH₵ \
    GIP £ GNF FG GTQ Q GYD $ HKD $ HNL L HRK kn HUF Ft IDR Rp ILS ₪ INR ₹ ISK kr JMD $ JPY ¥ KHR ៛ KMF CF KPW ₩ KRW ₩ \
    KYD $ KZT ₸ LAK ₭ LBP L£ LKR Rs LRD $ MGA Ar MMK K MNT ₮ MUR Rs MXN $ MYR RM NAD $ NGN ₦ NIO C$ NOK kr NPR Rs \
    NZD $ PHP ₱ PKR Rs PLN zł PYG ₲ RON lei RUB ₽ RWF RF SBD $ SEK kr SGD $ SHP £ SRD $ SSP £ STN Db SYP £ THB ฿ \
    TOP T$ TRY ₺ TTD $ UAH ₴ USD $ UYU $ VND ₫ XAF FCFA XCD $ XCG Cg. XPF CFPF ZAR R ZMW ZK";

/// Currencies without a smaller unit, and those with a thousandth (ISO 4217, as CLDR has it).
const WHOLE: &str = "AFN ALL BIF CLP COP DJF GNF HUF IDR IQD IRR ISK JPY KMF KPW KRW LAK LBP MGA MMK PKR PYG RWF SLL \
    SOS SYP UGX VND VUV XAF XOF XPF YER";
const THOUSANDTHS: &str = "BHD JOD KWD LYD OMR TND";

/// Names: in Chinese, in English for one, and for any other number.
const NAMES: [(&str, &str, &str, &str); 12] = [
    ("AUD", "澳大利亚元", "Australian dollar", "Australian dollars"),
    ("CAD", "加拿大元", "Canadian dollar", "Canadian dollars"),
    ("CNY", "人民币", "Chinese yuan", "Chinese yuan"),
    ("EUR", "欧元", "euro", "euros"),
    ("GBP", "英镑", "British pound", "British pounds"),
    ("HKD", "港元", "Hong Kong dollar", "Hong Kong dollars"),
    ("JPY", "日元", "Japanese yen", "Japanese yen"),
    ("KRW", "韩元", "South Korean won", "South Korean won"),
    ("MOP", "澳门元", "Macanese pataca", "Macanese patacas"),
    ("SGD", "新加坡元", "Singapore dollar", "Singapore dollars"),
    ("TWD", "新台币", "New Taiwan dollar", "New Taiwan dollars"),
    ("USD", "美元", "US dollar", "US dollars"),
];

fn find(table: &'static str, code: &str) -> Option<&'static str> {
    let mut words = table.split_ascii_whitespace();
    while let (Some(key), Some(sign)) = (words.next(), words.next()) {
        if key == code {
            return Some(sign);
        }
    }
    None
}

/// The sign of a currency, or its code.
pub(super) fn sign(code: &str, language: Language, is_narrow: bool) -> String {
    let own = if language == Language::Chinese { CHINESE_SIGNS } else { ENGLISH_SIGNS };
    let narrow = if is_narrow { find(NARROW, code) } else { None };
    // Its own sign where the narrow one is not known; in Chinese the New Taiwan dollar's is narrow, too.
    let narrow = if is_narrow && code == "TWD" && language == Language::English { Some("$") } else { narrow };
    match (code, narrow.or_else(|| find(own, code)).or_else(|| find(SIGNS, code))) {
        // CLDR writes it with a space that does not break.
        ("XOF", _) => "F\u{202f}CFA".to_owned(),
        (_, Some(sign)) => sign.to_owned(),
        (code, None) => code.to_owned(),
    }
}

/// The name of a currency, or its code.
pub(super) fn name(code: &str, language: Language, is_one: bool) -> &str {
    let row = NAMES.iter().find(|row| row.0 == code);
    row.map_or(code, |(_, chinese, one, other)| match language {
        Language::Chinese => chinese,
        Language::English if is_one => one,
        Language::English => other,
    })
}

/// How many digits a currency has after the point.
pub(super) fn digits(code: &str) -> usize {
    let has = |list: &str| list.split_ascii_whitespace().any(|listed| listed == code);
    if has(WHOLE) {
        0
    } else if has(THOUSANDTHS) {
        3
    } else {
        2
    }
}
