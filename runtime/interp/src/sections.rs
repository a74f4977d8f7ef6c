//! A module as its sections, for those who change a few of them and leave the others as they are. Custom sections are
//! left out.

use std::collections::BTreeMap;

use wasm_encoder::{Encode, RawSection, SectionId};
use wasmparser::{BinaryReader, Parser, Payload};

/// Sections in the order in which they stand in a module.
const ORDER: [SectionId; 13] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Tag,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// The sections of a module, and how many there are of what is numbered across them.
#[derive(Clone, Debug, Default)]
pub struct Sections {
    contents: BTreeMap<u8, Vec<u8>>,
    /// Types.
    pub types: u32,
    /// Functions, imported ones first.
    pub functions: u32,
    /// Globals, imported ones first.
    pub globals: u32,
    /// Exception tags, imported ones first.
    pub tags: u32,
    /// Names of exports.
    pub exports: Vec<String>,
}

impl Sections {
    /// Those of a module.
    ///
    /// # Errors
    ///
    /// When it is none.
    pub fn of(wasm: &[u8]) -> Result<Sections, wasmparser::Error> {
        let mut sections = Sections::default();
        for payload in Parser::new(0).parse_all(wasm) {
            let payload = payload?;
            if let Some((id, range)) = payload.as_section()
                && id != SectionId::Custom as u8
                && let Some(bytes) = wasm.get(range.start as usize..range.end as usize)
            {
                sections.contents.insert(id, bytes.to_vec());
            }
            sections.count(payload)?;
        }
        Ok(sections)
    }

    fn count(&mut self, payload: Payload<'_>) -> Result<(), wasmparser::Error> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types += group?.types().len() as u32;
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    match import?.ty {
                        wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_) => self.functions += 1,
                        wasmparser::TypeRef::Global(_) => self.globals += 1,
                        wasmparser::TypeRef::Tag(_) => self.tags += 1,
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => self.functions += section.count(),
            Payload::GlobalSection(section) => self.globals += section.count(),
            Payload::TagSection(section) => self.tags += section.count(),
            Payload::ExportSection(section) => {
                for export in section {
                    self.exports.push(export?.name.to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The bytes of a section, without its size.
    pub fn get(&self, id: SectionId) -> Option<&[u8]> {
        self.contents.get(&(id as u8)).map(Vec::as_slice)
    }

    /// Replaces a section by bytes without its size.
    pub fn set(&mut self, id: SectionId, bytes: Vec<u8>) {
        self.contents.insert(id as u8, bytes);
    }

    /// Replaces a section by one that was encoded with its size.
    pub fn set_sized(&mut self, id: SectionId, section: &impl Encode) {
        let bytes = encoded(section);
        let start = BinaryReader::new(&bytes, 0).read_var_u32().map_or(bytes.len(), |size| bytes.len() - size as usize);
        self.set(id, bytes[start..].to_vec());
    }

    /// Takes a section out.
    pub fn remove(&mut self, id: SectionId) -> Option<Vec<u8>> {
        self.contents.remove(&(id as u8))
    }

    /// Adds an item to a section that is a list, or a list of one.
    ///
    /// # Errors
    ///
    /// When the section is no list.
    pub fn append(&mut self, id: SectionId, item: &[u8]) -> Result<(), wasmparser::Error> {
        let section = self.contents.entry(id as u8).or_insert_with(|| vec![0]);
        let mut reader = BinaryReader::new(section, 0);
        let count = reader.read_var_u32()?;
        let rest = &section[reader.original_position() as usize..];
        *section = [&encoded(&(count + 1))[..], rest, item].concat();
        Ok(())
    }

    /// Adds a function and an export of it; its number. `ty` is an encoded type, `body` its locals and instructions.
    ///
    /// # Errors
    ///
    /// When a section is no list.
    pub fn add_function(&mut self, ty: &[u8], body: &[u8], export: &str) -> Result<u32, wasmparser::Error> {
        let (type_index, function) = (self.types, self.functions);
        self.append(SectionId::Type, ty)?;
        self.append(SectionId::Function, &encoded(&type_index))?;
        self.append(SectionId::Code, &[encoded(&body.len()), body.to_vec()].concat())?;
        self.add_export(export, wasm_encoder::ExportKind::Func, function)?;
        (self.types, self.functions) = (type_index + 1, function + 1);
        Ok(function)
    }

    /// Adds an export.
    ///
    /// # Errors
    ///
    /// When the section is no list.
    pub fn add_export(
        &mut self,
        name: &str,
        kind: wasm_encoder::ExportKind,
        index: u32,
    ) -> Result<(), wasmparser::Error> {
        self.append(SectionId::Export, &[encoded(name), encoded(&kind), encoded(&index)].concat())?;
        self.exports.push(name.to_owned());
        Ok(())
    }

    /// A name that no export has yet, like this one.
    pub fn unused_export(&self, name: &str) -> String {
        let mut unused = name.to_owned();
        while self.exports.contains(&unused) {
            unused.push('!');
        }
        unused
    }

    /// The module.
    pub fn finish(&self) -> Vec<u8> {
        let mut module = wasm_encoder::Module::new();
        for id in ORDER {
            if let Some(data) = self.get(id) {
                module.section(&RawSection { id: id as u8, data });
            }
        }
        module.finish()
    }
}

/// Something encoded.
pub fn encoded<T: Encode + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}
