//! `autocorrect` (HTML [§6.8.7](https://html.spec.whatwg.org/multipage/interaction.html#autocorrection)): nothing here
//! corrects what is written, but pages ask for the attribute to find out whether it is one.

use boa_engine::{Context, JsResult, JsValue};

use super::element::set_attribute;
use super::wrap::this_element;
use crate::dom::{NodeRef, form};
use crate::engine::convert::arg;
use crate::engine::interface::{define_accessor, prototype};

/// The used autocorrection state.
fn is_on(element: &NodeRef) -> bool {
    let own = |node: &NodeRef| node.as_element().and_then(|data| data.attr("autocorrect"));
    let is_code = element.is_html("input") && matches!(form::input_type(element), "url" | "email" | "password");
    let inherits = matches!(element.html_name(), "button" | "fieldset" | "input" | "output" | "select" | "textarea");
    let inherited = || form::owner(element).filter(|_| inherits).and_then(|owner| own(&owner));
    !is_code && own(element).or_else(inherited).is_none_or(|state| !state.eq_ignore_ascii_case("off"))
}

fn get(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(is_on(&this_element(this)?).into())
}

fn set(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let state = if arg(args, 0).to_boolean() { "on" } else { "off" };
    set_attribute(&this_element(this)?, "autocorrect", state, context)?;
    Ok(JsValue::undefined())
}

/// Installs the attribute on HTMLElement.
pub fn install_autocorrect(context: &mut Context) {
    let target = prototype("HTMLElement", context);
    define_accessor(&target, "autocorrect", get, Some(set), context);
}

#[cfg(test)]
mod tests {
    use crate::webapi::testing::check_page;

    #[test]
    fn the_attribute_its_form_and_its_type_say() {
        let page =
            "<form id=f autocorrect=OFF><input><textarea autocorrect=on></textarea><b></b><input type=url></form>";
        check_page(
            page,
            "out([].map.call($('f').children, function (e) { return e.autocorrect }));
             var i = document.createElement('input'); out(i.autocorrect); i.autocorrect = 0; out(i.outerHTML);
             i.autocorrect = 'x'; out(i.outerHTML); i.type = 'email'; out(i.autocorrect)",
            "false,true,true,false|true|<input autocorrect=\"off\">|<input autocorrect=\"on\">|false",
        );
    }
}
