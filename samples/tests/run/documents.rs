//! What the documents show is run: the files in them are written to an empty folder, the commands run there in their
//! order, and what they print is compared. (The Rust program of the README is a doc test, see `samples/src/lib.rs`.)
//!
//! A block of ```` ```wat ```` that begins with `;; NAME.wat` is a file. A block of ```` ```console ```` is a sequence of
//! commands, each after `$ `, with what it prints to standard output and standard error. A command that shows
//! nothing must end with status 0, whatever it prints. Blocks that call `make`, and those that set `PATH`, are left to those
//! who read them: the folder is prepared here.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::commands::folder_of_commands;

/// The blocks of a document in their order: what stands after the backquotes that open each, and its lines.
fn blocks(document: &str) -> Vec<(&str, Vec<&str>)> {
    let mut blocks = Vec::new();
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(info) = line.strip_prefix("```") {
            blocks.push((info, lines.by_ref().take_while(|line| *line != "```").collect()));
        }
    }
    blocks
}

/// The commands of a console block, each with the lines that it shows.
fn commands<'a>(block: &[&'a str]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut commands: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push((command, Vec::new())),
            (None, Some((_, shown))) => shown.push(line),
            (None, None) => panic!("a console block begins with output: {line}"),
        }
    }
    commands
}

/// Runs one command in `folder`, and compares.
fn run(command: &str, shown: &[&str], folder: &Path) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder_of_commands().to_owned()).chain(std::env::split_paths(&path));
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("exec 2>&1; {command}"))
        .env("PATH", std::env::join_paths(folders).expect("folders without colons"))
        .current_dir(folder)
        .output()
        .expect("sh starts");
    let printed = String::from_utf8_lossy(&output.stdout);
    if shown.is_empty() {
        assert!(output.status.success(), "{command}: {}\n{printed}", output.status);
    } else {
        assert_eq!(printed.lines().collect::<Vec<_>>(), shown, "{command}");
    }
}

/// Runs what `document` (a path from the project's root) shows, and checks that no command was passed over.
fn check(document: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the project's root");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("documents").join(document);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("an empty folder");
    }
    fs::create_dir_all(&folder).expect("a folder to run in");
    // Documents name the samples by their paths from the project's root.
    std::os::unix::fs::symlink(root.join("samples"), folder.join("samples")).expect("a link to the samples");

    let text = fs::read_to_string(root.join(document)).expect("the document");
    let (mut runs, mut left) = (0, 0);
    for (info, lines) in blocks(&text) {
        if info == "wat" {
            let name = lines.first().and_then(|line| line.strip_prefix(";; ")).expect("a name in the first line");
            fs::write(folder.join(name), lines.join("\n")).expect("a file of the document");
        }
        let for_readers = |line: &&str| line.starts_with("$ make") || line.starts_with("$ export PATH=");
        if info == "console" && lines.iter().any(for_readers) {
            left += lines.iter().filter(|line| line.starts_with("$ ")).count();
        } else if info == "console" {
            for (command, shown) in commands(&lines) {
                run(command, &shown, &folder);
                runs += 1;
            }
        }
    }
    let shown = text.lines().filter(|line| line.starts_with("$ ")).count();
    assert!(runs > 0);
    assert_eq!(runs + left, shown, "commands of {document}");
}

#[test]
fn readme() {
    check("README.md");
}

#[test]
fn readme_of_the_samples() {
    check("samples/README.md");
}

#[test]
fn readme_of_the_multi_module_sample() {
    check("samples/multi-module/README.md");
}
