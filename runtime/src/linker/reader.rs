//! Where modules come from that nobody registered: the module reader.

use std::path::PathBuf;

use crate::artifact::Artifact;
use crate::error::LoadError;

/// Finds modules by name. Any `FnMut(&str) -> Result<Option<Artifact>, LoadError>` is one.
pub trait ModuleReader {
    /// The artifact of module `name`, or nothing if there is none of that name.
    ///
    /// # Errors
    ///
    /// If there is one, but it cannot be loaded.
    fn read(&mut self, name: &str) -> Result<Option<Artifact>, LoadError>;
}

impl<F: FnMut(&str) -> Result<Option<Artifact>, LoadError>> ModuleReader for F {
    fn read(&mut self, name: &str) -> Result<Option<Artifact>, LoadError> {
        self(name)
    }
}

/// Reads `NAME.aot` from folders, the first that has it.
#[derive(Clone, Debug)]
pub struct DirReader {
    folders: Vec<PathBuf>,
    copies: bool,
}

impl DirReader {
    /// A reader of these folders, in this order.
    pub fn new<P: Into<PathBuf>>(folders: impl IntoIterator<Item = P>) -> DirReader {
        DirReader { folders: folders.into_iter().map(Into::into).collect(), copies: false }
    }

    /// With `true`, modules are copied instead of mapped ([`Artifact::from_file_copy`]): for folders that guests may
    /// write to.
    #[must_use]
    pub fn copying(mut self, copies: bool) -> DirReader {
        self.copies = copies;
        self
    }
}

impl ModuleReader for DirReader {
    fn read(&mut self, name: &str) -> Result<Option<Artifact>, LoadError> {
        // The name comes from a guest: it names a file in the folder and nothing else.
        if name.is_empty() || name.contains(['/', '\\', '\0']) {
            return Err(LoadError::UnusableName { name: name.to_string() });
        }
        for folder in &self.folders {
            let path = folder.join(format!("{name}.aot"));
            match path.try_exists() {
                Ok(true) if self.copies => return Artifact::from_file_copy(path).map(Some),
                Ok(true) => return Artifact::from_file(path).map(Some),
                Ok(false) => {}
                Err(error) => return Err(LoadError::File { path, reason: error.to_string() }),
            }
        }
        let wasm = self.folders.iter().map(|folder| folder.join(format!("{name}.wasm"))).find(|path| path.is_file());
        match wasm {
            Some(path) => Err(LoadError::NotCompiled { name: name.to_string(), path }),
            None => Ok(None),
        }
    }
}
