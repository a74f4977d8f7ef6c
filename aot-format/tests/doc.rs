//! Holds `docs/aot-format.md` to the code: every header field, section, record, field, constant,
//! operator, structure, builtin and trap stands there with its number.

use aot_format::abi::{self, Builtin, TrapCode};
use aot_format::addrmap::BLOCK_ENTRIES;
use aot_format::cpu::Isa;
use aot_format::layout::*;
use aot_format::limits;
use aot_format::types::{ExternKind, HeapType, StorageType, ValType};

fn doc() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/aot-format.md")).expect("the document")
}

/// The part under the heading, up to the next one.
fn under<'a>(doc: &'a str, heading: &str) -> &'a str {
    let rest = doc.split_once(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no heading {heading:?}")).1;
    rest.split_once("\n#").map_or(rest, |(part, _)| part)
}

#[track_caller]
fn has(part: &str, row: &str) {
    assert!(part.contains(row), "no {row:?} in:\n{part}");
}

/// The text without its line breaks, which fall where they may.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines of tables that begin with a number.
fn rows(part: &str) -> usize {
    let begins =
        |line: &&str| line.strip_prefix("| ").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    part.lines().filter(begins).count()
}

#[test]
fn records_and_their_fields() {
    let doc = doc();
    for record in RECORDS {
        let heading = format!("### `{}`, {} bytes", record.name, record.bytes);
        let part = under(&doc, &heading);
        let mut offset = 0;
        for field in record.fields {
            has(part, &format!("\n| {offset} | {} | `{}` |", field.bytes, field.name));
            offset += field.bytes;
        }
        assert_eq!(offset, record.bytes);
    }
    let documented = doc.lines().filter(|line| line.starts_with("### `")).count();
    assert_eq!(documented, RECORDS.len() + abi::STRUCTURES.len(), "a record that is no more");
}

#[test]
fn sections() {
    let doc = doc();
    let part = under(&doc, "## Sections");
    for kind in SectionKind::ALL {
        let row = format!("\n| {} | {} | `{kind:?}` | {} |", *kind as u32, kind.label(), kind.entry_bytes());
        has(part, &row);
    }
    assert_eq!(rows(part), SectionKind::ALL.len());
}

#[test]
fn operators_builtins_and_traps() {
    let doc = doc();
    let operators = under(&doc, "### `ConstOpRecord`, 24 bytes");
    for op in ConstOpcode::ALL {
        has(operators, &format!("\n| {} | `{op:?}` |", *op as u32));
    }
    let builtins = under(&doc, "### Builtins");
    for builtin in Builtin::ALL {
        has(builtins, &format!("\n| {} | `{builtin:?}` | `{}` |", *builtin as u32, builtin.signature()));
    }
    assert_eq!(rows(builtins), Builtin::ALL.len());
    let traps = under(&doc, "### Traps");
    for trap in TrapCode::ALL {
        has(traps, &format!("\n| {} | `{trap:?}` | {} |", *trap as u8, trap.message()));
    }
    assert_eq!(rows(traps), TrapCode::ALL.len());
}

#[test]
fn structures_of_the_abi() {
    let doc = doc();
    for shape in abi::STRUCTURES {
        let [(name, bytes), fields @ ..] = shape else { panic!("a structure without a name") };
        let part = under(&doc, &format!("### `{name}`, {bytes} bytes"));
        for (field, offset) in fields {
            has(part, &format!("\n| {offset} | `{field}` |"));
        }
        assert_eq!(rows(part), fields.len(), "{name}");
    }
}

#[test]
fn machines_and_their_features() {
    let doc = doc();
    let part = under(&doc, "### `Header`, 128 bytes");
    for isa in Isa::ALL {
        let features = isa.feature_names().iter().enumerate().map(|(bit, name)| format!("{bit} `{name}`"));
        let features = features.collect::<Vec<_>>().join(", ");
        has(part, &format!("\n| {} | {} | {} | {features} |", isa as u32, isa.name(), isa.page_size_log2()));
    }
}

#[test]
fn constants() {
    let doc = unwrapped(&doc());
    let magic: Vec<String> = MAGIC.iter().map(|byte| format!("{byte:02x}")).collect();
    let numbers: [(&str, u64); 19] = [
        ("TYPE_FUNC", TYPE_FUNC.into()),
        ("TYPE_STRUCT", TYPE_STRUCT.into()),
        ("TYPE_ARRAY", TYPE_ARRAY.into()),
        ("TYPE_FINAL", TYPE_FINAL.into()),
        ("MODULE_GUARDED_MEMORIES", MODULE_GUARDED_MEMORIES.into()),
        ("EXTERN_HAS_MAX", EXTERN_HAS_MAX.into()),
        ("EXTERN_MUTABLE", EXTERN_MUTABLE.into()),
        ("EXTERN_INDEX64", EXTERN_INDEX64.into()),
        ("EXTERN_SHARED", EXTERN_SHARED.into()),
        ("SEGMENT_ACTIVE", SEGMENT_ACTIVE.into()),
        ("SEGMENT_PASSIVE", SEGMENT_PASSIVE.into()),
        ("SEGMENT_DROPPED", SEGMENT_DROPPED.into()),
        ("SECTION_ALIGN", SECTION_ALIGN),
        ("BLOCK_ENTRIES", BLOCK_ENTRIES as u64),
        ("REGISTER_VALUES", abi::REGISTER_VALUES.into()),
        ("POINTER_SIZE", abi::POINTER_SIZE.into()),
        ("VALUE_SIZE", abi::VALUE_SIZE.into()),
        ("GLOBAL_SIZE", abi::GLOBAL_SIZE.into()),
        ("FORMAT_VERSION", FORMAT_VERSION.into()),
    ];
    has(&doc, &format!("# The `.aot` format, version {FORMAT_VERSION} "));
    has(&doc, &format!("The magic is `{}`", magic.join(" ")));
    has(&doc, "`NONE` (`0xffff_ffff`)");
    assert_eq!((NONE, abi::GUARDED_RESERVATION_BYTES, abi::GUARD_BYTES), (0xffff_ffff, 1 << 32, 1 << 26));
    has(&doc, "`GUARDED_RESERVATION_BYTES` (2^32)");
    has(&doc, "`GUARD_BYTES` (2^26)");
    for (name, number) in numbers {
        let forms = [format!("`{name}` ({number}"), format!("`{name}`, {number} "), format!("`{name}`.")];
        assert!(forms.iter().any(|form| doc.contains(form)), "no {forms:?}");
    }
}

#[test]
fn codes_of_types() {
    let doc = doc();
    let part = under(&doc, "## Fields");
    for ty in [ValType::I32, ValType::I64, ValType::F32, ValType::F64, ValType::V128] {
        has(part, &format!("| `{:#x}` | {ty} |", ty.code()));
    }
    let code = |storage| aot_format::types::FieldType { storage, mutable: false }.code();
    has(part, &format!("| `{:#x}`, `{:#x}` | i8, i16 (fields only) |", code(StorageType::I8), code(StorageType::I16)));
    let part = &unwrapped(part);
    let heaps = (0..32).filter_map(|code| Some(format!("{code} {}", HeapType::from_code(code)?)));
    has(part, &format!("Heap types: {};", heaps.collect::<Vec<_>>().join(", ")));
    let kinds = (0..).map_while(|code| Some(format!("{code} {}", ExternKind::from_code(code)?)));
    has(part, &format!("definitions: {}.", kinds.collect::<Vec<_>>().join(", ")));
}

/// The page of limits is short enough to be read by the test.
#[test]
fn every_limit_stands_there() {
    let source = include_str!("../src/limits.rs");
    let doc = doc();
    let part = under(&doc, "## Limits");
    let mut count = 0;
    for line in source.lines().filter_map(|line| line.strip_prefix("pub const ")) {
        let (name, rest) = line.split_once(": ").expect("a type");
        let value = rest.split_once(" = ").expect("a value").1.trim_end_matches(';');
        has(part, &format!("\n| `{name}` | {value} |"));
        count += 1;
    }
    assert_eq!(part.lines().filter(|line| line.starts_with("| `")).count(), count);
    assert!(count > 20 && limits::MAX_SECTIONS as usize >= SectionKind::ALL.len());
}
