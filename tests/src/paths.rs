//! Where the project and the corpus of real modules are.

use std::path::{Path, PathBuf};

/// The project's root folder.
pub fn project() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// This folder.
pub fn tests() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The corpus: the folder `CORPUS` names, else `../shared/corpus` from the project's root. `None`
/// when there is none; whoever needs it then says what was skipped.
///
/// # Panics
///
/// When `CORPUS` is set but names no folder: a wrong setting must not look like a missing corpus.
pub fn corpus() -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("CORPUS") {
        // Tests run in their package's folder; who sets a relative path stands in the project's.
        let set = project().join(set);
        assert!(set.is_dir(), "CORPUS names {}, which is no folder", set.display());
        return Some(set);
    }
    let default = project().parent()?.join("shared/corpus");
    default.is_dir().then_some(default)
}

/// Files of `folder` whose names end in `.extension`, sorted.
///
/// # Panics
///
/// When the folder cannot be read.
pub fn files_with_extension(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.expect("folder entry").path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}
