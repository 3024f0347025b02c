//! A page at a seat, as a workbench shows it: its recording stays in memory, and what comes to it is in the interaction log.

use std::sync::Arc;
use std::time::Duration;

use super::super::workbench::{Session, Workbench};
use crate::base::limits::WORKBENCH_SESSION_BYTES_MAX;
use crate::host::recorder::{Item, Opened, RecordOptions, Recorder};

/// It.
pub(super) struct AtWorkbench {
    workbench: Workbench,
    seat: Arc<str>,
    recorder: Recorder,
    /// Its bytes so far.
    bytes: u64,
    /// It is too large, or nobody goes back to it: what comes now is in the log alone.
    is_full: bool,
}

impl AtWorkbench {
    /// It has done its first turn.
    pub(super) fn begin(
        id: u64,
        (workbench, seat): (&Workbench, &Arc<str>),
        options: RecordOptions,
        opened: &Opened,
    ) -> Option<Self> {
        // There is no file that could not be created.
        let recorder = Recorder::handed_over(options, opened, false).ok()?;
        let is_kept = workbench.keeps_sessions();
        if is_kept {
            workbench.recorded(id, seat, Session::new(opened.plugin.clone(), recorder.clone()));
        }
        Some(Self { workbench: workbench.clone(), seat: seat.clone(), recorder, bytes: 0, is_full: !is_kept })
    }

    /// Nothing more comes.
    pub(super) fn end(&self, id: u64) {
        self.workbench.recorded_all(id);
    }

    /// What it did in a turn.
    pub(super) fn turn(&mut self, id: u64, items: &[Item], took: Duration) {
        items.iter().for_each(|item| self.recorder.take(item));
        let lines = self.recorder.held();
        let bytes_max = if self.is_full { 0 } else { WORKBENCH_SESSION_BYTES_MAX };
        match self.recorder.commit(self.bytes, bytes_max) {
            Some(bytes) => self.bytes = bytes,
            None => self.is_full = true,
        }
        self.workbench.did(id, &self.seat, &lines, took);
    }
}
