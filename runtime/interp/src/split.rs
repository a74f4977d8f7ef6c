//! Modules of which allocating and initialising are two steps. Engines do both at once, but modules that import
//! functions from each other in a circle must all be there before the first of them is initialised. So such a module is
//! rewritten: active segments become passive ones, the start function is taken out, and an export is added that does,
//! in their order, what these would have done.

use std::borrow::Cow;

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{DataSection, ElementSection, Elements, Encode, SectionId};
use wasmparser::{DataKind, ElementItems, ElementKind, Parser, Payload};

use crate::sections::{Sections, encoded};

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

/// A module on its way.
struct Parts {
    sections: Sections,
    /// Instructions of the initialiser.
    code: Vec<u8>,
}

/// Splits a module.
///
/// # Errors
///
/// When it is none.
pub fn split(wasm: &[u8]) -> Result<Split, SplitError> {
    // Without locals.
    let mut parts = Parts { sections: Sections::of(wasm)?, code: vec![0] };
    for payload in Parser::new(0).parse_all(wasm) {
        match payload? {
            Payload::ElementSection(section) => parts.elements(section)?,
            Payload::DataSection(section) => parts.data(section)?,
            _ => {}
        }
    }
    if let Some(start) = parts.sections.remove(SectionId::Start) {
        parts.code.push(CALL);
        parts.code.extend(start);
    }
    parts.code.push(END);
    let initialiser = parts.sections.unused_export("initialise");
    parts.sections.add_function(&[FUNC_TYPE, 0, 0], &parts.code, &initialiser)?;
    Ok(Split { wasm: parts.sections.finish(), initialiser })
}

const FUNC_TYPE: u8 = 0x60;
const CALL: u8 = 0x10;
const END: u8 = 0x0b;
const I32_CONST: u8 = 0x41;
const BULK: u8 = 0xfc;
const MEMORY_INIT: u32 = 8;
const DATA_DROP: u32 = 9;
const TABLE_INIT: u32 = 12;
const ELEM_DROP: u32 = 13;

impl Parts {
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
        self.sections.set_sized(SectionId::Element, &made);
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
        self.sections.set_sized(SectionId::Data, &made);
        self.sections.set(SectionId::DataCount, encoded(&count));
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
