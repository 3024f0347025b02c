//! Scripts in document order.

/// Scripts, their order, what they wait for.
#[derive(Default)]
pub struct Scripts {}
