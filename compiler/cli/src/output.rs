//! Bytes → files. Whoever looks sees the old file or the whole new one, never part of it: the bytes
//! go to a temporary file in the same folder, are read back, and only then take the name.

use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use aot_format::{Artifact, FormatError, Integrity, fat, set};

use crate::error::InputError;

/// What the bytes must be when they are read back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expect {
    /// An artifact, or a fat one, that can be verified.
    Artifact,
    /// The same bytes.
    Bytes,
}

/// Writes `bytes` to `path`, or to standard output.
pub fn write(path: Option<&Path>, bytes: &[u8], expect: Expect) -> Result<(), InputError> {
    let Some(path) = path else { return write_stdout(bytes) };
    // A link stays a link: what it points to is replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(metadata) if metadata.is_dir() => Err(InputError::NotWritable { path }),
        // A pipe or device has no old contents to keep.
        Ok(metadata) if !metadata.is_file() => fs::write(&path, bytes).map_err(|source| failed(&path, source)),
        _ => replace(&path, bytes, expect),
    }
}

fn write_stdout(bytes: &[u8]) -> Result<(), InputError> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        // The reader has what it wanted.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        done => done.map_err(|source| failed(Path::new("standard output"), source)),
    }
}

fn replace(path: &Path, bytes: &[u8], expect: Expect) -> Result<(), InputError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let fail = |source| failed(path, source);
    let mut builder = tempfile::Builder::new();
    builder.prefix(".wamrc-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // What any other tool would create; the umask applies.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    if !folder.exists() {
        return Err(InputError::NoFolder { path: path.to_owned(), folder: folder.to_owned() });
    }
    // Its errors name the temporary file, which means nothing to anybody: only their kind is kept.
    let mut file = builder.tempfile_in(folder).map_err(|error| fail(error.kind().into()))?;
    file.as_file_mut().write_all(bytes).map_err(fail)?;
    check(&mut file, path, bytes, expect)?;
    file.as_file().sync_all().map_err(fail)?;
    file.persist(path).map_err(|error| fail(error.error))?;
    sync_folder(folder);
    Ok(())
}

fn check(file: &mut tempfile::NamedTempFile, path: &Path, bytes: &[u8], expect: Expect) -> Result<(), InputError> {
    let mut written = Vec::with_capacity(bytes.len());
    let file = file.as_file_mut();
    file.rewind().and_then(|()| file.read_to_end(&mut written)).map_err(|source| failed(path, source))?;
    let wrong = |reason: String| Err(InputError::ReadBack { path: path.to_owned(), reason });
    if written != bytes {
        return wrong("other bytes came back".to_owned());
    }
    match expect {
        Expect::Bytes => Ok(()),
        Expect::Artifact => verify(&written).or_else(|error| wrong(error.to_string())),
    }
}

fn verify(bytes: &[u8]) -> Result<(), FormatError> {
    if fat::is_fat(bytes) {
        return fat::slices(bytes)?.into_iter().try_for_each(|slice| verify(&bytes[slice.range]));
    }
    if set::is_set(bytes) {
        return set::members(bytes, Integrity::Full).map(drop);
    }
    Artifact::verify(bytes, Integrity::Full).map(drop)
}

/// Makes the new name last. Not every file system can; the file itself is safe already.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn failed(path: &Path, source: io::Error) -> InputError {
    InputError::Write { path: PathBuf::from(path), source }
}
