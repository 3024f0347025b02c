//! A table's rows and their cells, made, dropped and counted by script (HTML §4.9.1, §4.9.5, §4.9.8).

use boa_engine::{Context, JsResult, JsValue};
use boa_gc::Gc;

use super::collection::{Kind, Shelf, live, shared};
use super::exception::dom_exception;
use super::wrap::{part, this_element, wrap};
use crate::dom::{Node, NodeRef, tree};
use crate::engine::convert::{Native, int};
use crate::engine::interface::{define_accessor, define_method, prototype};

const CELLS: Kind = Kind::Own(&["td", "th"]);
const SECTION_ROWS: Kind = Kind::Own(&["tr"]);

/// What `insertRow`, `rows` and the like of an element speak of.
fn members_of(element: &NodeRef) -> Gc<Shelf> {
    Shelf::of(
        element,
        match element.html_name() {
            "table" => Kind::Rows,
            "tr" => CELLS,
            _ => SECTION_ROWS,
        },
    )
}

fn rows(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "rows", context, |node, context| {
        shared(node, if node.is_html("table") { Kind::Rows } else { SECTION_ROWS }, context)
    })
}

fn cells(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "cells", context, |node, context| shared(node, CELLS, context))
}

fn bodies(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    part(&this_element(this)?, "tBodies", context, |node, context| live(node, Kind::Own(&["tbody"]), context))
}

/// The place that an index means: -1 and the count are the end.
fn place(at: i32, count: usize, may_be_end: bool, context: &mut Context) -> JsResult<usize> {
    match (at, usize::try_from(at)) {
        (-1, _) => Ok(count),
        (_, Ok(at)) if at < count || at == count && may_be_end => Ok(at),
        _ => Err(dom_exception("IndexSizeError", "The index is not in the range of what is there.", context)),
    }
}

/// `insertRow(at)` of a table or a section, `insertCell(at)` of a row; -1 is the end.
fn insert(this: &JsValue, args: &[JsValue], name: &str, context: &mut Context) -> JsResult<JsValue> {
    let at = if args.is_empty() { -1 } else { int(args, 0, context)? };
    let element = this_element(this)?;
    let members = members_of(&element);
    let count = members.listing.len();
    let at = place(at, count, true, context)?;
    let Some(document) = element.owner_document() else { return Ok(JsValue::null()) };
    let made = Node::html_element(&document, name);
    let is_table = element.is_html("table");
    match (members.listing.item(at), at.checked_sub(1).and_then(|last| members.listing.item(last))) {
        (Some(next), _) => tree::insert(&next.parent().unwrap_or(element), &made, Some(&next)),
        (None, Some(last)) if is_table => tree::append(&last.parent().unwrap_or(element), &made),
        (None, None) if is_table => {
            let bodies = Shelf::of(&element, Kind::Own(&["tbody"])).listing.items();
            let body = bodies.last().cloned().unwrap_or_else(|| {
                let body = Node::html_element(&document, "tbody");
                tree::append(&element, &body);
                body
            });
            tree::append(&body, &made);
        }
        _ => tree::append(&element, &made),
    }
    Ok(wrap(&made, context).into())
}

/// `deleteRow(at)`, `deleteCell(at)`; -1 is the last one, if there is one.
fn delete(this: &JsValue, args: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    crate::engine::convert::require(args, 1)?;
    let members = members_of(&this_element(this)?);
    let count = members.listing.len();
    let at = int(args, 0, context)?;
    let at = if at == -1 { count.checked_sub(1) } else { Some(place(at, count, false, context)?) };
    if let Some(node) = at.and_then(|at| members.listing.item(at)) {
        tree::remove(&node);
    }
    Ok(JsValue::undefined())
}

/// Where an element is among the members of one above it, or -1.
fn index_in(above: Option<&NodeRef>, element: &NodeRef) -> JsValue {
    let at = above.and_then(|above| members_of(above).listing.position(element));
    at.and_then(|at| i32::try_from(at).ok()).unwrap_or(-1).into()
}

fn row_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let row = this_element(this)?;
    let section = row.parent();
    let table = match &section {
        Some(parent) if parent.is_html("table") => section,
        Some(parent) if is_section(parent) => parent.parent().filter(|table| table.is_html("table")),
        _ => None,
    };
    Ok(index_in(table.as_ref(), &row))
}

fn section_row_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let row = this_element(this)?;
    Ok(index_in(row.parent().filter(|parent| parent.is_html("table") || is_section(parent)).as_ref(), &row))
}

fn is_section(node: &NodeRef) -> bool {
    matches!(node.html_name(), "thead" | "tbody" | "tfoot")
}

fn cell_index(this: &JsValue, _: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let cell = this_element(this)?;
    Ok(index_in(cell.parent().filter(|row| row.is_html("tr")).as_ref(), &cell))
}

/// Puts these members on the prototypes, which are there.
pub fn install_table_rows(context: &mut Context) {
    let insert_row: Native = |this, args, context| insert(this, args, "tr", context);
    for name in ["HTMLTableElement", "HTMLTableSectionElement"] {
        let target = prototype(name, context);
        define_accessor(&target, "rows", rows, None, context);
        define_method(&target, "insertRow", insert_row, 0, context);
        define_method(&target, "deleteRow", delete, 1, context);
    }
    define_accessor(&prototype("HTMLTableElement", context), "tBodies", bodies, None, context);
    let row = prototype("HTMLTableRowElement", context);
    define_accessor(&row, "cells", cells, None, context);
    define_accessor(&row, "rowIndex", row_index, None, context);
    define_accessor(&row, "sectionRowIndex", section_row_index, None, context);
    define_method(&row, "insertCell", |this, args, context| insert(this, args, "td", context), 0, context);
    define_method(&row, "deleteCell", delete, 1, context);
    define_accessor(&prototype("HTMLTableCellElement", context), "cellIndex", cell_index, None, context);
}
