//! Faults to be planted: a judge counts only after it has found them. Each is a mistake that code generators or
//! linkers of our kind have made, or are one line away from. Those in code are made between translation and Cranelift,
//! those in the runtime where it would make them.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    Function, Inst, InstBuilder, InstructionData, MemFlagsData, Opcode, TrapCode as ClifTrap, types,
};
use iwasm::TrapCode;
use iwasm::faults::Fault as RuntimeFault;
use wamrc::Options;

/// A fault.
pub struct Fault {
    /// Its name.
    pub name: &'static str,
    /// What goes wrong.
    pub what: &'static str,
    /// How it is planted.
    pub plant: Plant,
}

/// Where a fault is planted.
#[derive(Clone, Copy)]
pub enum Plant {
    /// In every function.
    Code(fn(&mut Function)),
    /// In every function, where memory accesses are checked in code.
    CheckedCode(fn(&mut Function)),
    /// In the runtime.
    Runtime(RuntimeFault),
    /// NaNs are left as the machine makes them.
    Nans,
}

/// All of them.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "bounds-check",
        what: "a bounds check is skipped: what is out of bounds is accessed",
        plant: Plant::CheckedCode(skip_bounds_checks),
    },
    Fault {
        name: "mask",
        what: "a shift's amount is masked by the wrong type: 64-bit shifts go by 31 at most (CVE-2026-34971)",
        plant: Plant::Code(mask_by_wrong_type),
    },
    Fault {
        name: "wide-load",
        what: "a load of 8 bytes reads 16 (CVE-2026-24116, CVE-2026-34944)",
        plant: Plant::Code(widen_loads),
    },
    Fault {
        name: "sign",
        what: "loads of one byte are extended by sign instead of zero (CVE-2021-32629)",
        plant: Plant::Code(extend_by_sign),
    },
    Fault {
        name: "trap-code",
        what: "an indirect call of a null element traps with another code",
        plant: Plant::Code(wrong_trap_code),
    },
    Fault {
        name: "signature",
        what: "the type check of an indirect call is skipped",
        plant: Plant::Code(skip_signature_checks),
    },
    Fault {
        name: "stale-base",
        what: "bases and lengths of memories are not loaded again after a call or memory.grow",
        plant: Plant::CheckedCode(stale_memories),
    },
    Fault {
        name: "stale-length",
        what: "a memory that has grown keeps the length it had",
        plant: Plant::Runtime(RuntimeFault::StaleLength),
    },
    Fault {
        name: "start-order",
        what: "two instances of a set are initialised in the wrong order",
        plant: Plant::Runtime(RuntimeFault::InitialisationOrder),
    },
    Fault {
        name: "wrong-instance",
        what: "a trampoline is patched to the importer's instance instead of the exporter's",
        plant: Plant::Runtime(RuntimeFault::WrongInstance),
    },
    Fault {
        name: "import-type",
        what: "types of imports are not compared with those of exports",
        plant: Plant::Runtime(RuntimeFault::ImportType),
    },
    Fault {
        name: "short-segment",
        what: "the last element of an element segment is not copied",
        plant: Plant::Runtime(RuntimeFault::ShortSegment),
    },
    Fault {
        name: "br-table",
        what: "the default of a br_table is lost: its first target is taken",
        plant: Plant::Code(lose_br_table_defaults),
    },
    Fault { name: "nan", what: "NaNs are not made canonical", plant: Plant::Nans },
    Fault {
        name: "compare",
        what: "signed integers are compared as unsigned ones",
        plant: Plant::Code(compare_unsigned),
    },
    Fault { name: "select", what: "a select takes the other operand", plant: Plant::Code(swap_selects) },
    Fault { name: "narrow-store", what: "an i64.store writes four bytes", plant: Plant::Code(narrow_stores) },
];

/// The fault of a name.
pub fn named(name: &str) -> Option<&'static Fault> {
    FAULTS.iter().find(|fault| fault.name == name)
}

impl Fault {
    /// Plants it: what is in the runtime, in this process and for good; what is in code, in the options.
    pub fn plant(&self, options: Options) -> Options {
        match self.plant {
            Plant::Code(tamper) => options.tamper(tamper),
            Plant::CheckedCode(tamper) => options.explicit_bounds_checks(true).tamper(tamper),
            Plant::Runtime(fault) => {
                iwasm::faults::plant(fault);
                options
            }
            Plant::Nans => options.nan_canonicalization(false),
        }
    }
}

fn insts(func: &Function) -> Vec<Inst> {
    func.layout.blocks().flat_map(|block| func.layout.block_insts(block)).collect()
}

/// Changes instructions as they are.
fn change(func: &mut Function, mut change: impl FnMut(&mut InstructionData)) {
    for inst in insts(func) {
        change(&mut func.dfg.insts[inst]);
    }
}

fn skip_bounds_checks(func: &mut Function) {
    change(func, |data| {
        if let InstructionData::Ternary { opcode: Opcode::SelectSpectreGuard, args } = data {
            args[1] = args[2];
        }
    });
}

fn mask_by_wrong_type(func: &mut Function) {
    for inst in insts(func) {
        let InstructionData::Binary { opcode: Opcode::Ishl | Opcode::Ushr | Opcode::Sshr, args } = func.dfg.insts[inst]
        else {
            continue;
        };
        if func.dfg.ctrl_typevar(inst) != types::I64 || func.dfg.value_type(args[1]) != types::I64 {
            continue;
        }
        let mut cursor = FuncCursor::new(func).at_inst(inst);
        let mask = cursor.ins().iconst(types::I64, 31);
        let masked = cursor.ins().band(args[1], mask);
        if let InstructionData::Binary { args, .. } = &mut func.dfg.insts[inst] {
            args[1] = masked;
        }
    }
}

/// Whether an access is one of linear memory: those of the runtime's structures are known not to trap.
fn is_guest_access(func: &Function, inst: Inst) -> bool {
    func.dfg.insts[inst].memflags().is_some_and(|flags| !func.dfg.mem_flags[flags].notrap())
}

fn widen_loads(func: &mut Function) {
    for inst in insts(func) {
        let InstructionData::Load { opcode: Opcode::Load, arg, flags, offset } = func.dfg.insts[inst] else { continue };
        let ty = func.dfg.ctrl_typevar(inst);
        if ty != types::F64 || !is_guest_access(func, inst) {
            continue;
        }
        let flags = func.dfg.mem_flags[flags];
        let mut cursor = FuncCursor::new(func).at_inst(inst);
        let wide = cursor.ins().load(types::F64X2, flags, arg, offset);
        func.replace(inst).extractlane(wide, 0);
    }
}

fn extend_by_sign(func: &mut Function) {
    change(func, |data| {
        if let InstructionData::Load { opcode: opcode @ Opcode::Uload8, .. } = data {
            *opcode = Opcode::Sload8;
        }
    });
}

fn wrong_trap_code(func: &mut Function) {
    let (wrong, right) = (TrapCode::UndefinedElement as u8, TrapCode::UninitializedElement as u8);
    let (wrong, right) = (ClifTrap::unwrap_user(wrong), ClifTrap::unwrap_user(right));
    for inst in insts(func) {
        let Some(flags) = func.dfg.insts[inst].memflags() else { continue };
        let data = func.dfg.mem_flags[flags];
        if data.trap_code() != Some(right) {
            continue;
        }
        let changed = func.dfg.mem_flags.insert_unchecked(data.with_trap_code(Some(wrong)));
        if let InstructionData::Load { flags, .. } = &mut func.dfg.insts[inst] {
            *flags = changed;
        }
    }
}

fn skip_signature_checks(func: &mut Function) {
    let code = ClifTrap::unwrap_user(TrapCode::IndirectCallTypeMismatch as u8);
    for inst in insts(func) {
        if matches!(func.dfg.insts[inst], InstructionData::CondTrap { code: of, .. } if of == code) {
            func.layout.remove_inst(inst);
        }
    }
}

/// Says of what can change that it cannot, as one does who hoists it out of a loop without looking.
fn stale_memories(func: &mut Function) {
    /// The region of bases and lengths of memories (compiler/src/translate/regions.rs).
    const MEMORY_DEFINITIONS: u32 = 1;
    let Some(region) = func.dfg.alias_regions.get(MEMORY_DEFINITIONS) else { return };
    let constant = MemFlagsData::trusted().with_readonly().with_can_move();
    let constant = func.dfg.mem_flags.insert_unchecked(constant);
    for inst in insts(func) {
        let data = &func.dfg.insts[inst];
        if data.memflags().is_some_and(|flags| func.dfg.mem_flags[flags].alias_region() == Some(region))
            && let InstructionData::Load { flags, .. } = &mut func.dfg.insts[inst]
        {
            *flags = constant;
        }
    }
}

fn lose_br_table_defaults(func: &mut Function) {
    let tables: Vec<_> = insts(func)
        .into_iter()
        .filter_map(|inst| match func.dfg.insts[inst] {
            InstructionData::BranchTable { table, .. } => Some(table),
            _ => None,
        })
        .collect();
    for table in tables {
        let table = &mut func.dfg.jump_tables[table];
        if let Some(first) = table.as_slice().first().copied() {
            *table.default_block_mut() = first;
        }
    }
}

fn compare_unsigned(func: &mut Function) {
    change(func, |data| {
        if let InstructionData::IntCompare { cond: cond @ IntCC::SignedLessThan, .. } = data {
            *cond = IntCC::UnsignedLessThan;
        }
    });
}

fn swap_selects(func: &mut Function) {
    change(func, |data| {
        if let InstructionData::Ternary { opcode: Opcode::Select, args } = data {
            args.swap(1, 2);
        }
    });
}

fn narrow_stores(func: &mut Function) {
    for inst in insts(func) {
        let InstructionData::Store { opcode: Opcode::Store, args, .. } = func.dfg.insts[inst] else { continue };
        if func.dfg.value_type(args[0]) == types::I64
            && is_guest_access(func, inst)
            && let InstructionData::Store { opcode, .. } = &mut func.dfg.insts[inst]
        {
            *opcode = Opcode::Istore32;
        }
    }
}
