//! Reading an options object (ECMA-402 §9.2).

use boa_engine::{Context, JsError, JsNativeError, JsObject, JsResult, JsValue, js_string};

/// The second argument of a constructor or of a `toLocale…` method; `undefined` has no options.
pub(super) struct Options(Option<JsObject>);

/// A RangeError.
pub(super) fn range(message: String) -> JsError {
    JsNativeError::range().with_message(message).into()
}

impl Options {
    /// `CoerceOptionsToObject`.
    pub(super) fn of(argument: &JsValue, context: &mut Context) -> JsResult<Self> {
        if argument.is_undefined() {
            return Ok(Self(None));
        }
        argument.to_object(context).map(|object| Self(Some(object)))
    }

    /// An option as it is; `None` where it is undefined.
    pub(super) fn get(&self, name: &str, context: &mut Context) -> JsResult<Option<JsValue>> {
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

    /// An option that is one of some words.
    pub(super) fn word(
        &self,
        name: &str,
        words: &[&'static str],
        context: &mut Context,
    ) -> JsResult<Option<&'static str>> {
        let Some(text) = self.text(name, context)? else { return Ok(None) };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(*word)),
            None => Err(range(format!("Value {text} out of range for Intl options property {name}"))),
        }
    }

    /// An option that is a yes or no.
    pub(super) fn flag(&self, name: &str, context: &mut Context) -> JsResult<Option<bool>> {
        Ok(self.get(name, context)?.map(|value| value.to_boolean()))
    }

    /// An option that is a number, rounded down, of `least` to `most`.
    pub(super) fn digits(
        &self,
        name: &str,
        least: usize,
        most: usize,
        context: &mut Context,
    ) -> JsResult<Option<usize>> {
        let Some(value) = self.get(name, context)? else { return Ok(None) };
        let number = value.to_number(context)?;
        if number >= least as f64 && number <= most as f64 {
            return Ok(Some(number as usize));
        }
        Err(range(format!("{name} value is out of range.")))
    }
}
