//! What is said at a look.

use serde::{Deserialize, Serialize};

/// What a viewer sees since his last look.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// There: all of a document follows, and what was shown before is gone.
    pub document: Option<Origin>,
    /// What to do, in order.
    pub changes: Vec<Change>,
    /// The element with the focus.
    pub focus: Option<u32>,
    /// Whether something of the document is not shown, because there is more than is mirrored.
    pub is_cut: bool,
}

/// What is to be known of a document beside its nodes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The address that others in it are relative to.
    pub base: String,
    /// Whether it is in quirks mode.
    pub is_quirky: bool,
}

/// One change. `before`: the sibling that it stands before, or none at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// A node comes, without children.
    Insert {
        /// Its number: not that of another one.
        id: u32,
        /// In which element, or 0 for the document.
        parent: u32,
        /// Before which sibling.
        before: Option<u32>,
        /// What it is.
        content: Content,
    },
    /// A node goes elsewhere with all that is in it.
    Move {
        /// Which.
        id: u32,
        /// In which element, or 0 for the document.
        parent: u32,
        /// Before which sibling.
        before: Option<u32>,
    },
    /// A node is gone, with all that is in it.
    Remove {
        /// Which.
        id: u32,
    },
    /// These are an element's attributes now, all of them.
    Attributes {
        /// Of which element.
        id: u32,
        /// Qualified names and values.
        attributes: Vec<(String, String)>,
    },
    /// The text of a text node, or of a style sheet.
    Text {
        /// Of which node.
        id: u32,
        /// What it is now.
        text: String,
    },
    /// The state of a control.
    State {
        /// Of which element.
        id: u32,
        /// What it is now.
        state: State,
    },
}

/// What a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Text.
    Text(String),
    /// An element.
    Element(Box<Element>),
}

impl Content {
    /// The text of a text node or of a style sheet; else empty.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Element(element) => element.text.as_deref().unwrap_or_default(),
        }
    }
}

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Element {
    /// Its namespace.
    pub space: Space,
    /// Its local name.
    pub tag: String,
    /// Qualified names and values.
    pub attributes: Vec<(String, String)>,
    /// The text of a style sheet.
    pub text: Option<String>,
    /// The state of a control.
    pub state: State,
}

/// A namespace.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Space {
    /// HTML.
    #[default]
    Html,
    /// SVG.
    Svg,
    /// MathML.
    MathMl,
    /// Another one, or none.
    Other,
}

/// What a control says that is not in its attributes. `None`: it has no such thing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What stands in an input or text area.
    pub value: Option<String>,
    /// Whether a box or button is checked.
    pub is_checked: Option<bool>,
    /// Whether a box is neither.
    pub is_indeterminate: Option<bool>,
    /// Whether an option is selected.
    pub is_selected: Option<bool>,
}
