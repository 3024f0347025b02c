//! MediaList ([CSSOM §4.4](https://drafts.csswg.org/cssom/#the-medialist-interface)): a view of the media of a sheet or
//! of a rule.

use boa_engine::{Context, JsData, JsObject, JsResult, JsString, JsValue};
use boa_gc::{Finalize, Trace};

use super::kinds;
use crate::dom::media_query::MediaList;
use crate::dom::{NodeRef, sheets};
use crate::engine::convert::{index, require, string, string_or_null, text, text_null_empty, this_object, type_error};
use crate::engine::exotic::{self, Exotic, Key};
use crate::engine::interface::{Interface, install as install_interface, prototype};
use crate::webapi::collection::make_iterator;
use crate::webapi::exception::dom_exception;

/// Whose media it says.
#[derive(Trace, Finalize, JsData, Clone)]
pub(super) enum Owner {
    /// Those of the sheet of an element.
    Sheet(NodeRef),
    /// Those of a rule.
    Rule(JsObject),
}

impl Owner {
    fn text(&self) -> String {
        match self {
            Self::Sheet(owner) => sheets::media(owner),
            Self::Rule(rule) => kinds::queries(&rule.clone().into()).unwrap_or_default(),
        }
    }

    fn items(&self) -> Vec<String> {
        MediaList::parse(&self.text()).items()
    }

    fn set(&self, queries: &str, context: &mut Context) -> JsResult<()> {
        match self {
            Self::Sheet(owner) => {
                sheets::set_media(owner, queries);
                Ok(())
            }
            Self::Rule(rule) => kinds::set_queries(rule, queries, context),
        }
    }
}

static LIST: Exotic = Exotic {
    name: "media list",
    get: |target, key, _| {
        let (Some(owner), Key::Index(at)) = (target.downcast_ref::<Owner>().map(|owner| owner.clone()), key) else {
            return Ok(None);
        };
        Ok(owner.items().get(*at as usize).map(|item| string(item)))
    },
    set: None,
    delete: None,
    keys: |target, _| {
        let count = target.downcast_ref::<Owner>().map_or(0, |owner| owner.items().len());
        (0..count).map(|at| JsString::from(at.to_string())).collect()
    },
    is_indexed: true,
    enumerable: false,
    builtins_first: true,
};

/// Makes a list.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn make(owner: Owner, context: &mut Context) -> JsResult<JsObject> {
    let target = JsObject::from_proto_and_data(prototype("MediaList", context), owner);
    exotic::wrap(target, &LIST, context)
}

fn owner_of(this: &JsValue, context: &mut Context) -> JsResult<Owner> {
    let object = this_object(this, context);
    let target = exotic::unwrap(&object, context)?;
    let found = target.downcast_ref::<Owner>().map(|owner| owner.clone());
    found.ok_or_else(|| type_error("Illegal invocation"))
}

fn media_text(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(string(&owner_of(this, context)?.items().join(", ")))
}

/// Sets `mediaText`.
///
/// # Errors
/// A TypeError where `this` is no list; what `toString` throws.
pub(super) fn set_text(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let queries = text_null_empty(args, 0, context)?;
    let queries = MediaList::parse(&queries).text();
    owner_of(this, context)?.set(&queries, context)?;
    Ok(JsValue::undefined())
}

fn item(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    require(args, 1)?;
    let at = index(args, 0, context)?;
    Ok(string_or_null(owner_of(this, context)?.items().into_iter().nth(at)))
}

/// The one query of an argument, as it is written back; `None` where there is not one.
fn query(args: &[JsValue], context: &mut Context) -> JsResult<Option<String>> {
    require(args, 1)?;
    let written = text(args, 0, context)?;
    Ok(<[String; 1]>::try_from(MediaList::parse(&written).items()).ok().map(|[one]| one))
}

fn append(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = owner_of(this, context)?;
    let mut items = owner.items();
    if let Some(query) = query(args, context)?.filter(|query| !items.contains(query)) {
        items.push(query);
        owner.set(&items.join(", "), context)?;
    }
    Ok(JsValue::undefined())
}

fn delete(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let owner = owner_of(this, context)?;
    let items = owner.items();
    let query = query(args, context)?;
    let left: Vec<String> = items.iter().filter(|item| Some(*item) != query.as_ref()).cloned().collect();
    if left.len() == items.len() {
        return Err(dom_exception("NotFoundError", "The medium is not in the list.", context));
    }
    owner.set(&left.join(", "), context)?;
    Ok(JsValue::undefined())
}

const MEDIA_LIST: Interface = Interface {
    name: "MediaList",
    attributes: &[
        ("mediaText", media_text, Some(set_text)),
        ("length", |this, _, context| owner_of(this, context).map(|owner| owner.items().len().into()), None),
    ],
    methods: &[
        ("item", item, 1),
        ("appendMedium", append, 1),
        ("deleteMedium", delete, 1),
        ("toString", media_text, 0),
    ],
    ..Interface::EMPTY
};

/// Installs MediaList.
///
/// # Errors
/// What boa says; a bug.
pub(super) fn install(context: &mut Context) -> JsResult<()> {
    install_interface(&MEDIA_LIST, context)?;
    make_iterator(&prototype("MediaList", context), context)
}
