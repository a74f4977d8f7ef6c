//! Artifacts as an embedder gets them: opened, mapped and verified, but not yet callable.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use aot_format::cpu::Isa;
use aot_format::layout::HEADER_BYTES;
use aot_format::{FormatError, Integrity, fat};

use crate::error::LoadError;
use crate::sys::cpu::{feature_names, host_features};
use crate::sys::mapping::ArtifactMapping;

/// A verified artifact. Any bytes may be tried; what comes out is well-formed. Whether its *code*
/// may be called is for the embedder to say: see [`Module::new`](crate::Module::new).
pub struct Artifact {
    pub(crate) inner: aot_format::Artifact<MappedBytes>,
    pub(crate) origin: String,
}

/// The mapping as the bytes of an `aot_format` artifact.
pub(crate) struct MappedBytes(pub(crate) ArtifactMapping);

impl AsRef<[u8]> for MappedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Artifact {
    /// Maps and verifies a file. The file must not be changed in place while it is in use, for its code would change
    /// with it; replacing it by renaming another over it is fine. Where somebody might, and be it a guest, use
    /// [`Artifact::from_file_copy`].
    ///
    /// # Errors
    ///
    /// [`LoadError::File`] if it cannot be mapped, [`LoadError::Format`] if it is no artifact.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Artifact, LoadError> {
        Artifact::from_file_with(path, Integrity::Full)
    }

    /// The same with less (or more) of the file under the digest.
    ///
    /// # Errors
    ///
    /// As [`Artifact::from_file`].
    pub fn from_file_with(path: impl AsRef<Path>, integrity: Integrity) -> Result<Artifact, LoadError> {
        let path = path.as_ref();
        let mapping = ArtifactMapping::from_path(path)
            .map_err(|error| LoadError::File { path: path.to_path_buf(), reason: error.to_string() })?;
        Artifact::verify(mapping, path.display().to_string(), integrity)
    }

    /// Reads and verifies a file, and keeps a copy of all of it: whatever becomes of the file, what was verified is what
    /// runs. For files that others may change, above all a guest that may write to their folder.
    ///
    /// # Errors
    ///
    /// As [`Artifact::from_file`].
    pub fn from_file_copy(path: impl AsRef<Path>) -> Result<Artifact, LoadError> {
        let path = path.as_ref();
        let failed = |reason: String| LoadError::File { path: path.to_path_buf(), reason };
        // Mapped first, for what can be wrong with a file to be told in the same words.
        let mapping = ArtifactMapping::from_path(path).map_err(|error| failed(error.to_string()))?;
        let mapping = mapping.into_copy().map_err(|error| failed(error.to_string()))?;
        Artifact::verify(mapping, path.display().to_string(), Integrity::Full)
    }

    /// Verifies bytes in memory. Their text will be copied to pages of its own.
    ///
    /// # Errors
    ///
    /// [`LoadError::Format`] if they are no artifact.
    pub fn from_bytes(bytes: impl Into<Vec<u8>>) -> Result<Artifact, LoadError> {
        Artifact::from_buffer(bytes.into())
    }

    /// Verifies bytes that the embedder lends: `buffer` is dropped when the last user of the module
    /// is gone, so its `Drop` is the place to give the bytes back.
    ///
    /// # Errors
    ///
    /// [`LoadError::Format`] if they are no artifact.
    pub fn from_buffer(buffer: impl AsRef<[u8]> + Send + Sync + 'static) -> Result<Artifact, LoadError> {
        let bytes = buffer.as_ref().len();
        let origin = format!("buffer of {bytes} bytes");
        if bytes == 0 {
            let error = FormatError::TooShort { bytes, needed: HEADER_BYTES };
            return Err(LoadError::Format { origin, error });
        }
        let mapping = ArtifactMapping::from_bytes(Box::new(buffer))
            .map_err(|error| LoadError::Text { origin: origin.clone(), reason: error.to_string() })?;
        Artifact::verify(mapping, origin, Integrity::Full)
    }

    /// Verifies the artifact; of a fat one, the first inside that this machine can run, as its header says.
    fn verify(mut mapping: ArtifactMapping, origin: String, integrity: Integrity) -> Result<Artifact, LoadError> {
        if fat::is_fat(mapping.bytes()) {
            match fat::slices(mapping.bytes()) {
                Ok(slices) => mapping.narrow(choose(&slices, &origin)?),
                Err(error) => return Err(LoadError::Format { origin, error }),
            }
        }
        match aot_format::Artifact::verify(MappedBytes(mapping), integrity) {
            Ok(inner) => Ok(Artifact { inner, origin }),
            Err(error) => Err(LoadError::Format { origin, error }),
        }
    }

    /// The module's own name; may be empty.
    pub fn name(&self) -> &str {
        self.inner.module().name
    }

    /// The file it came from, or what kind of buffer.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// SHA-256 of the wasm it was compiled from.
    pub fn source_digest(&self) -> [u8; 32] {
        self.inner.source_digest()
    }

    /// The artifact as text.
    pub fn dump(&self) -> String {
        aot_format::dump::dump(&self.inner)
    }
}

/// Where the artifact is that this machine can run.
fn choose(slices: &[fat::Slice], origin: &str) -> Result<Range<usize>, LoadError> {
    let features = host_features();
    let chosen = Isa::HOST.and_then(|isa| fat::choose(slices, isa, features));
    if let Some(slice) = chosen {
        return Ok(slice.range.clone());
    }
    let describe = |slice: &fat::Slice| {
        let missing = if Some(slice.isa) == Isa::HOST { slice.cpu_features & !features } else { 0 };
        match feature_names(slice.isa, missing) {
            names if names.is_empty() => slice.isa.name().to_owned(),
            names => format!("{} with {names}", slice.isa.name()),
        }
    };
    let artifacts = slices.iter().map(describe).collect::<Vec<_>>().join("; ");
    let host = Isa::HOST.map_or(std::env::consts::ARCH, Isa::name);
    Err(LoadError::NoSlice { origin: origin.to_owned(), artifacts, host })
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Artifact").field("origin", &self.origin).field("name", &self.name()).finish_non_exhaustive()
    }
}
