//! SQLite's way to the files: its own, with the disk looking on.
//!
//! <https://sqlite.org/vfs.html>, <https://sqlite.org/c3ref/io_methods.html>

#![allow(non_snake_case, reason = "the methods have SQLite's names")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::slice;
use std::sync::Once;

use libsqlite3_sys::{
    SQLITE_IOERR, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_READ,
    SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE, SQLITE_OK, SQLITE_OPEN_CREATE,
    SQLITE_OPEN_MAIN_JOURNAL, SQLITE_OPEN_WAL, sqlite3_file, sqlite3_filename, sqlite3_int64,
    sqlite3_io_methods, sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::disk::FileId;
use crate::{SharedState, disk_of, lock};

/// An open file of a disk. SQLite gives the room for it; the real file's own
/// structure stands behind it.
#[repr(C)]
struct Handle {
    base: sqlite3_file,
    tracked: *mut Tracked,
}

struct Tracked {
    state: SharedState,
    file: FileId,
    /// As in SQLite's own file system: whoever made a journal syncs the folder
    /// at the first sync.
    syncs_folder: bool,
}

/// No `xFetch`: memory that is mapped would be written past the disk.
static METHODS: sqlite3_io_methods = sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(xClose),
    xRead: Some(xRead),
    xWrite: Some(xWrite),
    xTruncate: Some(xTruncate),
    xSync: Some(xSync),
    xFileSize: Some(xFileSize),
    xLock: Some(xLock),
    xUnlock: Some(xUnlock),
    xCheckReservedLock: Some(xCheckReservedLock),
    xFileControl: Some(xFileControl),
    xSectorSize: Some(xSectorSize),
    xDeviceCharacteristics: Some(xDeviceCharacteristics),
    xShmMap: Some(xShmMap),
    xShmLock: Some(xShmLock),
    xShmBarrier: Some(xShmBarrier),
    xShmUnmap: Some(xShmUnmap),
    xFetch: None,
    xUnfetch: None,
};

/// Makes this SQLite's file system for the whole process, once.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        // SAFETY: the default VFS is there from SQLite's start to the end of
        // the process. Ours is a copy of it, is never freed, and differs in
        // what is set here; `pAppData` keeps the way to the original.
        unsafe {
            let real = sqlite3_vfs_find(std::ptr::null());
            assert!(!real.is_null(), "SQLite has a file system");
            let ours = Box::leak(Box::new(*real));
            let room = std::mem::size_of::<Handle>();
            ours.szOsFile += c_int::try_from(room).expect("a structure of two words");
            ours.pNext = std::ptr::null_mut();
            ours.zName = c"power-cut".as_ptr();
            ours.pAppData = real.cast();
            ours.xOpen = Some(xOpen);
            ours.xDelete = Some(xDelete);
            let registered = sqlite3_vfs_register(ours, 1);
            assert_eq!(registered, SQLITE_OK, "SQLite takes the file system");
        }
    });
}

/// SAFETY: `vfs` must be the one that [`install`] made.
unsafe fn real_vfs<'a>(vfs: *mut sqlite3_vfs) -> &'a mut sqlite3_vfs {
    // SAFETY: `pAppData` is the original, which lives as long as the process.
    unsafe { &mut *(*vfs).pAppData.cast::<sqlite3_vfs>() }
}

/// SAFETY: `name` must be SQLite's name of a file, and not null.
unsafe fn path<'a>(name: *const c_char) -> &'a Path {
    // SAFETY: SQLite's names end with a zero byte.
    Path::new(OsStr::from_bytes(
        unsafe { CStr::from_ptr(name) }.to_bytes(),
    ))
}

unsafe extern "C" fn xOpen(
    vfs: *mut sqlite3_vfs,
    name: sqlite3_filename,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with the VFS that was installed, a name that is
    // null or ends with a zero byte, and room for `szOsFile` bytes at `file`:
    // for our structure and for the real one behind it.
    unsafe {
        let real = real_vfs(vfs);
        let open = real.xOpen.expect("every VFS opens files");
        let disk = if name.is_null() {
            None
        } else {
            disk_of(path(name))
        };
        let Some((state, known_as)) = disk else {
            return open(real, name, file, flags, out_flags);
        };
        // SQLite calls no methods where this stays null.
        (*file).pMethods = std::ptr::null();
        if lock(&state).is_off() {
            return SQLITE_IOERR;
        }
        let found = std::fs::read(path(name)).ok();
        let inner = file.cast::<Handle>().add(1).cast::<sqlite3_file>();
        (*inner).pMethods = std::ptr::null();
        let opened = open(real, name, inner, flags, out_flags);
        if opened != SQLITE_OK {
            return opened;
        }
        let Ok((id, is_new)) = lock(&state).open(&known_as, found) else {
            close(inner);
            return SQLITE_IOERR;
        };
        let is_journal = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL) != 0;
        let tracked = Tracked {
            state,
            file: id,
            syncs_folder: is_new && is_journal && flags & SQLITE_OPEN_CREATE != 0,
        };
        let handle = file.cast::<Handle>();
        (*handle).tracked = Box::into_raw(Box::new(tracked));
        (*handle).base.pMethods = &raw const METHODS;
        SQLITE_OK
    }
}

unsafe extern "C" fn xDelete(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    sync_folder: c_int,
) -> c_int {
    // SAFETY: as for `xOpen`; a name to delete is never null.
    unsafe {
        if let Some((state, known_as)) = disk_of(path(name))
            && lock(&state).delete(&known_as, sync_folder != 0).is_err()
        {
            return SQLITE_IOERR_DELETE;
        }
        let real = real_vfs(vfs);
        (real.xDelete.expect("every VFS deletes files"))(real, name, 0)
    }
}

/// SAFETY: `file` must have been opened by [`xOpen`] on a disk.
unsafe fn inner(file: *mut sqlite3_file) -> *mut sqlite3_file {
    // SAFETY: the real file stands behind the handle.
    unsafe { file.cast::<Handle>().add(1).cast() }
}

/// SAFETY: `file` must have been opened by [`xOpen`] on a disk, and SQLite must
/// not use it elsewhere meanwhile, which it never does.
unsafe fn tracked<'a>(file: *mut sqlite3_file) -> &'a mut Tracked {
    // SAFETY: the pointer is valid from `xOpen` to `xClose`.
    unsafe { &mut *(*file.cast::<Handle>()).tracked }
}

/// Hands a call over to the real file.
macro_rules! real {
    ($file:expr, $method:ident $(, $argument:expr)*) => {{
        let inner = inner($file);
        ((*(*inner).pMethods).$method.expect("a real file has every method"))(inner $(, $argument)*)
    }};
}

/// SAFETY: `inner` must be an open file of the real VFS.
unsafe fn close(inner: *mut sqlite3_file) -> c_int {
    // SAFETY: an open file has methods.
    unsafe { ((*(*inner).pMethods).xClose.expect("a real file is closed"))(inner) }
}

unsafe extern "C" fn xClose(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file once, and uses it no more.
    unsafe {
        drop(Box::from_raw((*file.cast::<Handle>()).tracked));
        close(inner(file))
    }
}

unsafe extern "C" fn xRead(
    file: *mut sqlite3_file,
    into: *mut c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: SQLite's own arguments, for the real file behind.
    unsafe {
        if lock(&tracked(file).state).is_off() {
            return SQLITE_IOERR_READ;
        }
        real!(file, xRead, into, length, at)
    }
}

unsafe extern "C" fn xWrite(
    file: *mut sqlite3_file,
    from: *const c_void,
    length: c_int,
    at: sqlite3_int64,
) -> c_int {
    // SAFETY: there are `length` bytes at `from`.
    unsafe {
        let bytes = slice::from_raw_parts(from.cast::<u8>(), index(length.into()));
        let Tracked {
            state, file: id, ..
        } = tracked(file);
        if lock(state).write(*id, index(at), bytes).is_err() {
            return SQLITE_IOERR_WRITE;
        }
        real!(file, xWrite, from, length, at)
    }
}

unsafe extern "C" fn xTruncate(file: *mut sqlite3_file, length: sqlite3_int64) -> c_int {
    // SAFETY: SQLite's own arguments, for the real file behind.
    unsafe {
        let Tracked {
            state, file: id, ..
        } = tracked(file);
        if lock(state).truncate(*id, index(length)).is_err() {
            return SQLITE_IOERR_TRUNCATE;
        }
        real!(file, xTruncate, length)
    }
}

/// The real file is not synced: nobody cuts its power.
unsafe extern "C" fn xSync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: the file is one of a disk.
    let Tracked {
        state,
        file: id,
        syncs_folder,
    } = unsafe { tracked(file) };
    let mut state = lock(state);
    if state.sync(*id).is_err() {
        return SQLITE_IOERR_FSYNC;
    }
    if std::mem::take(syncs_folder) {
        state.sync_folder();
    }
    SQLITE_OK
}

/// What SQLite says of a place in a file is never negative.
fn index(place: sqlite3_int64) -> usize {
    usize::try_from(place).expect("a place in a file")
}

/// Methods that say nothing about what is on the disk.
macro_rules! handed_over {
    ($($name:ident($($argument:ident: $form:ty),*) -> $back:ty;)*) => {
        $(unsafe extern "C" fn $name(file: *mut sqlite3_file $(, $argument: $form)*) -> $back {
            // SAFETY: SQLite's own arguments, for the real file behind.
            unsafe { real!(file, $name $(, $argument)*) }
        })*
    };
}

handed_over! {
    xFileSize(size: *mut sqlite3_int64) -> c_int;
    xLock(level: c_int) -> c_int;
    xUnlock(level: c_int) -> c_int;
    xCheckReservedLock(out: *mut c_int) -> c_int;
    xFileControl(what: c_int, argument: *mut c_void) -> c_int;
    xSectorSize() -> c_int;
    xDeviceCharacteristics() -> c_int;
    xShmMap(region: c_int, size: c_int, extend: c_int, out: *mut *mut c_void) -> c_int;
    xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int;
    xShmBarrier() -> ();
    xShmUnmap(delete: c_int) -> c_int;
}
