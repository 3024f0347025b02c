//! What goes as a link, since WeChat has no message for it: a text that names and links it (plugin-apis.md §4). Customers
//! read these, so they are Chinese.

use url::Url;

/// 1024 bytes are one.
const KILO: u64 = 1024;

/// `语音：<a href="…">点击收听</a>（12 秒）`
pub(super) fn voice(url: &Url, duration_ms: u64) -> String {
    let link = format!("语音：{}", anchor(url, "点击收听"));
    match duration_ms {
        0 => link,
        _ => format!("{link}（{} 秒）", duration_ms.div_ceil(1000)),
    }
}

/// `视频：<a href="…">title</a>`
pub(super) fn video(url: &Url, title: &str) -> String {
    format!("视频：{}", anchor(url, if title.is_empty() { "点击观看" } else { title }))
}

/// `文件：<a href="…">name</a>（12.3 KB）`
pub(super) fn file(url: &Url, name: &str, bytes: u64) -> String {
    let end = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default();
    let name = [name, end].into_iter().find(|name| !name.trim().is_empty()).unwrap_or("点击下载");
    let link = format!("文件：{}", anchor(url, name));
    match bytes {
        0 => link,
        _ => format!("{link}（{}）", size(bytes)),
    }
}

/// WeChat's own markup in texts. An address that was parsed holds neither quotes nor brackets.
fn anchor(url: &Url, words: &str) -> String {
    let words: String = words.trim().replace('<', "＜").replace('>', "＞").replace(['\n', '\r', '\t'], " ");
    format!("<a href=\"{url}\">{words}</a>")
}

fn size(bytes: u64) -> String {
    let (mut unit, mut rest) = ("B", bytes as f64);
    for larger in ["KB", "MB", "GB"] {
        if rest < KILO as f64 {
            break;
        }
        (unit, rest) = (larger, rest / KILO as f64);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{rest:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_customers_read() {
        let url = Url::parse("https://f.example/报价 \"1\".pdf?a=1&b=<2>").unwrap();
        let address = "https://f.example/%E6%8A%A5%E4%BB%B7%20%221%22.pdf?a=1&b=%3C2%3E";
        assert_eq!(
            file(&url, " 报价<1>.pdf ", 12_595),
            format!("文件：<a href=\"{address}\">报价＜1＞.pdf</a>（12.3 KB）")
        );
        assert_eq!(file(&url, "", 0), format!("文件：<a href=\"{address}\">%E6%8A%A5%E4%BB%B7%20%221%22.pdf</a>"));
        let bare = Url::parse("https://f.example/").unwrap();
        assert_eq!(file(&bare, " ", 512), "文件：<a href=\"https://f.example/\">点击下载</a>（512 B）");
        assert_eq!(voice(&bare, 7_100), "语音：<a href=\"https://f.example/\">点击收听</a>（8 秒）");
        assert_eq!(voice(&bare, 0), "语音：<a href=\"https://f.example/\">点击收听</a>");
        assert_eq!(video(&bare, ""), "视频：<a href=\"https://f.example/\">点击观看</a>");
        assert_eq!(video(&bare, "演示"), "视频：<a href=\"https://f.example/\">演示</a>");
    }
}
