//! The tree, its parser, selectors and serializer; knows no JavaScript.
