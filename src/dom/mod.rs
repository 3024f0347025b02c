//! The tree, its parser, selectors and serializer; knows no JavaScript.
//!
//! Nodes are cells of boa's garbage collector ([`Node`]), linked to parent, children and siblings. Whatever the
//! script side hangs on a node (its wrapper object, its listeners) sits in an opaque, traced slot ([`ScriptSlot`]), so
//! that a cycle node → listener → closure → node is collected, and an expando lives as long as its tree.
//!
//! - [`node`]: the node, its kinds, its slot; [`attributes`]: an element's attributes
//! - [`tree`]: insertion, removal, order, traversal; `insertion`: what may go where; [`copy`]: cloning
//! - [`names`]: which names are valid
//! - [`document`]: what a document keeps beside its children: ids, names, the mutation count; [`changes`]: what else is
//!   counted, for [`listing`], the live lists; [`held`]: the same of a select's options and a table's rows
//! - [`parse`]: html5ever's sink; whole documents that pause at scripts, and fragments
//! - [`inner_text`]: `innerText`; [`serialize`]: `innerHTML` and `outerHTML`
//! - [`xml`], [`xml_serialize`]: XML documents
//! - [`select`]: CSS selectors, `pseudo_class` what of them elements are asked, `matched` the elements that they are matched
//!   against; `language`, `directionality`, [`indicated`]: what some of that is
//! - [`css`]: declarations and style sheets, [`css_rules`], [`css_statements`]: what is in a sheet, as scripts see it;
//!   [`css_values`], [`css_canonical`], [`css_colors`], [`css_blocks`]: which values are valid, and how they are written;
//!   [`css_shorthands`], [`css_transforms`], [`css_prefixes`], [`css_properties`], [`css_supports`]: the parts of
//!   shorthands, the matrix of a transform, older names, every name, what `@supports` asks; [`sheets`]: a document's style
//!   sheets; [`css_motion`], [`css_easing`]: transitions and animations
//! - [`shadow`], [`slots`]: shadow trees; [`custom`]: custom elements
//! - [`observe`]: mutation observers; [`range`], [`range_contents`]: live ranges; [`traversal`]: where node iterators stand;
//!   [`caret`]: where a caret goes
//! - [`mirror`]: what somebody who looks at a document is shown, and what has changed since
//! - [`boxes`]: an estimate of what is where
//! - [`form`]: values, checkedness, owners, the entry list (`form_entries`); [`form_values`]: what an input's type makes of a
//!   value; [`labels`]: whose a label is; [`options`]: a select's options and which are selected; [`radios`]: groups of radio buttons

pub mod attributes;
pub mod boxes;
pub mod caret;
pub mod changes;
pub mod copy;
pub mod css;
pub mod css_blocks;
pub mod css_canonical;
pub mod css_colors;
pub mod css_easing;
pub mod css_motion;
pub mod css_prefixes;
pub mod css_properties;
pub mod css_rules;
pub mod css_shorthands;
pub mod css_statements;
pub mod css_supports;
pub mod css_transforms;
pub mod css_values;
pub mod custom;
mod directionality;
pub mod document;
pub mod form;
mod form_entries;
pub mod form_numbers;
pub mod form_validity;
pub mod form_values;
pub mod held;
pub mod indicated;
pub mod inner_text;
mod insertion;
pub mod labels;
mod language;
pub mod listing;
mod matched;
pub mod media_query;
pub mod mirror;
pub mod names;
pub mod node;
pub mod observe;
pub mod options;
pub mod parse;
mod pseudo_class;
mod query;
pub mod radios;
pub mod range;
pub mod range_contents;

mod rule_index;
pub mod select;
pub mod serialize;
pub mod shadow;
pub mod sheets;
pub mod slots;
pub mod text;
pub mod traversal;
pub mod tree;
pub mod xml;
pub mod xml_serialize;

pub use attributes::Attribute;
pub use html5ever::{LocalName, Namespace, QualName, local_name, ns};
pub use node::{Node, NodeKind, NodeRef, ScriptSlot};
