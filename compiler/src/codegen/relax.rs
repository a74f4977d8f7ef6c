//! Machine code for x86-64, made shorter once Cranelift is done with a function: branches over less than 128 bytes get
//! displacements of one byte, and numbers that are added, compared or masked with are of one byte where that is enough.
//!
//! Cranelift leaves four bytes for each, since it does not know how far a branch goes when it emits it. This is what linkers
//! call relaxation: find what can be shorter, which brings other things nearer; then move everything, and say where it went.
//!
//! What is known beside the machine code is what is relocated in it, and where jump tables end. What is not understood to
//! the last byte stays as it was: bytes that are no instruction, branches into one, and whatever Cranelift may emit one day
//! that is not looked for here.
//!
//! Absent on purpose: what the offsets are that move (`worker`).

use std::ops::Range;

use iced_x86::{Code, Decoder, DecoderOptions, Instruction, OpKind};

/// Constants are aligned to as much as that.
const CONSTANT_ALIGNMENT: u32 = 16;
/// From the instruction that takes the address of a jump table to the table.
const MOST_BYTES_TO_TABLE: u32 = 16;
/// Each round finds what the last one brought near. Two or three find nearly all.
const MOST_ROUNDS: usize = 6;

/// Shorter machine code.
#[derive(Clone, Debug)]
pub struct Relaxed {
    /// The code, with its constants.
    pub code: Vec<u8>,
    /// What branches go back over.
    pub loops: Vec<Range<u32>>,
    /// Where jump tables begin.
    pub tables: Vec<u32>,
    edits: Vec<Edit>,
    /// Where code ended, where constants began, and where these begin.
    end: u32,
    constants: (u32, u32),
}

/// An instruction that has a shorter form.
#[derive(Clone, Copy, Debug)]
struct Edit {
    range: (u32, u32),
    form: Form,
    is_short: bool,
    /// Bytes that those before it save.
    before: u32,
}

#[derive(Clone, Copy, Debug)]
enum Form {
    /// `jmp rel32` or `jcc rel32`; `index` is that of the first edit from the target on.
    Branch { target: u32, index: usize },
    /// An operation with a number of four bytes at its end, of which one is enough; where the opcode is.
    Number { opcode: u32 },
}

/// What a function's machine code is made of.
#[derive(Default)]
struct Survey {
    /// In order.
    edits: Vec<Edit>,
    /// Where instructions begin, and where the last one ends.
    bounds: Bounds,
    references: Vec<Reference>,
    tables: Vec<Range<u32>>,
    /// Where code ends, and where constants begin.
    end: u32,
    constants: u32,
}

/// An address relative to the next instruction.
struct Reference {
    displacement: u32,
    next: u32,
    target: u32,
}

/// Makes the code of a function shorter, if it is understood.
///
/// `relocations` are the offsets, in order, of what is written over when the function is bound; at `marks` instructions have
/// to begin (or the last one to end), and `table_end` tells where a jump table that begins at an offset ends.
pub fn relax(
    code: &[u8],
    relocations: &[u32],
    marks: impl IntoIterator<Item = u32>,
    table_end: impl Fn(u32) -> Option<u32>,
) -> Option<Relaxed> {
    let Survey { mut edits, bounds, references, tables, end, constants } = survey(code, relocations, table_end)?;
    for index in 0..edits.len() {
        if let Form::Branch { target, .. } = edits[index].form {
            let at = edits.partition_point(|edit| edit.range.0 < target);
            edits[index].form = Form::Branch { target, index: at };
        }
    }
    let branches = edits.iter().filter_map(|edit| match edit.form {
        Form::Branch { target, .. } => Some(i64::from(target)),
        Form::Number { .. } => None,
    });
    let entries = tables.iter().flat_map(|table| table_targets(code, table.clone()));
    let is_bound = |target: i64| u32::try_from(target).is_ok_and(|target| bounds.contains(target));
    if !branches.chain(entries).all(|target| target < i64::from(end) && is_bound(target))
        || !marks.into_iter().all(|mark| bounds.contains(mark))
    {
        return None;
    }
    shorten(&mut edits);
    let new_end = end - edits.last().map_or(0, |edit| edit.before + edit.saved());
    // Where they are aligned as they were.
    let gap = if constants < code.len() as u32 { (constants - new_end) % CONSTANT_ALIGNMENT } else { 0 };
    let constants = (constants, new_end + gap);
    let mut relaxed =
        Relaxed { code: Vec::with_capacity(code.len()), loops: Vec::new(), tables: Vec::new(), edits, end, constants };
    relaxed.copy(code);
    relaxed.bind(code, &references, &tables)?;
    Some(relaxed)
}

/// Goes through all instructions.
fn survey(code: &[u8], relocations: &[u32], table_end: impl Fn(u32) -> Option<u32>) -> Option<Survey> {
    let length = u32::try_from(code.len()).ok()?;
    let mut survey = Survey { constants: length, ..Survey::default() };
    let mut relocations = relocations.iter().copied().peekable();
    let mut decoder = Decoder::with_ip(64, code, 0, DecoderOptions::NONE);
    let mut instruction = Instruction::default();
    // The jump table whose address was taken.
    let mut table = None;
    let mut falls_through = true;
    loop {
        let at = decoder.position() as u32;
        survey.bounds.insert(at);
        survey.end = at;
        if at >= survey.constants || !falls_through && is_padding(code, at..survey.constants) {
            break;
        }
        decoder.decode_out(&mut instruction);
        let next = decoder.position() as u32;
        let bytes = &code[at as usize..next as usize];
        while relocations.next_if(|offset| *offset < at).is_some() {}
        let is_relocated = relocations.peek().is_some_and(|offset| *offset < next);
        falls_through = true;
        match instruction.code() {
            Code::INVALID => return None,
            Code::Retnq | Code::Retnq_imm16 | Code::Ud2 => falls_through = false,
            Code::Jmp_rm64 => {
                falls_through = false;
                if table.take_if(|table| *table == next).is_some() {
                    let end = table_end(next)?;
                    if end <= next || !(end - next).is_multiple_of(4) || end > survey.constants {
                        return None;
                    }
                    survey.tables.push(next..end);
                    decoder.set_position(end as usize).ok()?;
                    decoder.set_ip(end.into());
                }
            }
            Code::Jmp_rel32_64 => {
                falls_through = false;
                if !is_relocated {
                    survey.branch(&instruction, at..next, 5)?;
                }
            }
            _ if matches!(bytes, [0x0f, 0x80..=0x8f, ..]) && !is_relocated => {
                survey.branch(&instruction, at..next, 6)?
            }
            Code::Call_rel32_64 if is_relocated => {}
            _ if has_near_target(&instruction) => return None,
            _ => {}
        }
        if instruction.is_ip_rel_memory_operand() {
            if !is_relocated {
                let target = u32::try_from(instruction.ip_rel_memory_address())
                    .ok()
                    .filter(|target| (next..length).contains(target))?;
                let displacement = at + decoder.get_constant_offsets(&instruction).displacement_offset() as u32;
                survey.references.push(Reference { displacement, next, target });
                if instruction.code() == Code::Lea_r64_m && target - next <= MOST_BYTES_TO_TABLE && table.is_none() {
                    table = Some(target);
                } else {
                    survey.constants = survey.constants.min(target);
                }
            }
        } else if !is_relocated && let Some(opcode) = opcode_with_number(&instruction, bytes) {
            survey.edit(at..next, Form::Number { opcode });
        }
    }
    let is_whole = survey.end == survey.constants || survey.end < survey.constants && survey.constants < length;
    (is_whole && table.is_none()).then_some(survey)
}

impl Survey {
    fn edit(&mut self, range: Range<u32>, form: Form) {
        self.edits.push(Edit { range: (range.start, range.end), form, is_short: false, before: 0 });
    }

    fn branch(&mut self, instruction: &Instruction, range: Range<u32>, bytes: u32) -> Option<()> {
        let target = u32::try_from(instruction.near_branch_target()).ok()?;
        (range.end - range.start == bytes).then(|| self.edit(range, Form::Branch { target, index: 0 }))
    }
}

/// Whether what is left before the constants is there to align them.
fn is_padding(code: &[u8], rest: Range<u32>) -> bool {
    let length = rest.end - rest.start;
    length < CONSTANT_ALIGNMENT
        && (rest.end as usize) < code.len()
        && code[rest.start as usize..rest.end as usize].iter().all(|byte| *byte == 0)
}

/// Whether it goes to, or calls, a place relative to itself.
fn has_near_target(instruction: &Instruction) -> bool {
    (0..instruction.op_count()).any(|operand| {
        matches!(
            instruction.op_kind(operand),
            OpKind::NearBranch16
                | OpKind::NearBranch32
                | OpKind::NearBranch64
                | OpKind::FarBranch16
                | OpKind::FarBranch32
        )
    })
}

/// Where the opcode is of an operation with a number of four bytes that has a form with one.
fn opcode_with_number(instruction: &Instruction, bytes: &[u8]) -> Option<u32> {
    let last = instruction.op_count().checked_sub(1)?;
    if !matches!(instruction.op_kind(last), OpKind::Immediate32 | OpKind::Immediate32to64) {
        return None;
    }
    let number = i32::from_le_bytes(*bytes.last_chunk()?);
    i8::try_from(number).ok()?;
    let opcode = match bytes {
        // `add`, `or`, `adc`, `sbb`, `and`, `sub`, `xor`, `cmp`; `imul`.
        [0x81 | 0x69, ..] => 0,
        [0x40..=0x4f, 0x81 | 0x69, ..] => 1,
        _ => return None,
    };
    Some(opcode)
}

/// Where the entries of a jump table lead: they are relative to its start.
fn table_targets(code: &[u8], table: Range<u32>) -> impl Iterator<Item = i64> {
    let start = i64::from(table.start);
    let (entries, _) = code[table.start as usize..table.end as usize].as_chunks();
    entries.iter().map(move |entry| start + i64::from(i32::from_le_bytes(*entry)))
}

/// Finds which edits can be made.
fn shorten(edits: &mut [Edit]) {
    for edit in &mut *edits {
        edit.is_short = matches!(edit.form, Form::Number { .. });
    }
    for _ in 0..MOST_ROUNDS {
        let mut before = 0;
        for edit in &mut *edits {
            edit.before = before;
            before += edit.saved();
        }
        let all = before;
        let mut is_done = true;
        for number in 0..edits.len() {
            let edit = edits[number];
            let Form::Branch { target, index } = edit.form else { continue };
            if edit.is_short {
                continue;
            }
            let own = if index > number { edit.saves() } else { 0 };
            let to = target - edits.get(index).map_or(all, |edit| edit.before) - own;
            let from = edit.range.1 - edit.before - edit.saves();
            if i8::try_from(i64::from(to) - i64::from(from)).is_ok() {
                edits[number].is_short = true;
                is_done = false;
            }
        }
        if is_done {
            return;
        }
    }
    // The last round's are not counted yet.
    let mut before = 0;
    for edit in edits {
        edit.before = before;
        before += edit.saved();
    }
}

impl Edit {
    /// Bytes that the shorter form has less.
    fn saves(&self) -> u32 {
        match self.form {
            Form::Branch { .. } => self.range.1 - self.range.0 - 2,
            Form::Number { .. } => 3,
        }
    }

    fn saved(&self) -> u32 {
        if self.is_short { self.saves() } else { 0 }
    }
}

impl Relaxed {
    /// Where what was at an offset of the code is.
    pub fn moved(&self, offset: u32) -> u32 {
        let behind = self.edits.partition_point(|edit| edit.range.0 < offset);
        offset - behind.checked_sub(1).map_or(0, |last| self.edits[last].before + self.edits[last].saved())
    }

    /// Copies what stays, in its new forms, with no regard to what is relative.
    fn copy(&mut self, code: &[u8]) {
        let mut from = 0;
        for edit in self.edits.iter().filter(|edit| edit.is_short) {
            let (start, next) = (edit.range.0 as usize, edit.range.1 as usize);
            self.code.extend_from_slice(&code[from..start]);
            let old = &code[start..next];
            match edit.form {
                Form::Branch { .. } => {
                    let opcode = if old[0] == 0xe9 { 0xeb } else { 0x70 | old[1] & 0xf };
                    self.code.extend([opcode, 0]);
                }
                Form::Number { opcode } => {
                    let short = self.code.len() + opcode as usize;
                    self.code.extend_from_slice(&old[..old.len() - 3]);
                    self.code[short] |= 2;
                }
            }
            from = next;
        }
        self.code.extend_from_slice(&code[from..self.end as usize]);
        self.code.resize(self.constants.1 as usize, 0);
        self.code.extend_from_slice(&code[self.constants.0 as usize..]);
    }

    /// Writes what is relative. Nothing if something does not fit, which cannot be.
    fn bind(&mut self, old: &[u8], references: &[Reference], tables: &[Range<u32>]) -> Option<()> {
        for number in 0..self.edits.len() {
            let edit = self.edits[number];
            let Form::Branch { target, .. } = edit.form else { continue };
            let (to, from) = (self.moved(target), self.moved(edit.range.1));
            if edit.is_short {
                let displacement = i8::try_from(i64::from(to) - i64::from(from)).ok()?;
                *self.code.get_mut(from as usize - 1)? = displacement as u8;
            } else {
                self.write(from - 4, to.wrapping_sub(from))?;
            }
            if to < from {
                self.loops.push(to..from);
            }
        }
        for reference in references {
            let target = match reference.target.checked_sub(self.constants.0) {
                Some(behind) => self.constants.1 + behind,
                None => self.moved(reference.target),
            };
            let displacement = target.wrapping_sub(self.moved(reference.next));
            self.write(self.moved(reference.displacement), displacement)?;
        }
        for table in tables {
            let start = self.moved(table.start);
            self.tables.push(start);
            for (target, at) in table_targets(old, table.clone()).zip((start..).step_by(4)) {
                let target = u32::try_from(target).ok()?;
                self.write(at, self.moved(target).wrapping_sub(start))?;
            }
        }
        Some(())
    }

    fn write(&mut self, at: u32, value: u32) -> Option<()> {
        let at = at as usize;
        self.code.get_mut(at..at + 4)?.copy_from_slice(&value.to_le_bytes());
        Some(())
    }
}

/// Whether each instruction is what it was, and leads where it led. For tests, and where Cranelift's verifier is on.
pub fn is_same(old: &[u8], relaxed: &Relaxed, relocations: &[u32], table_end: impl Fn(u32) -> Option<u32>) -> bool {
    let mut decoders = [old, &relaxed.code].map(|code| Decoder::with_ip(64, code, 0, DecoderOptions::NONE));
    while (decoders[0].position() as u32) < relaxed.end {
        let at = decoders[0].position() as u32;
        let is_table = relaxed.tables.binary_search(&relaxed.moved(at)).is_ok();
        if let (true, Some(end)) = (is_table, table_end(at)) {
            let moved = table_targets(old, at..end).map(|target| i64::from(relaxed.moved(target as u32)));
            let ends = [end, relaxed.moved(end)];
            if !moved.eq(table_targets(&relaxed.code, relaxed.moved(at)..ends[1])) {
                return false;
            }
            for (decoder, end) in decoders.iter_mut().zip(ends) {
                let _ = decoder.set_position(end as usize);
                decoder.set_ip(end.into());
            }
            continue;
        }
        let [was, is] = decoders.each_mut().map(|decoder| decoder.decode());
        let next = decoders[0].position() as u32;
        if decoders[1].position() as u32 != relaxed.moved(next) {
            return false;
        }
        let is_relocated =
            relocations.get(relocations.partition_point(|offset| *offset < at)).is_some_and(|offset| *offset < next);
        let bytes = &old[at as usize..next as usize];
        let new_bytes = &relaxed.code[relaxed.moved(at) as usize..relaxed.moved(next) as usize];
        let leads_on = |was: u64, is: u64| match was.checked_sub(relaxed.constants.0.into()) {
            Some(behind) => is.checked_sub(relaxed.constants.1.into()) == Some(behind),
            None => is == u64::from(relaxed.moved(was as u32)),
        };
        let is_same = if is_relocated {
            bytes == new_bytes
        } else if has_near_target(&was) {
            was.mnemonic() == is.mnemonic() && leads_on(was.near_branch_target(), is.near_branch_target())
        } else if was.is_ip_rel_memory_operand() {
            let mut unbound = bytes.to_vec();
            let displacement = decoders[0].get_constant_offsets(&was).displacement_offset();
            unbound[displacement..displacement + 4].copy_from_slice(&new_bytes[displacement..displacement + 4]);
            unbound == new_bytes && leads_on(was.ip_rel_memory_address(), is.ip_rel_memory_address())
        } else {
            bytes == new_bytes || new_bytes.len() < bytes.len() && is_shorter(&was, &is)
        };
        if !is_same {
            return false;
        }
    }
    old[relaxed.constants.0 as usize..] == relaxed.code[relaxed.constants.1 as usize..]
}

/// Whether an operation with a number is another one in fewer bytes.
fn is_shorter(was: &Instruction, is: &Instruction) -> bool {
    let place = |of: &Instruction| {
        let registers = [of.memory_base(), of.memory_index(), of.segment_prefix()];
        (registers, of.memory_index_scale(), of.memory_displacement64(), of.memory_size())
    };
    let same = |operand: u32| match was.op_kind(operand) {
        OpKind::Register => was.op_register(operand) == is.op_register(operand),
        OpKind::Memory => place(was) == place(is),
        OpKind::Immediate32 => was.immediate(operand) as u32 == is.immediate(operand) as u32,
        _ => was.immediate(operand) == is.immediate(operand),
    };
    was.mnemonic() == is.mnemonic()
        && was.op_count() == is.op_count()
        && was.has_lock_prefix() == is.has_lock_prefix()
        && (0..was.op_count()).all(same)
}

/// A set of offsets.
#[derive(Default)]
struct Bounds(Vec<u64>);

impl Bounds {
    fn insert(&mut self, offset: u32) {
        let word = offset as usize / 64;
        if word >= self.0.len() {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (offset % 64);
    }

    fn contains(&self, offset: u32) -> bool {
        self.0.get(offset as usize / 64).is_some_and(|word| word >> (offset % 64) & 1 == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOP: u8 = 0x90;
    const RET: u8 = 0xc3;

    /// `je` to what is so many bytes behind it.
    fn je(displacement: i32) -> Vec<u8> {
        [&[0x0f, 0x84][..], &displacement.to_le_bytes()].concat()
    }

    fn jmp(displacement: i32) -> Vec<u8> {
        [&[0xe9][..], &displacement.to_le_bytes()].concat()
    }

    fn nops(count: usize) -> Vec<u8> {
        vec![NOP; count]
    }

    /// Code that needs no help, checked.
    fn relaxed(code: &[u8]) -> Relaxed {
        let relaxed = relax(code, &[], [], |_| None).expect("code that is understood");
        assert!(is_same(code, &relaxed, &[], |_| None));
        relaxed
    }

    fn is_refused(code: &[u8]) -> bool {
        relax(code, &[], [], |_| None).is_none()
    }

    #[test]
    fn branches_are_short_up_to_what_a_byte_spans() {
        for between in 100..160 {
            let forward = relaxed(&[je(between as i32), nops(between), vec![RET]].concat());
            if between <= 127 {
                assert_eq!(forward.code, [vec![0x74, between as u8], nops(between), vec![RET]].concat());
            } else {
                assert_eq!(forward.code, [je(between as i32), nops(between), vec![RET]].concat());
            }
            assert_eq!(forward.loops, []);
            let back = relaxed(&[nops(between), jmp(-(between as i32) - 5)].concat());
            let length = if between + 2 <= 128 { between + 2 } else { between + 5 };
            assert_eq!((back.code.len(), back.loops.first()), (length, Some(&(0..length as u32))));
        }
    }

    #[test]
    fn what_gets_shorter_brings_others_near() {
        // Over three others, of which each saves four bytes: 127 bytes in the end, 139 before.
        let inner = [je(0), je(0), je(0)].concat();
        let code = [je(121 + 18), inner, nops(121), vec![RET]].concat();
        let shorter = relaxed(&code);
        assert_eq!(shorter.code, [vec![0x74, 127], [0x74, 0].repeat(3), nops(121), vec![RET]].concat());
        assert_eq!([0, 6, 12, 18, 24, 25].map(|offset| shorter.moved(offset)), [0, 2, 4, 6, 8, 9]);
    }

    #[test]
    fn numbers_of_one_byte_are_one_byte() {
        let cases: [(&[u8], &[u8]); 5] = [
            (&[0x81, 0xc1, 0xff, 0xff, 0xff, 0xff], &[0x83, 0xc1, 0xff]),
            (&[0x49, 0x81, 0xf8, 0x7f, 0, 0, 0], &[0x49, 0x83, 0xf8, 0x7f]),
            (&[0x49, 0x81, 0xf8, 0x80, 0, 0, 0], &[0x49, 0x81, 0xf8, 0x80, 0, 0, 0]),
            (&[0x69, 0xc1, 0x80, 0xff, 0xff, 0xff], &[0x6b, 0xc1, 0x80]),
            (&[0x43, 0x81, 0x64, 0x0a, 8, 1, 0, 0, 0], &[0x43, 0x83, 0x64, 0x0a, 8, 1]),
        ];
        for (long, short) in cases {
            assert_eq!(relaxed(&[long, &[RET]].concat()).code, [short, &[RET]].concat());
        }
    }

    /// A dispatcher over a table of three entries, and what these lead to.
    fn dispatcher() -> (Vec<u8>, u32) {
        let mut code = vec![0x4c, 0x8d, 0x0d, 10, 0, 0, 0];
        code.extend([0x4b, 0x63, 0x0c, 0x81, 0x4c, 0x03, 0xc9, 0x41, 0xff, 0xe1]);
        let table = code.len() as i32;
        let blocks = [table + 12, table + 12 + 5, table + 12 + 5 + 6];
        code.extend(blocks.iter().flat_map(|block| (block - table).to_le_bytes()));
        code.extend([jmp(-table - 17), je(1), vec![RET, RET]].concat());
        (code, table as u32 + 12)
    }

    #[test]
    fn tables_lead_where_they_led() {
        let (code, end) = dispatcher();
        let table_end = |start| (start == 17).then_some(end);
        let relaxed = relax(&code, &[], [], table_end).expect("code that is understood");
        assert!(is_same(&code, &relaxed, &[], table_end));
        assert_eq!((relaxed.code.len(), &relaxed.tables[..]), (code.len() - 7, &[17][..]));
        let entries: Vec<i64> = table_targets(&relaxed.code, 17..29).collect();
        assert_eq!(entries, [29, 31, 33]);
        // Its end has to be known, and to be one.
        for end in [None, Some(0), Some(17), Some(27), Some(33), Some(400)] {
            assert!(relax(&code, &[], [], |_| end).is_none(), "{end:?}");
        }
    }

    #[test]
    fn constants_stay_aligned_and_are_found() {
        // movsd xmm0, [rip + …]; je; ret; zeros up to 32; a constant.
        let load = |displacement: i32| [&[0xf2, 0x0f, 0x10, 0x05][..], &displacement.to_le_bytes()].concat();
        let code = [load(24), je(0), vec![RET], vec![0; 17], vec![1; 16]].concat();
        // More zeros than align anything.
        assert!(is_refused(&code));
        let code = [load(24), je(11), nops(11), vec![RET], vec![0; 6], vec![1; 16]].concat();
        let shorter = relaxed(&code);
        assert_eq!(shorter.code, [load(24), vec![0x74, 11], nops(11), vec![RET], vec![0; 10], vec![1; 16]].concat());
        // Where code ends with what takes arguments off the stack; a number behind an address.
        let compare = |displacement: i32| [&[0x80, 0x3d][..], &displacement.to_le_bytes(), &[7]].concat();
        let code = [compare(9), je(0), vec![0xc2, 16, 0], vec![9; 8]].concat();
        assert_eq!(
            relaxed(&code).code,
            [compare(9), vec![0x74, 0], vec![0xc2, 16, 0], vec![0; 4], vec![9; 8]].concat()
        );
        // Sixteen bytes that are saved are sixteen less.
        let code = [load(40), je(0).repeat(4), nops(15), vec![RET], vec![2; 16]].concat();
        let saved = relaxed(&code);
        assert_eq!(saved.code, [load(24), [0x74, 0].repeat(4), nops(15), vec![RET], vec![2; 16]].concat());
    }

    #[test]
    fn what_is_relocated_stays() {
        let code = [jmp(0), vec![0xe8, 0, 0, 0, 0], je(0), vec![RET]].concat();
        assert!(is_refused(&code), "a call to what is not known");
        let relaxed = relax(&code, &[1, 6], [0, 10, 16], |_| None).expect("code that is understood");
        assert!(is_same(&code, &relaxed, &[1, 6], |_| None));
        assert_eq!(relaxed.code, [jmp(0), vec![0xe8, 0, 0, 0, 0], vec![0x74, 0], vec![RET]].concat());
        assert_eq!([5, 6, 10, 16].map(|offset| relaxed.moved(offset)), [5, 6, 10, 12]);
    }

    #[test]
    fn what_is_not_understood_stays() {
        for code in [
            // No instruction; into an instruction; behind the end; half an instruction; short already; a loop.
            vec![0x06, RET],
            [je(1), jmp(0), vec![RET]].concat(),
            [je(2), vec![RET]].concat(),
            [vec![RET], je(0)].concat(),
            [je(-7), vec![RET]].concat(),
            je(0)[..4].to_vec(),
            vec![0xeb, 0, RET],
            vec![0xe2, 0xfe, RET],
            // An address in the code; one behind all of it.
            vec![0x48, 0x8d, 0x05, 0, 0, 0, 0, RET],
            vec![0xf2, 0x0f, 0x10, 0x05, 9, 0, 0, 0, RET],
        ] {
            assert!(is_refused(&code), "{code:02x?}");
        }
        let code = [je(0), vec![RET]].concat();
        for mark in [1, 5, 8, 4000] {
            assert!(relax(&code, &[], [mark], |_| None).is_none(), "an instruction at {mark}");
        }
        for length in 0..20 {
            let _ = relax(&vec![0; length], &[], [], |_| None);
            let _ = relax(&vec![0xff; length], &[], [], |_| None);
        }
    }

    #[test]
    fn faults_are_seen() {
        let (code, end) = dispatcher();
        let code = [code, vec![0x81, 0xc1, 5, 0, 0, 0, RET]].concat();
        let table_end = |_| Some(end);
        let whole = relax(&code, &[], [], table_end).expect("code that is understood");
        assert!(is_same(&code, &whole, &[], table_end));
        for place in 0..whole.code.len() {
            for bit in 0..8 {
                let mut fault = whole.clone();
                fault.code[place] ^= 1 << bit;
                assert!(!is_same(&code, &fault, &[], table_end), "bit {bit} at {place} of {:02x?}", whole.code);
            }
        }
    }
}
