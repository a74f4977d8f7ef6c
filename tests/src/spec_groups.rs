//! Which part of WebAssembly a file of the suite is about, for the table at the end of a run. The
//! suite's root folder has the proposals of WebAssembly 3.0 merged in, so their names tell them apart;
//! other folders are a proposal each.

/// Files of the root folder, by group; `*` stands for anything at the beginning or end of a name. The
/// first group that has a pattern for a name has the file, and what no pattern fits is the core, which
/// is WebAssembly 2.0 without vectors.
const ROOT: &[(&str, &[&str])] = &[
    // Names that end in a width of an integer or float, not of an index.
    ("core", &["i64", "f64", "f64_*"]),
    ("relaxed-simd", &["relaxed_*", "*x*_relaxed_*"]),
    ("simd", &["simd_*"]),
    ("memory64", &["*64", "memory64-*", "table_copy_mixed"]),
    ("gc", &["array*", "binary-gc", "br_on_cast*", "extern", "i31", "ref_cast", "ref_eq", "ref_test", "struct"]),
    ("gc", &["type-canon", "type-rec", "type-subtyping*"]),
    ("exceptions", &["tag", "throw*", "try_table"]),
    ("tail-call", &["return_call*"]),
    ("function-references", &["br_on_*", "call_ref", "local_init", "ref", "ref_as_non_null", "type-equivalence"]),
    ("annotations", &["annotations", "id"]),
    // The merge numbered the files that multi-memory has besides those of the core.
    ("multi-memory", &["*0", "*1", "*2", "*3", "*4", "memory-multi", "memory_size_import"]),
];

/// All groups, in the order in which they are shown.
pub const GROUPS: &[&str] = &[
    "core",
    "simd",
    "relaxed-simd",
    "multi-memory",
    "memory64",
    "tail-call",
    "function-references",
    "gc",
    "exceptions",
    "legacy-exceptions",
    "annotations",
    "threads",
    "custom-page-sizes",
    "wide-arithmetic",
];

/// The group of a file of the suite, by its name in the suite's folder.
///
/// # Panics
///
/// For a file of a folder that no group is for.
pub fn group_of(name: &str) -> &'static str {
    let stem = name.strip_suffix(".wast").unwrap_or(name);
    if let Some((folder, _)) = stem.rsplit_once('/') {
        let group = if folder == "legacy" { "legacy-exceptions" } else { folder.trim_start_matches("proposals/") };
        return GROUPS.iter().find(|known| **known == group).unwrap_or_else(|| panic!("no group is for {name}"));
    }
    let has = |(_, patterns): &&(&str, &[&str])| patterns.iter().any(|pattern| fits(stem, pattern));
    ROOT.iter().find(has).map_or("core", |(group, _)| group)
}

/// Whether a name is what a pattern says.
fn fits(name: &str, pattern: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return name == pattern };
    let Some(mut name) = name.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match name.split_once(part) {
            Some((_, rest)) => name = rest,
            None => return false,
        }
    }
    name.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_groups_apart() {
        for (name, group) in [
            ("i64.wast", "core"),
            ("f64_cmp.wast", "core"),
            ("bulk.wast", "core"),
            ("memory_copy.wast", "core"),
            ("address64.wast", "memory64"),
            ("memory64-imports.wast", "memory64"),
            ("memory_copy1.wast", "multi-memory"),
            ("simd_memory-multi.wast", "simd"),
            ("i32x4_relaxed_trunc.wast", "relaxed-simd"),
            ("return_call_ref.wast", "tail-call"),
            ("br_on_cast_fail.wast", "gc"),
            ("br_on_null.wast", "function-references"),
            ("throw_ref.wast", "exceptions"),
            ("legacy/throw.wast", "legacy-exceptions"),
            ("proposals/threads/memory.wast", "threads"),
        ] {
            assert_eq!(group_of(name), group, "{name}");
        }
        assert!(ROOT.iter().all(|(group, _)| GROUPS.contains(group)));
    }
}
