//! The one place that chooses who encrypts.

use std::sync::Once;

/// Makes `ring` the process's TLS provider; reqwest is built without one. Any number of calls are one.
pub fn install_tls() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // Refused only where somebody installed one before us, which serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}
