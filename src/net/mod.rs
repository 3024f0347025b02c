//! Fetching for pages: the plugin's folder, replacements, the egress guard, the live network.
