//! stub
/// stub
pub fn urlencode(_: &[(String, String)]) -> String {
    String::new()
}
/// stub
pub fn multipart(_: &[(String, String)]) -> (String, Vec<u8>) {
    (String::new(), Vec::new())
}
