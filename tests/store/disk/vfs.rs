//! The functions that SQLite calls (<https://sqlite.org/c3ref/vfs.html>, <https://sqlite.org/c3ref/io_methods.html>).
//! Each asks the state what happens, and the system's VFS to do it.
//!
//! SQLite's promises, on which every SAFETY note below rests: it calls a VFS's functions with that VFS, with names that
//! end in zero or are null where they may be, and with buffers of the lengths it gives; it calls a file's functions
//! with a file that [`open`] made and [`close`] has not yet ended, from one thread at a time.

#![expect(unsafe_code, reason = "a VFS is a table of C functions")]

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use rusqlite::ffi;

use super::names::FileId;
use super::state::State;

/// The files whose first sync takes their folder along, where they were opened to be created (`unixOpen`).
const SYNC_THEIR_FOLDER: c_int = ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;

/// A VFS that SQLite knows by its name.
pub struct Registered {
    name: String,
}

/// What a VFS of ours points to.
struct Layer {
    /// The system's.
    real: *mut ffi::sqlite3_vfs,
    /// Gone with the disk, unless a file is open.
    state: Weak<Mutex<State>>,
}

/// A file as SQLite sees it: SQLite gives the memory, and puts the pointer to it into our hands.
#[repr(C)]
struct Handle {
    base: ffi::sqlite3_file,
    open: *mut Open,
}

/// A file that is open.
struct Open {
    state: Arc<Mutex<State>>,
    /// `None` for a temporary file, which is not watched.
    watched: Option<(FileId, PathBuf)>,
    syncs_folder: bool,
    real: Real,
}

/// The system's file: memory in which its VFS keeps what it needs.
struct Real {
    file: *mut ffi::sqlite3_file,
    words: usize,
}

impl Registered {
    pub fn new(state: &Arc<Mutex<State>>) -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("disk-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let c_name = CString::new(name.as_str()).expect("no zero in the name");
        // SAFETY: null asks for the default; it lives as long as the process.
        let real = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
        assert!(!real.is_null(), "SQLite has a default VFS");
        let layer = Box::new(Layer { real, state: Arc::downgrade(state) });
        // SAFETY: `real` is the default VFS, which nothing changes.
        let (path_length_max, version) = unsafe { ((*real).mxPathname, (*real).iVersion) };
        assert!(version >= 2, "the default VFS tells the time in whole milliseconds");
        // Both stay for ever: a connection may outlive the disk, and its VFS must be there then.
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: c_int::try_from(size_of::<Handle>()).expect("small"),
            mxPathname: path_length_max,
            pNext: ptr::null_mut(),
            zName: c_name.into_raw(),
            pAppData: Box::into_raw(layer).cast(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_path),
            // Extensions are not loaded.
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(pause),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(last_error),
            xCurrentTimeInt64: Some(current_time_ms),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure is whole and stays where it is.
        let code = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(code, ffi::SQLITE_OK, "SQLite takes the VFS");
        Self { name }
    }

    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let name = CString::new(self.name.as_str()).expect("no zero in the name");
        // SAFETY: the name finds the VFS that `new` registered and leaked; connections that have it keep it.
        unsafe { ffi::sqlite3_vfs_unregister(ffi::sqlite3_vfs_find(name.as_ptr())) };
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The layer of a VFS of ours.
///
/// # Safety
/// The VFS is one that [`Registered::new`] made.
unsafe fn layer<'a>(vfs: *mut ffi::sqlite3_vfs) -> &'a Layer {
    // SAFETY: `pAppData` is a leaked `Layer`, and never changed.
    unsafe { &*(*vfs).pAppData.cast::<Layer>() }
}

/// # Safety
/// The name ends in zero and is not null.
unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: as above; SQLite keeps the name as long as the call lasts.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes()))
}

impl Real {
    fn new(size: c_int) -> Self {
        let words = usize::try_from(size).expect("a size").div_ceil(size_of::<u64>());
        let memory: Box<[u64]> = vec![0; words].into();
        Self { file: Box::into_raw(memory).cast(), words }
    }

    fn methods(&self) -> &ffi::sqlite3_io_methods {
        // SAFETY: the system's VFS has opened the file, and thereby set its table, which is a static one.
        unsafe { &*(*self.file).pMethods }
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        // SAFETY: the memory is the slice that `new` took apart; the file in it is closed or never was open.
        drop(unsafe { Box::from_raw(ptr::slice_from_raw_parts_mut(self.file.cast::<u64>(), self.words)) });
    }
}

impl Open {
    /// # Safety
    /// The file is one that [`open`] made and [`close`] has not ended, and no other reference to it is in use.
    unsafe fn of<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Self {
        // SAFETY: `open` put a `Handle` there that points to an `Open`.
        unsafe { &mut *(*file.cast::<Handle>()).open }
    }
}

/// Calls a function of the system's VFS.
macro_rules! real_vfs {
    ($vfs:expr, $function:ident($($argument:expr),*)) => {{
        // SAFETY: SQLite's promises; the arguments are its own, but for the VFS, which is the one asked.
        unsafe {
            let real = layer($vfs).real;
            (*real).$function.expect("the system's VFS is whole")(real, $($argument),*)
        }
    }};
}

/// Calls a function of the system's file.
macro_rules! real_file {
    ($real:expr, $function:ident($($argument:expr),*)) => {{
        let method = $real.methods().$function.expect("the system's files are whole");
        // SAFETY: SQLite's promises; the arguments are its own, but for the file, which is the one open beneath.
        unsafe { method($real.file, $($argument),*) }
    }};
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let handle = file.cast::<Handle>();
    // SAFETY: SQLite gives memory of `szOsFile` bytes. Without a table of functions it does not call `close`.
    unsafe { (*handle).base.pMethods = ptr::null() };
    // SAFETY: the VFS is ours.
    let Layer { real: system, state } = unsafe { layer(vfs) };
    let Some(state) = state.upgrade() else { return ffi::SQLITE_CANTOPEN };
    // SAFETY: the default VFS; its size does not change.
    let real = Real::new(unsafe { (**system).szOsFile });
    // SAFETY: a name that is not null ends in zero.
    let path = (!name.is_null()).then(|| unsafe { path(name) });
    // The name goes on as it is: SQLite hides the parameters of a URI behind it.
    let opened = lock(&state).open(path, flags, |flags| real_vfs!(vfs, xOpen(name, real.file, flags, out_flags)));
    let watched = match opened {
        Ok(watched) => watched.zip(path.map(Path::to_owned)),
        Err(code) => return code,
    };
    let syncs_folder = flags & ffi::SQLITE_OPEN_CREATE != 0 && flags & SYNC_THEIR_FOLDER != 0;
    let open = Box::into_raw(Box::new(Open { state, watched, syncs_folder, real }));
    // SAFETY: as above.
    unsafe { handle.write(Handle { base: ffi::sqlite3_file { pMethods: &raw const METHODS }, open }) };
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, syncs_folder: c_int) -> c_int {
    // SAFETY: SQLite's promises.
    let (layer, path) = unsafe { (layer(vfs), path(name)) };
    let Some(state) = layer.state.upgrade() else { return ffi::SQLITE_IOERR_DELETE };
    lock(&state).delete(path, syncs_folder & 1 != 0, || real_vfs!(vfs, xDelete(name, 0)))
}

unsafe extern "C" fn access(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    answer: *mut c_int,
) -> c_int {
    // SAFETY: SQLite's promises.
    let is_dead = unsafe { layer(vfs) }.state.upgrade().is_none_or(|state| lock(&state).is_dead());
    if is_dead { ffi::SQLITE_IOERR_ACCESS } else { real_vfs!(vfs, xAccess(name, flags, answer)) }
}

unsafe extern "C" fn full_path(
    vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    length: c_int,
    out: *mut c_char,
) -> c_int {
    real_vfs!(vfs, xFullPathname(name, length, out))
}

unsafe extern "C" fn randomness(vfs: *mut ffi::sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    real_vfs!(vfs, xRandomness(length, out))
}

unsafe extern "C" fn pause(vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    real_vfs!(vfs, xSleep(microseconds))
}

unsafe extern "C" fn current_time(vfs: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    real_vfs!(vfs, xCurrentTime(days))
}

unsafe extern "C" fn current_time_ms(vfs: *mut ffi::sqlite3_vfs, out: *mut ffi::sqlite3_int64) -> c_int {
    real_vfs!(vfs, xCurrentTimeInt64(out))
}

unsafe extern "C" fn last_error(vfs: *mut ffi::sqlite3_vfs, length: c_int, out: *mut c_char) -> c_int {
    real_vfs!(vfs, xGetLastError(length, out))
}

/// Version 1: nothing for shared memory or maps, so everything that SQLite does to a file comes through here.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 1,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(size),
    xLock: Some(raise_lock),
    xUnlock: Some(lower_lock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(characteristics),
    xShmMap: None,
    xShmLock: None,
    xShmBarrier: None,
    xShmUnmap: None,
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` made it of a box, and SQLite does not use the file again.
    let open = unsafe { Box::from_raw((*file.cast::<Handle>()).open) };
    real_file!(open.real, xClose())
}

unsafe extern "C" fn read(
    file: *mut ffi::sqlite3_file,
    buffer: *mut c_void,
    length: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { state, real, .. } = unsafe { Open::of(file) };
    lock(state).read(|| real_file!(real, xRead(buffer, length, at)))
}

unsafe extern "C" fn write(
    file: *mut ffi::sqlite3_file,
    buffer: *const c_void,
    length: c_int,
    at: ffi::sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { state, watched, real, .. } = unsafe { Open::of(file) };
    let Some((id, path)) = watched else { return real_file!(real, xWrite(buffer, length, at)) };
    // SAFETY: SQLite's promises: so many bytes stand there.
    let bytes = unsafe { std::slice::from_raw_parts(buffer.cast::<u8>(), position(length.into())) };
    lock(state).write((*id, path), position(at), bytes, |bytes| {
        let length = c_int::try_from(bytes.len()).expect("no more than there were");
        real_file!(real, xWrite(bytes.as_ptr().cast(), length, at))
    })
}

/// A length or an offset; SQLite gives none below zero.
fn position(number: ffi::sqlite3_int64) -> usize {
    usize::try_from(number).expect("no length or offset below zero")
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { state, watched, real, .. } = unsafe { Open::of(file) };
    let Some((id, path)) = watched else { return real_file!(real, xTruncate(length)) };
    lock(state).truncate((*id, path), position(length), || real_file!(real, xTruncate(length)))
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { state, watched, syncs_folder, .. } = unsafe { Open::of(file) };
    let Some((id, path)) = watched else { return ffi::SQLITE_OK };
    let code = lock(state).sync((*id, path), *syncs_folder);
    *syncs_folder &= code != ffi::SQLITE_OK;
    code
}

unsafe extern "C" fn size(file: *mut ffi::sqlite3_file, out: *mut ffi::sqlite3_int64) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { state, real, .. } = unsafe { Open::of(file) };
    if lock(state).is_dead() { ffi::SQLITE_IOERR_FSTAT } else { real_file!(real, xFileSize(out)) }
}

unsafe extern "C" fn raise_lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    real_file!(real, xLock(level))
}

unsafe extern "C" fn lower_lock(file: *mut ffi::sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    real_file!(real, xUnlock(level))
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, out: *mut c_int) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    real_file!(real, xCheckReservedLock(out))
}

unsafe extern "C" fn control(file: *mut ffi::sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // Would write without `write`.
    if matches!(operation, ffi::SQLITE_FCNTL_CHUNK_SIZE | ffi::SQLITE_FCNTL_MMAP_SIZE) {
        return ffi::SQLITE_NOTFOUND;
    }
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    real_file!(real, xFileControl(operation, argument))
}

unsafe extern "C" fn sector_size(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    real_file!(real, xSectorSize())
}

/// What the model holds to: a real disk may promise more, such as pages written whole, which this one breaks.
unsafe extern "C" fn characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite's promises.
    let Open { real, .. } = unsafe { Open::of(file) };
    let promised = real_file!(real, xDeviceCharacteristics());
    promised & (ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE | ffi::SQLITE_IOCAP_SUBPAGE_READ)
}
