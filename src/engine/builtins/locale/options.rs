//! Reading an options object (ECMA-402 §9.2.11).

use boa_engine::{Context, JsNativeError, JsObject, JsResult, JsValue, js_string};

/// The second argument of a `toLocale…` method; `undefined` has no options.
pub(super) struct Options(Option<JsObject>);

impl Options {
    /// `CoerceOptionsToObject`.
    pub(super) fn of(argument: &JsValue, context: &mut Context) -> JsResult<Self> {
        if argument.is_undefined() {
            return Ok(Self(None));
        }
        argument.to_object(context).map(|object| Self(Some(object)))
    }

    fn get(&self, name: &str, context: &mut Context) -> JsResult<Option<JsValue>> {
        let Some(object) = &self.0 else { return Ok(None) };
        let value = object.get(js_string!(name), context)?;
        Ok((!value.is_undefined()).then_some(value))
    }

    /// An option that is a text.
    pub(super) fn text(&self, name: &str, context: &mut Context) -> JsResult<Option<String>> {
        match self.get(name, context)? {
            Some(value) => Ok(Some(value.to_string(context)?.to_std_string_lossy())),
            None => Ok(None),
        }
    }

    /// An option that is a yes or no.
    pub(super) fn flag(&self, name: &str, context: &mut Context) -> JsResult<Option<bool>> {
        Ok(self.get(name, context)?.map(|value| value.to_boolean()))
    }

    /// An option that is a number of digits, 0 to 100.
    pub(super) fn digits(&self, name: &str, context: &mut Context) -> JsResult<Option<usize>> {
        let Some(value) = self.get(name, context)? else { return Ok(None) };
        let number = value.to_number(context)?;
        if !(0.0..=100.0).contains(&number) {
            return Err(JsNativeError::range().with_message(format!("{name} value is out of range.")).into());
        }
        Ok(Some(number as usize))
    }
}
