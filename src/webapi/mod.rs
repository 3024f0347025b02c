//! One file per Web API, over engine and dom.
