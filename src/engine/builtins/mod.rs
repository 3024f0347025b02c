//! Builtins that boa lacks or that hurt real pages, replaced natively.
