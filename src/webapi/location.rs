//! stub
use super::window::Navigation;
use boa_engine::{Context, JsResult, JsValue};
/// stub
pub fn get(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::undefined())
}
/// stub
pub fn set(_: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(JsValue::undefined())
}
/// stub
pub fn navigate(_: Navigation, _: &mut Context) -> JsResult<()> {
    Ok(())
}
/// stub
pub fn run_javascript_url(_: &url::Url, _: &mut Context) -> JsResult<()> {
    Ok(())
}
