//! All replaced builtins at once.

use boa_engine::{Context, JsResult};

use super::math_random::Random;

/// Replaces every builtin of this module, before any script of the page has run.
///
/// # Errors
/// Where the page's globals refuse a property; a fresh context's do not.
pub fn install_all(context: &mut Context, random: &Random) -> JsResult<()> {
    super::array_sort::install(context)?;
    super::date_parse::install(context)?;
    super::error::install(context)?;
    super::function::install(context)?;
    super::json_parse::install(context)?;
    super::locale::install(context)?;
    super::math_random::install(context, random)?;
    let statics = super::regexp_statics::install(context)?;
    super::regexp_fast::install(context, statics)?;
    // After those that read what the engine says.
    super::regexp_source::install(context)?;
    super::removed::install(context)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::builtins::testing::{check, plain_context};

    #[test]
    fn they_go_together() {
        let mut context = plain_context();
        install_all(&mut context, &Random::from_seed(1)).unwrap();
        check(&mut context, "/(\\d+)/.test('a1'); JSON.parse('[' + RegExp.$1 + ']')[0]", "1");
        check(&mut context, "new Date('2014/01/02 03:04').toLocaleString()", "2014/1/2 03:04:00");
        check(&mut context, "Object.keys(this).length", "0");
    }
}
