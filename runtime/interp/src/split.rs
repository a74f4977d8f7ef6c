//! Modules of which allocating and initialising are two steps. Engines do both at once, but modules that import
//! functions from each other in a circle must all be there before the first of them is initialised. So such a module is
//! rewritten: active segments become passive ones, the start function is taken out, and an export is added that does,
//! in their order, what these would have done.

use std::borrow::Cow;
use std::collections::BTreeMap;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{DataSection, ElementSection, Elements, Encode, RawSection, SectionId};
use wasmparser::{BinaryReader, DataKind, ElementItems, ElementKind, Parser, Payload};

/// A module whose instances are initialised by a call.
pub struct Split {
    /// The module.
    pub wasm: Vec<u8>,
    /// The export that initialises.
    pub initialiser: String,
}

/// Why a module cannot be rewritten; never for one that an engine has accepted.
#[derive(Debug, thiserror::Error)]
#[error("a module cannot be initialised in two steps: {0}")]
pub struct SplitError(String);

impl From<wasmparser::Error> for SplitError {
    fn from(error: wasmparser::Error) -> SplitError {
        SplitError(error.to_string())
    }
}

impl From<wasm_encoder::reencode::Error> for SplitError {
    fn from(error: wasm_encoder::reencode::Error) -> SplitError {
        SplitError(error.to_string())
    }
}

/// Sections in the order in which they stand in a module.
const ORDER: [SectionId; 12] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Tag,
    SectionId::Global,
    SectionId::Export,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// A module on its way.
#[derive(Default)]
struct Parts {
    sections: BTreeMap<u8, Vec<u8>>,
    types: u32,
    functions: u32,
    start: Option<u32>,
    /// Instructions of the initialiser.
    code: Vec<u8>,
    exports: Vec<String>,
}

/// Splits a module.
///
/// # Errors
///
/// When it is none.
pub fn split(wasm: &[u8]) -> Result<Split, SplitError> {
    let mut parts = Parts::default();
    for payload in Parser::new(0).parse_all(wasm) {
        parts.add(wasm, payload?)?;
    }
    let mut initialiser = String::from("initialise");
    while parts.exports.contains(&initialiser) {
        initialiser.push('!');
    }
    let (ty, function) = (parts.types, parts.functions);
    if let Some(start) = parts.start {
        parts.code.push(CALL);
        start.encode(&mut parts.code);
    }
    parts.code.push(END);
    // Without locals.
    let mut body = vec![0];
    body.append(&mut parts.code);
    parts.append(SectionId::Type, &[FUNC_TYPE, 0, 0])?;
    parts.append(SectionId::Function, &encoded(&ty))?;
    let export = [encoded(&initialiser[..]), vec![EXPORTED_FUNCTION], encoded(&function)].concat();
    parts.append(SectionId::Export, &export)?;
    parts.append(SectionId::Code, &[encoded(&body.len()), body].concat())?;
    let mut module = wasm_encoder::Module::new();
    for id in ORDER {
        if let Some(data) = parts.sections.get(&(id as u8)) {
            module.section(&RawSection { id: id as u8, data });
        }
    }
    Ok(Split { wasm: module.finish(), initialiser })
}

const FUNC_TYPE: u8 = 0x60;
const EXPORTED_FUNCTION: u8 = 0;
const CALL: u8 = 0x10;
const END: u8 = 0x0b;
const I32_CONST: u8 = 0x41;
const BULK: u8 = 0xfc;
const MEMORY_INIT: u32 = 8;
const DATA_DROP: u32 = 9;
const TABLE_INIT: u32 = 12;
const ELEM_DROP: u32 = 13;

impl Parts {
    fn add(&mut self, wasm: &[u8], payload: Payload<'_>) -> Result<(), SplitError> {
        match payload {
            Payload::TypeSection(section) => {
                for group in section.clone() {
                    self.types += group?.types().len() as u32;
                }
                self.keep(SectionId::Type, wasm, section.range())?;
            }
            Payload::ImportSection(section) => {
                self.keep(SectionId::Import, wasm, section.range())?;
                for import in section.into_imports() {
                    let is_func =
                        matches!(import?.ty, wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_));
                    self.functions += u32::from(is_func);
                }
            }
            Payload::FunctionSection(section) => {
                self.functions += section.count();
                self.keep(SectionId::Function, wasm, section.range())?;
            }
            Payload::TableSection(section) => self.keep(SectionId::Table, wasm, section.range())?,
            Payload::MemorySection(section) => self.keep(SectionId::Memory, wasm, section.range())?,
            Payload::TagSection(section) => self.keep(SectionId::Tag, wasm, section.range())?,
            Payload::GlobalSection(section) => self.keep(SectionId::Global, wasm, section.range())?,
            Payload::ExportSection(section) => {
                self.keep(SectionId::Export, wasm, section.range())?;
                for export in section {
                    self.exports.push(export?.name.to_owned());
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(section) => self.elements(section)?,
            Payload::CodeSectionStart { unchecked_range, .. } => self.keep(SectionId::Code, wasm, unchecked_range)?,
            Payload::DataSection(section) => self.data(section)?,
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, id: SectionId, wasm: &[u8], range: std::ops::Range<u64>) -> Result<(), SplitError> {
        let bytes = wasm.get(range.start as usize..range.end as usize);
        let bytes = bytes.ok_or_else(|| SplitError("a section is cut short".to_owned()))?;
        self.sections.insert(id as u8, bytes.to_vec());
        Ok(())
    }

    /// Adds an item to a section that is a list.
    fn append(&mut self, id: SectionId, item: &[u8]) -> Result<(), SplitError> {
        let section = self.sections.entry(id as u8).or_insert_with(|| vec![0]);
        let mut reader = BinaryReader::new(section, 0);
        let count = reader.read_var_u32()?;
        let rest = &section[reader.original_position() as usize..];
        *section = [&encoded(&(count + 1))[..], rest, item].concat();
        Ok(())
    }

    fn elements(&mut self, section: wasmparser::ElementSectionReader<'_>) -> Result<(), SplitError> {
        let mut made = ElementSection::new();
        for (number, element) in (0u32..).zip(section) {
            let element = element?;
            let ElementKind::Active { table_index, offset_expr } = &element.kind else {
                RoundtripReencoder.parse_element(&mut made, element)?;
                continue;
            };
            let count = match element.items.clone() {
                ElementItems::Functions(functions) => {
                    let functions: Vec<u32> = functions.into_iter().collect::<Result<_, _>>()?;
                    let count = functions.len();
                    made.passive(Elements::Functions(Cow::Owned(functions)));
                    count
                }
                ElementItems::Expressions(ty, expressions) => {
                    let mut converted = Vec::new();
                    for expression in expressions {
                        converted.push(RoundtripReencoder.const_expr(expression?)?);
                    }
                    let count = converted.len();
                    made.passive(Elements::Expressions(RoundtripReencoder.ref_type(ty)?, Cow::Owned(converted)));
                    count
                }
            };
            self.offset(offset_expr)?;
            self.init(count, TABLE_INIT, number, table_index.unwrap_or(0), ELEM_DROP);
        }
        let mut bytes = Vec::new();
        made.encode(&mut bytes);
        self.sections.insert(SectionId::Element as u8, without_size(bytes)?);
        Ok(())
    }

    fn data(&mut self, section: wasmparser::DataSectionReader<'_>) -> Result<(), SplitError> {
        let mut made = DataSection::new();
        let count = section.count();
        for (number, data) in (0u32..).zip(section) {
            let data = data?;
            made.passive(data.data.iter().copied());
            if let DataKind::Active { memory_index, offset_expr } = &data.kind {
                self.offset(offset_expr)?;
                self.init(data.data.len(), MEMORY_INIT, number, *memory_index, DATA_DROP);
            }
        }
        let mut bytes = Vec::new();
        made.encode(&mut bytes);
        self.sections.insert(SectionId::Data as u8, without_size(bytes)?);
        self.sections.insert(SectionId::DataCount as u8, encoded(&count));
        Ok(())
    }

    /// Pushes where a segment goes.
    fn offset(&mut self, expression: &wasmparser::ConstExpr<'_>) -> Result<(), SplitError> {
        let mut reader = expression.get_binary_reader();
        let bytes = reader.read_bytes(reader.bytes_remaining())?;
        let bytes = bytes.strip_suffix(&[END]);
        self.code.extend_from_slice(bytes.ok_or_else(|| SplitError("an expression has no end".to_owned()))?);
        Ok(())
    }

    /// Copies a whole segment there, and drops it.
    fn init(&mut self, length: usize, init: u32, segment: u32, index: u32, drop: u32) {
        self.code.extend_from_slice(&[I32_CONST, 0, I32_CONST]);
        // A segment is part of a module, whose length has 32 bits; the instruction takes the bits.
        (length as u32).cast_signed().encode(&mut self.code);
        for (instruction, immediates) in [(init, &[segment, index][..]), (drop, &[segment][..])] {
            self.code.push(BULK);
            instruction.encode(&mut self.code);
            immediates.iter().for_each(|immediate| immediate.encode(&mut self.code));
        }
    }
}

fn encoded<T: Encode + ?Sized>(value: &T) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.encode(&mut bytes);
    bytes
}

/// Contents of an encoded section that has its size before it.
fn without_size(bytes: Vec<u8>) -> Result<Vec<u8>, SplitError> {
    let mut reader = BinaryReader::new(&bytes, 0);
    reader.read_var_u32()?;
    let start = reader.original_position() as usize;
    Ok(bytes[start..].to_vec())
}
