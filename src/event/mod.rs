//! Pure data: session-log lines, stimuli, effects, messages, causes.
