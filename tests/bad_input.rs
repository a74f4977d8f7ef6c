//! What is not right gets a named error, never a panic, a signal or a half-written file: artifacts
//! that are truncated, altered, of another version, machine or toolchain, files that cannot be read,
//! and wasm that is none. What the commands make of that is in `cli`; names and imports that do not
//! fit are in `link_api` and `multi_module`.

use aot_format::cpu::Isa;
use aot_format::layout::{HEADER_BYTES, Header, Record, SectionKind, SectionRecord};
use aot_format::{FormatError, write};
use iwasm::{Artifact, DirReader, Engine, Error, Integrity, LinkError, Linker, LoadError, Module, Store};
use wamrc::{Compiler, Options, Target};

/// A module with something in most sections.
const WAT: &str = r#"(module $sample
    (import "env" "host" (func $host (param i32) (result i32)))
    (type $f (func (param i32) (result i32)))
    (table (export "table") 3 10 funcref)
    (memory (export "memory") 1 2)
    (global (export "g") (mut i64) (i64.const 7))
    (global $v f32 (f32.const 1.5))
    (tag (param i32))
    (elem (i32.const 0) func $host $own)
    (elem $passive funcref (ref.func $own) (ref.null func))
    (data (i32.const 8) "initial data")
    (data $later "passive data")
    (func $start (global.set 0 (i64.const 8)))
    (start $start)
    (func $own (export "own") (param i32) (result i32)
        (memory.init $later (i32.const 0) (i32.const 0) (i32.const 4))
        (i32.div_s (i32.load (local.get 0)) (call_indirect (type $f) (local.get 0) (i32.const 0)))))"#;

fn sample() -> Vec<u8> {
    compile(WAT, Options::new())
}

fn compile(wat: &str, options: Options) -> Vec<u8> {
    let wasm = wat::parse_str(wat).unwrap();
    Compiler::new(options.threads(1)).unwrap().compile(&wasm).unwrap()
}

/// What is wrong with the bytes.
fn format_error(bytes: &[u8]) -> FormatError {
    match Artifact::from_bytes(bytes) {
        Err(LoadError::Format { error, .. }) => error,
        Err(other) => panic!("expected a format error, found {other}"),
        Ok(_) => panic!("expected a format error, but the bytes are an artifact"),
    }
}

/// The sample with a changed header, and digests that fit.
fn with_header(change: impl Fn(&mut Header)) -> Vec<u8> {
    let mut bytes = sample();
    let mut header = Header::decode(&bytes).unwrap();
    change(&mut header);
    let mut encoded = Vec::new();
    header.encode(&mut encoded);
    bytes[..HEADER_BYTES].copy_from_slice(&encoded);
    write::seal(&mut bytes);
    bytes
}

#[test]
fn the_sample_is_fine_and_compiles_the_same_each_time() {
    let artifact = Artifact::from_bytes(sample()).unwrap();
    assert_eq!(artifact.name(), "sample");
    assert_eq!(sample(), sample());
}

#[test]
fn a_file_cut_anywhere_is_refused() {
    let bytes = sample();
    for length in 0..bytes.len() {
        let error = format_error(&bytes[..length]);
        match length < HEADER_BYTES {
            true => assert!(matches!(error, FormatError::TooShort { .. }), "{length}: {error}"),
            false => assert!(matches!(error, FormatError::LengthMismatch { .. }), "{length}: {error}"),
        }
    }
    let mut longer = bytes;
    longer.push(0);
    assert!(matches!(format_error(&longer), FormatError::LengthMismatch { .. }));
}

#[test]
fn a_file_cut_anywhere_is_refused_also_when_its_header_says_so() {
    let bytes = sample();
    for length in (HEADER_BYTES..bytes.len()).step_by(8) {
        let mut cut = bytes[..length].to_vec();
        let mut header = Header::decode(&cut).unwrap();
        header.file_bytes = length as u64;
        let mut encoded = Vec::new();
        header.encode(&mut encoded);
        cut[..HEADER_BYTES].copy_from_slice(&encoded);
        write::seal(&mut cut);
        format_error(&cut);
    }
}

#[test]
fn every_altered_byte_is_noticed() {
    let bytes = sample();
    for place in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            let mut altered = bytes.clone();
            altered[place] ^= flip;
            format_error(&altered);
        }
    }
}

#[test]
fn an_altered_body_has_another_digest() {
    let mut bytes = sample();
    let end = bytes.len() - 1;
    bytes[end] ^= 1;
    let error = format_error(&bytes);
    assert!(matches!(error, FormatError::DigestMismatch { .. }), "{error}");
    assert!(error.to_string().contains("corrupt"), "{error}");
}

/// With digests put right, an altered byte gives a named error or a well-formed artifact, by which
/// all that reads it must go without a panic. Nothing of it is called.
#[test]
fn altered_bytes_with_right_digests_are_refused_or_harmless() {
    let bytes = sample();
    let text = section(&bytes, SectionKind::Text);
    let (mut refused, mut accepted) = (0, 0);
    for place in (0..bytes.len()).filter(|place| !text.contains(place)) {
        for flip in [0x01, 0x02, 0x10, 0x80, 0xff] {
            let mut altered = bytes.clone();
            altered[place] ^= flip;
            write::seal(&mut altered);
            match Artifact::from_bytes(altered) {
                Err(LoadError::Format { .. }) => refused += 1,
                Err(other) => panic!("byte {place}: {other}"),
                Ok(artifact) => {
                    accepted += 1;
                    assert!(!artifact.dump().is_empty());
                }
            }
        }
    }
    assert!(refused > 1000 && accepted > 100, "{refused} refused, {accepted} accepted: is this still a test?");
}

fn section(bytes: &[u8], kind: SectionKind) -> std::ops::Range<usize> {
    let count = Header::decode(bytes).unwrap().section_count as usize;
    let records = (0..count).map(|index| SectionRecord::decode(&bytes[HEADER_BYTES + index * SectionRecord::SIZE..]));
    let found = records.map(Option::unwrap).find(|record| record.kind == kind as u32).unwrap();
    found.offset as usize..(found.offset + found.bytes) as usize
}

#[test]
fn another_format_version_is_refused_by_number() {
    for version in [0, aot_format::layout::FORMAT_VERSION + 1, u32::MAX] {
        let error = format_error(&with_header(|header| header.format_version = version));
        assert!(matches!(error, FormatError::UnsupportedVersion { found, .. } if found == version), "{error}");
        assert!(error.to_string().contains("compile the module again"), "{error}");
    }
}

#[test]
fn another_abi_is_refused() {
    let error = format_error(&with_header(|header| header.abi_hash ^= 1));
    assert!(matches!(error, FormatError::AbiMismatch { .. }), "{error}");
}

#[test]
fn an_unknown_instruction_set_is_refused() {
    let error = format_error(&with_header(|header| header.isa = 99));
    assert!(matches!(error, FormatError::UnknownIsa { code: 99 }), "{error}");
}

#[test]
fn impossible_header_fields_are_refused() {
    let changes: [fn(&mut Header); 6] = [
        |header| header.reserved = 1,
        |header| header.reserved2[15] = 1,
        |header| header.header_bytes = 64,
        |header| header.section_count = 65,
        |header| header.section_count = u32::MAX,
        |header| header.page_size_log2 = 63,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let error = format_error(&with_header(change));
        let named = matches!(error, FormatError::BadHeader { .. } | FormatError::LimitExceeded { .. });
        assert!(named || matches!(error, FormatError::SectionRange { .. }), "change {number}: {error}");
    }
}

#[test]
fn what_is_no_artifact_is_called_by_its_name() {
    let wasm = wat::parse_str(WAT).unwrap();
    let others: [(&[u8], &str); 5] = [
        (&wasm, "compile it with wamrc first"),
        (b"\0aot\x06\0\0\0", "WAMR"),
        (b"\x7fELF\x02\x01\x01\0", "ELF"),
        (b"#!/bin/s", "not an .aot file"),
        (b"", "0 bytes"),
    ];
    for (start, hint) in others {
        let mut bytes = start.to_vec();
        if !bytes.is_empty() {
            bytes.resize(bytes.len().max(HEADER_BYTES), 0);
        }
        let text = format_error(&bytes).to_string();
        assert!(text.contains(hint), "{hint}: {text}");
    }
    // Shorter than a header, it still says that this is wasm.
    let text = format_error(&wasm[..8]).to_string();
    assert!(text.contains("a WebAssembly module"), "{text}");
}

#[test]
fn code_for_another_machine_is_refused_before_it_is_mapped() {
    let host = Isa::HOST.unwrap();
    for isa in Isa::ALL.into_iter().filter(|isa| *isa != host) {
        let target = Target::resolve(Some(isa.name()), None, &[]).unwrap();
        let artifact = Artifact::from_bytes(compile(WAT, Options::new().target(target))).unwrap();
        // SAFETY: never called: it is refused.
        match unsafe { Module::new(&Engine::default(), artifact) } {
            Err(LoadError::WrongIsa { artifact, host: found, .. }) => {
                assert_eq!((artifact, found), (isa.name(), host.name()));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A fat artifact is as good as the one inside that is for this machine; without one, the error says what there is.
#[test]
fn of_a_fat_artifact_the_right_one_is_taken() {
    let host = Isa::HOST.unwrap();
    let parts = Isa::ALL.map(|isa| {
        let target = Target::resolve(Some(isa.name()), None, &[]).unwrap();
        compile(WAT, Options::new().target(target))
    });
    let own = Isa::ALL.iter().position(|isa| *isa == host).unwrap();
    // One whose features nobody has comes first, and is passed over.
    let greedy = with_header(|header| header.cpu_features = (1 << host.feature_names().len()) - 1);
    let greedy = [&greedy, &parts[0], &parts[1], &parts[2]];
    let fat = aot_format::fat::write(&greedy).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fat.aot");
    std::fs::write(&path, &fat).unwrap();
    let engine = Engine::default();
    for artifact in [Artifact::from_file(&path).unwrap(), Artifact::from_bytes(fat.clone()).unwrap()] {
        // SAFETY: the compiler made it a moment ago.
        let module = unsafe { Module::new(&engine, artifact) }.unwrap();
        let mut store = Store::new(&engine, ());
        let mut linker = Linker::new(&engine);
        linker.func("env", "host", |value: i32| value);
        let instance = linker.instantiate(&mut store, "fat", &module).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        assert_eq!(memory.data(&store).unwrap()[8..20], *b"initial data");
        let own = instance.get_func(&store, "own").unwrap().typed::<i32, i32>(&store).unwrap();
        // What stands at 8, "init", divided by what the host makes of 8.
        assert_eq!(own.call(&mut store, 8).unwrap(), i32::from_le_bytes(*b"init") / 8);
    }
    let others: Vec<&Vec<u8>> = (0..3).filter(|index| *index != own).map(|index| &parts[index]).collect();
    match Artifact::from_bytes(aot_format::fat::write(&others).unwrap()) {
        Err(LoadError::NoSlice { artifacts, host: found, .. }) => {
            assert_eq!(found, host.name());
            assert!(!artifacts.contains(host.name()) && artifacts.contains("; "), "{artifacts}");
        }
        other => panic!("{other:?}"),
    }
    // A machine may have every feature there is a name for: then the first is as good as any.
    if engine.cpu_features().count_ones() as usize != host.feature_names().len() {
        let error = Artifact::from_bytes(aot_format::fat::write(&greedy[..1]).unwrap()).unwrap_err().to_string();
        assert!(error.contains(&format!("{} with ", host.name())), "{error}");
    }
    // Damage inside is found as in any artifact.
    let mut damaged = fat;
    for slice in aot_format::fat::slices(&damaged).unwrap() {
        damaged[slice.range.end - 1] ^= 1;
    }
    assert!(matches!(Artifact::from_bytes(damaged), Err(LoadError::Format { .. })));
}

#[test]
fn missing_cpu_features_are_refused_by_name() {
    let host = Isa::HOST.unwrap();
    let engine = Engine::default();
    let lacking = host.feature_names().iter().position(|name| {
        let bit = host.feature_bit(name).unwrap();
        engine.cpu_features() & bit == 0
    });
    // A bit without a name is a feature that no machine is known to have.
    let artifact = Artifact::from_bytes(with_header(|header| header.cpu_features |= 1 << 63)).unwrap();
    // SAFETY: never called: it is refused.
    match unsafe { Module::new(&engine, artifact) } {
        Err(LoadError::MissingCpuFeatures { missing, .. }) => assert_eq!(missing, "unknown"),
        other => panic!("{other:?}"),
    }
    let Some(bit) = lacking else {
        println!("skipped: this machine has every CPU feature there is a name for");
        return;
    };
    let artifact = Artifact::from_bytes(with_header(|header| header.cpu_features |= 1 << bit)).unwrap();
    // SAFETY: never called: it is refused.
    match unsafe { Module::new(&engine, artifact) } {
        Err(LoadError::MissingCpuFeatures { missing, .. }) => assert_eq!(missing, host.feature_names()[bit]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn less_integrity_still_refuses_a_broken_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.aot");
    let mut bytes = sample();
    bytes[HEADER_BYTES + 8] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    assert!(matches!(
        Artifact::from_file_with(&path, Integrity::Directory),
        Err(LoadError::Format { error: FormatError::DigestMismatch { .. }, .. })
    ));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.aot");
    let empty = folder.path().join("empty.aot");
    std::fs::write(&empty, b"").unwrap();
    for path in [&absent, &folder.path().to_owned()] {
        match Artifact::from_file(path) {
            Err(LoadError::File { path: found, reason }) => assert!(found == *path && !reason.is_empty()),
            other => panic!("{}: {other:?}", path.display()),
        }
    }
    match Artifact::from_file(&empty) {
        Err(error @ (LoadError::File { .. } | LoadError::Format { .. })) => {
            assert!(error.to_string().contains("empty.aot"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

/// A folder of a module reader that is a file, and a module that is a folder.
#[test]
fn a_folder_that_cannot_be_read_is_named_with_the_importer() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"").unwrap();
    std::fs::create_dir(folder.path().join("env.aot")).unwrap();
    std::fs::create_dir(folder.path().join("dep.aot")).unwrap();
    let engine = Engine::default();
    let main = Artifact::from_bytes(compile(r#"(module (import "dep" "f" (func)))"#, Options::new())).unwrap();
    // SAFETY: the artifact was compiled a moment ago.
    let main = unsafe { Module::new(&engine, main) }.unwrap();
    for (reader, part) in [(DirReader::new([&file]), "file"), (DirReader::new([folder.path()]), "dep.aot")] {
        let mut linker: Linker<()> = Linker::new(&engine);
        // SAFETY: there is nothing to read.
        unsafe { linker.set_module_reader(reader) };
        let outcome = linker.instantiate(Store::new(&engine, ()), "main", &main);
        let Err(Error::Link(errors)) = outcome else { panic!("{outcome:?}") };
        let text = errors.to_string();
        assert!(matches!(errors.0[..], [LinkError::BrokenModule { error: LoadError::File { .. }, .. }]), "{errors:?}");
        assert!(text.contains("\"main\" imports \"dep\".\"f\"") && text.contains(part), "{text}");
    }
}

#[test]
fn wasm_that_is_not_valid_is_refused_with_its_place() {
    let compiler = Compiler::new(Options::new().threads(1)).unwrap();
    // `i32.add` of an i64, at 0x2a by hand: the export's name makes the message readable.
    let mut wasm = wat::parse_str(
        r#"(module (func (export "sum") (param i32 i64) (result i32)
        local.get 0 local.get 0 i32.add))"#,
    )
    .unwrap();
    let operands = [0x20, 0, 0x20, 0, 0x6a];
    let place = wasm.windows(5).position(|window| window == operands).unwrap();
    wasm[place + 3] = 1;
    match compiler.compile(&wasm) {
        Err(error @ wamrc::Error::Invalid { .. }) => {
            let text = error.to_string();
            assert!(text.contains(&format!("{:#x}", place + 4)) && text.contains("(sum)"), "{text}");
            assert!(text.contains("type mismatch"), "{text}");
        }
        other => panic!("{:?}", other.map(|bytes| bytes.len())),
    }
    for (bytes, what) in [(&b""[..], "empty"), (b"\0asm", "only a magic number"), (b"text", "text")] {
        assert!(matches!(compiler.compile(bytes), Err(wamrc::Error::Invalid { .. })), "{what}");
    }
    let component = b"\0asm\x0d\0\x01\0";
    let error = compiler.compile(component).unwrap_err();
    assert!(error.to_string().contains("component"), "{error}");
}

#[test]
fn truncated_and_altered_wasm_never_panics() {
    let compiler = Compiler::new(Options::new().threads(1)).unwrap();
    let wasm = wat::parse_str(WAT).unwrap();
    for length in 0..wasm.len() {
        // Cut behind a whole section it may be valid, most often it is not.
        let _ = compiler.compile(&wasm[..length]);
    }
    let mut invalid = 0;
    for place in 8..wasm.len() {
        for flip in [0x01, 0x40, 0x80, 0xff] {
            let mut altered = wasm.clone();
            altered[place] ^= flip;
            match compiler.compile(&altered) {
                Ok(artifact) => drop(Artifact::from_bytes(artifact).unwrap()),
                Err(wamrc::Error::Internal { what, .. }) => panic!("byte {place} ^ {flip:#x}: {what}"),
                Err(_) => invalid += 1,
            }
        }
    }
    assert!(invalid > 200, "only {invalid} invalid modules: is this still a test?");
}
