//! Artifacts as an embedder gets them: opened, mapped and verified, but not yet callable.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use aot_format::cpu::Isa;
use aot_format::layout::HEADER_BYTES;
use aot_format::{FormatError, Integrity, fat, set};

use crate::error::LoadError;
use crate::sys::cpu::{feature_names, host_features};
use crate::sys::mapping::ArtifactMapping;

/// A verified artifact. Any bytes may be tried; what comes out is well-formed. Whether its *code*
/// may be called is for the embedder to say: see [`Module::new`](crate::Module::new).
pub struct Artifact {
    /// Of a linked set, that of the main module.
    pub(crate) inner: aot_format::Artifact<MappedBytes>,
    pub(crate) origin: String,
    /// What else a linked set has.
    pub(crate) set: Option<Box<SetParts>>,
}

/// A linked set but for its main module.
pub(crate) struct SetParts {
    /// All bytes of the set.
    pub(crate) whole: ArtifactMapping,
    /// Where its text stands in them.
    pub(crate) text: Range<usize>,
    /// Where the main module's code stands in the text.
    pub(crate) main_text: Range<usize>,
    /// The main module's name.
    pub(crate) main_name: String,
    /// The other members, in order.
    pub(crate) members: Vec<MemberParts>,
}

/// A member of a linked set other than the main module.
pub(crate) struct MemberParts {
    pub(crate) name: String,
    pub(crate) artifact: aot_format::Artifact<MappedBytes>,
    /// Where its code stands in the set's text.
    pub(crate) text: Range<usize>,
}

/// The mapping as the bytes of an `aot_format` artifact.
pub(crate) struct MappedBytes(pub(crate) ArtifactMapping);

impl AsRef<[u8]> for MappedBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

impl Artifact {
    /// Maps (or reads, if it is short) and verifies a file. The file must not be changed in place while it is in use, for
    /// its code would change with it; replacing it by renaming another over it is fine. Where somebody might, and be it a guest, use
    /// [`Artifact::from_file_copy`].
    ///
    /// # Errors
    ///
    /// [`LoadError::File`] if it cannot be had, [`LoadError::Format`] if it is no artifact.
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
        // As if to be used so, for what can be wrong with a file to be told in the same words.
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
        if set::is_set(mapping.bytes()) {
            return match verify_set(mapping, integrity) {
                Ok((inner, parts)) => Ok(Artifact { inner, origin, set: Some(Box::new(parts)) }),
                Err(error) => Err(LoadError::Format { origin, error }),
            };
        }
        match aot_format::Artifact::verify(MappedBytes(mapping), integrity) {
            Ok(inner) => Ok(Artifact { inner, origin, set: None }),
            Err(error) => Err(LoadError::Format { origin, error }),
        }
    }

    /// The module's own name; may be empty.
    pub fn name(&self) -> &str {
        self.inner.name()
    }

    /// The file it came from, or what kind of buffer.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// SHA-256 of the wasm it was compiled from.
    pub fn source_digest(&self) -> [u8; 32] {
        self.inner.source_digest()
    }

    /// The artifact as text; of a linked set, that of each member.
    pub fn dump(&self) -> String {
        let others =
            self.set.iter().flat_map(|set| &set.members).map(|member| aot_format::dump::dump(&member.artifact));
        others.chain([aot_format::dump::dump(&self.inner)]).collect()
    }
}

/// Verifies a linked set and each member of it; gives the main module apart from the rest.
fn verify_set(
    whole: ArtifactMapping,
    integrity: Integrity,
) -> Result<(aot_format::Artifact<MappedBytes>, SetParts), FormatError> {
    let read = set::read(whole.bytes(), integrity)?;
    let mut members = Vec::with_capacity(read.members.len());
    for set::Member { name, artifact, text } in read.members {
        let bytes = MappedBytes(whole.part(artifact));
        // The digest of the set, if it was asked for, has covered the member.
        let verified = aot_format::Artifact::verify_member(bytes, text.len() as u64, Integrity::Directory);
        match verified {
            Ok(artifact) => members.push(MemberParts { name, artifact, text }),
            Err(error) => return Err(FormatError::Member { name, error: Box::new(error) }),
        }
    }
    let main = members.pop().ok_or(FormatError::BadHeader { field: "member count", value: 0 })?;
    let parts = SetParts { whole, text: read.text, main_text: main.text, main_name: main.name, members };
    Ok((main.artifact, parts))
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
