//! Wiring: pages, network, delivery.
