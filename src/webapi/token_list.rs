//! DOMTokenList (DOM §7.1): `classList`, `relList` and the like. Its items are read by index through `item` and iteration.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::element::set_reflected;
use super::exception::dom_exception;
use super::wrap::{part, this_element};
use crate::dom::{NodeRef, attributes};
use crate::engine::convert::{self, Native, arg, string, string_or_null, this_object, to_utf8, type_error, value_text};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, define_accessor, prototype};

/// An element, and the attribute that has the tokens.
#[derive(Trace, Finalize, JsData, Clone)]
struct TokenList(NodeRef, #[unsafe_ignore_trace] &'static str);

fn tokens(TokenList(element, attribute): &TokenList) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    let value = element.as_element().and_then(|e| e.attr(attribute)).unwrap_or_default();
    for token in value.split_ascii_whitespace() {
        if !list.iter().any(|old| old == token) {
            list.push(token.to_owned());
        }
    }
    list
}

static LIST: Exotic = Exotic {
    name: "token list",
    get: |target, key, _| {
        let Key::Index(at) = key else { return Ok(None) };
        Ok(target
            .downcast_ref::<TokenList>()
            .and_then(|list| tokens(&list).get(*at as usize).map(|token| string(token))))
    },
    set: None,
    delete: None,
    keys: |target, _| {
        let count = target.downcast_ref::<TokenList>().map_or(0, |list| tokens(&list).len());
        (0..count).map(|at| JsString::from(at.to_string())).collect()
    },
    is_indexed: true,
    enumerable: true,
    builtins_first: true,
};

/// Makes an element's class list.
///
/// # Errors
/// What boa says; a bug.
pub fn class_list(element: &NodeRef, context: &mut Context) -> JsResult<JsObject> {
    make(element, "class", context)
}

fn make(element: &NodeRef, attribute: &'static str, context: &mut Context) -> JsResult<JsObject> {
    let list = TokenList(element.clone(), attribute);
    let target = JsObject::from_proto_and_data(prototype("DOMTokenList", context), list);
    exotic::wrap(target, &LIST, context)
}

/// An accessor of the list that an attribute holds.
macro_rules! token_list {
    ($interface:literal, $member:literal, $attribute:literal) => {
        (
            $interface,
            $member,
            |this, _, context| {
                part(&this_element(this)?, $member, context, |element, context| make(element, $attribute, context))
            },
            |this, args, context| set_reflected(this, $attribute, args, context),
        )
    };
}

/// Interface, member, getter, setter.
const LISTS: [(&str, &str, Native, Native); 7] = [
    token_list!("HTMLAnchorElement", "relList", "rel"),
    token_list!("HTMLAreaElement", "relList", "rel"),
    token_list!("HTMLLinkElement", "relList", "rel"),
    token_list!("HTMLLinkElement", "sizes", "sizes"),
    token_list!("HTMLIFrameElement", "sandbox", "sandbox"),
    token_list!("HTMLOutputElement", "htmlFor", "for"),
    token_list!("SVGAElement", "relList", "rel"),
];

/// Puts the lists of other attributes on the elements that have some.
pub fn install_token_lists(context: &mut Context) {
    for (interface, member, get, set) in LISTS {
        define_accessor(&prototype(interface, context), member, get, Some(set), context);
    }
}

fn list_of(this: &JsValue, context: &mut Context) -> JsResult<TokenList> {
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let found = target.downcast_ref::<TokenList>().map(|list| TokenList::clone(&list));
    found.ok_or_else(|| type_error("Illegal invocation"))
}

fn check(token: &str, context: &mut Context) -> JsResult<()> {
    if token.is_empty() {
        return Err(dom_exception("SyntaxError", "The token must not be empty.", context));
    }
    if token.contains(|c: char| c.is_ascii_whitespace()) {
        let message = format!("The token '{token}' contains white space.");
        return Err(dom_exception("InvalidCharacterError", &message, context));
    }
    Ok(())
}

fn checked_args(args: &[JsValue], context: &mut Context) -> JsResult<Vec<String>> {
    let mut list = Vec::with_capacity(args.len());
    for value in args {
        let token = value_text(value, context)?;
        check(&token, context)?;
        list.push(token);
    }
    Ok(list)
}

fn store(TokenList(element, attribute): &TokenList, list: &[String]) {
    let is_there = element.as_element().is_some_and(|e| e.has_attr(attribute));
    if is_there || !list.is_empty() {
        attributes::set(element, attribute, &list.join(" "));
    }
}

fn add(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = list_of(this, context)?;
    let mut list = tokens(&own);
    for token in checked_args(args, context)? {
        if !list.contains(&token) {
            list.push(token);
        }
    }
    store(&own, &list);
    Ok(JsValue::undefined())
}

fn remove(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = list_of(this, context)?;
    let gone = checked_args(args, context)?;
    let list: Vec<String> = tokens(&own).into_iter().filter(|token| !gone.contains(token)).collect();
    store(&own, &list);
    Ok(JsValue::undefined())
}

fn toggle(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = list_of(this, context)?;
    let token = convert::text(args, 0, context)?;
    check(&token, context)?;
    let mut list = tokens(&own);
    let there = list.contains(&token);
    let wanted = args.get(1).filter(|v| !v.is_undefined()).map_or(!there, JsValue::to_boolean);
    if wanted != there {
        if wanted {
            list.push(token);
        } else {
            list.retain(|old| *old != token);
        }
        store(&own, &list);
    }
    Ok(wanted.into())
}

fn replace(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = list_of(this, context)?;
    let pair = [value_text(&arg(args, 0), context)?, value_text(&arg(args, 1), context)?];
    // An empty token is told of before one with white space.
    for token in pair.iter().filter(|token| token.is_empty()).chain(&pair) {
        check(token, context)?;
    }
    let mut list = tokens(&own);
    let Some(at) = list.iter().position(|token| *token == pair[0]) else { return Ok(false.into()) };
    list[at].clone_from(&pair[1]);
    let mut seen = Vec::new();
    list.retain(|token| {
        !seen.contains(token) && {
            seen.push(token.clone());
            true
        }
    });
    store(&own, &list);
    Ok(true.into())
}

fn contains(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let token = convert::text(args, 0, context)?;
    Ok(tokens(&list_of(this, context)?).contains(&token).into())
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let at = convert::index(args, 0, context)?;
    Ok(string_or_null(tokens(&list_of(this, context)?).get(at).cloned()))
}

fn value(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let own = list_of(this, context)?;
    Ok(string(&own.0.as_element().and_then(|e| e.attr(own.1)).unwrap_or_default()))
}

fn set_value(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = to_utf8(&arg(args, 0).to_string(context)?);
    let own = list_of(this, context)?;
    attributes::set(&own.0, own.1, &text);
    Ok(JsValue::undefined())
}

fn length(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(tokens(&list_of(this, context)?).len().into())
}

/// The table of DOMTokenList.
pub const TOKEN_LIST: Interface = Interface {
    name: "DOMTokenList",
    attributes: &[("length", length, None), ("value", value, Some(set_value))],
    methods: &[
        ("item", item, 1),
        ("contains", contains, 1),
        ("add", add, 0),
        ("remove", remove, 0),
        ("toggle", toggle, 1),
        ("replace", replace, 2),
        ("toString", value, 0),
    ],
    ..Interface::EMPTY
};
