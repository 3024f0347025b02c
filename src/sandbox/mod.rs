//! The WeChat emulator.
