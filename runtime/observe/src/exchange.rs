//! Plans and observations as files: a folder holds `plan.json` and the artifacts `0.aot`, `1.aot`, … of its
//! modules; an observation is one line of JSON.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use iwasm::{Artifact, LoadError};

use crate::native::{Native, NativeError};
use crate::observation::Observation;
use crate::plan::Plan;

const PLAN: &str = "plan.json";

/// Why a plan in a folder could not be done, or put there.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A file cannot be read or written.
    #[error("{}: {source}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The plan is none, or an observation is none.
    #[error("{what}: {source}")]
    Json {
        /// The file, or whose observation.
        what: String,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// An artifact does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The plan cannot be begun.
    #[error(transparent)]
    Native(#[from] NativeError),
}

/// Writes a plan and its artifacts to a folder, which is made if it is not there.
///
/// # Errors
///
/// When a file cannot be written.
pub fn write(folder: &Path, plan: &Plan, artifacts: &[impl AsRef<[u8]>]) -> Result<(), ExchangeError> {
    let put = |path: PathBuf, bytes: &[u8]| {
        fs::write(&path, bytes).map_err(|source| ExchangeError::File { path: path.clone(), source })
    };
    let failed = |source| ExchangeError::File { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(failed)?;
    for (number, artifact) in artifacts.iter().enumerate() {
        put(folder.join(format!("{number}.aot")), artifact.as_ref())?;
    }
    let json = |source| ExchangeError::Json { what: PLAN.to_owned(), source };
    put(folder.join(PLAN), &serde_json::to_vec(plan).map_err(json)?)
}

/// Does the plan in a folder.
///
/// # Errors
///
/// When the plan or an artifact is not there, or no such thing.
pub fn observe(native: &Native, folder: &Path) -> Result<Observation, ExchangeError> {
    let path = folder.join(PLAN);
    let text = fs::read(&path).map_err(|source| ExchangeError::File { path: path.clone(), source })?;
    let json = |source| ExchangeError::Json { what: path.display().to_string(), source };
    let plan: Plan = serde_json::from_slice(&text).map_err(json)?;
    let load = |number| Artifact::from_file(folder.join(format!("{number}.aot")));
    let artifacts: Vec<Artifact> = (0..plan.modules.len()).map(load).collect::<Result<_, _>>()?;
    Ok(native.observe(&plan, artifacts)?)
}

/// An observation as one line.
///
/// # Errors
///
/// None for an observation that was made.
pub fn to_line(observation: &Observation) -> Result<String, ExchangeError> {
    let json = |source| ExchangeError::Json { what: "an observation".to_owned(), source };
    serde_json::to_string(observation).map_err(json)
}

/// An observation from its line.
///
/// # Errors
///
/// When the line is none.
pub fn from_line(line: &str) -> Result<Observation, ExchangeError> {
    let json = |source| ExchangeError::Json { what: "an observation".to_owned(), source };
    serde_json::from_str(line).map_err(json)
}
