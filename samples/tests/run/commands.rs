//! The two commands, `wamrc` and `iwasm`, brought up to date: programs of other packages are not built for this
//! package's tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder where the commands of these sources lie. The selection of packages is the Makefile's, so that nothing is
/// compiled with other features than there.
pub fn folder_of_commands() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        // Programs lie in TARGET/PROFILE; the profile `dev` is the one whose folder has another name.
        let folder = Path::new(env!("CARGO_BIN_EXE_hello")).parent().expect("folder of the programs");
        // Built for another machine than cargo's, below `cross`: they are there already, or cannot be made.
        if folder.ancestors().nth(2).is_some_and(|folder| folder.ends_with("cross")) {
            assert!(folder.join("iwasm").is_file() && folder.join("wamrc").is_file(), "the commands are not built");
            return folder.to_owned();
        }
        let profile = match folder.file_name().and_then(|name| name.to_str()).expect("folder has a name") {
            "debug" => "dev",
            name => name,
        };
        let target = folder.parent().expect("target folder");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--profile", profile, "--workspace", "--exclude", "bench"])
            .args(["--bin", "wamrc", "--bin", "iwasm", "--target-dir"])
            .arg(target)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .status()
            .expect("cargo starts");
        assert!(status.success(), "cargo build of wamrc and iwasm: {status}");
        folder.to_owned()
    })
}
