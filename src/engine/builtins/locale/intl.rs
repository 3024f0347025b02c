//! The object `Intl` (ECMA-402, clause 8).

use boa_engine::{Context, JsArgs, JsObject, JsResult, NativeFunction, js_string};

use super::service::{Method, install as service};
use super::{collator, date, list, number, plural, relative, tags};
use crate::engine::builtins::native;
use crate::engine::interface::define_tag;

pub(super) fn install(context: &mut Context) -> JsResult<()> {
    let intl = JsObject::with_object_proto(context.intrinsics());
    define_tag(&intl, "Intl");
    let canonical = NativeFunction::from_fn_ptr(|_, arguments, context| {
        tags::get_canonical(arguments.get_or_undefined(0), context)
    });
    native::method(&intl, "getCanonicalLocales", 1, canonical, context)?;
    service::<collator::Collator>(&intl, &[], Some(("compare", 2, collator::compare)), context)?;
    service::<number::NumberFormat>(
        &intl,
        &[("formatToParts", number::format_to_parts, 1)],
        Some(("format", 1, number::format)),
        context,
    )?;
    service::<date::DateTimeFormat>(
        &intl,
        &[("formatToParts", date::format_to_parts, 1)],
        Some(("format", 1, date::format)),
        context,
    )?;
    service::<plural::PluralRules>(&intl, &[("select", plural::select, 1)], None, context)?;
    let methods: [Method; 2] = [("format", list::format, 1), ("formatToParts", list::format_to_parts, 1)];
    service::<list::ListFormat>(&intl, &methods, None, context)?;
    let methods: [Method; 2] = [("format", relative::format, 2), ("formatToParts", relative::format_to_parts, 2)];
    service::<relative::RelativeTimeFormat>(&intl, &methods, None, context)?;
    native::hidden_value(&context.global_object(), js_string!("Intl"), intl, context)
}
