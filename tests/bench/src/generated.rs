//! Modules that are as large as one wants: what growth is measured with. All are the same in every run.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ElementSection, Elements, EntityType, ExportKind, ExportSection,
    Function, FunctionSection, GlobalSection, GlobalType, ImportSection, InstructionSink, MemArg, MemorySection,
    MemoryType, Module, RefType, TableSection, TableType, TypeSection, ValType,
};

/// Statements of each function of [`code`]: some 300 bytes.
const STATEMENTS: u32 = 24;
/// Locals of such a function that are i32: two parameters and four more.
const LOCALS: u32 = 6;
/// Its one local that is i64.
const WIDE: u32 = LOCALS;

/// Numbers that look random.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u32) -> u32 {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as u32) % end
    }
}

/// A module of about `bytes` bytes of code like that of programs: arithmetic, loads and stores, branches, loops,
/// switches, calls. It is not meant to be run.
pub fn code(bytes: usize) -> Vec<u8> {
    // Each body is made on its own, so that it depends on nothing but its index and the number of functions.
    let sample: usize = (0..64).map(|index| body(index, 64).byte_len()).sum::<usize>() / 64;
    let count = u32::try_from((bytes / (sample + 3)).max(1)).unwrap_or(u32::MAX);
    let mut code = CodeSection::new();
    (0..count).for_each(|index| {
        code.function(&body(index, count));
    });
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32, ValType::I32], [ValType::I32]);
    let mut functions = FunctionSection::new();
    (0..count).for_each(|_| {
        functions.function(0);
    });
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 0);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&memory(1)).section(&exports).section(&code);
    module.finish()
}

fn memory(pages: u64) -> MemorySection {
    let mut memories = MemorySection::new();
    memories.memory(MemoryType { minimum: pages, maximum: None, memory64: false, shared: false, page_size_log2: None });
    memories
}

fn body(index: u32, count: u32) -> Function {
    let mut random = Random(u64::from(index) + 1);
    let mut function = Function::new([(LOCALS - 2, ValType::I32), (1, ValType::I64)]);
    let mut code = function.instructions();
    for _ in 0..STATEMENTS {
        statement(&mut code, &mut random, count);
    }
    code.local_get(random.below(LOCALS)).end();
    function
}

/// One of eight kinds; it leaves nothing on the stack.
fn statement(code: &mut InstructionSink<'_>, random: &mut Random, count: u32) {
    let [a, b, to] = [random.below(LOCALS), random.below(LOCALS), random.below(LOCALS)];
    let constant = random.below(1 << 16).cast_signed();
    let place = MemArg { offset: random.below(1 << 12).into(), align: 2, target: Default::default(), ordering: None };
    match random.below(8) {
        0 => code.local_get(a).local_get(b).i32_const(constant).i32_mul().i32_add().local_set(to),
        1 => code.local_get(a).local_get(b).i32_store(place),
        2 => code.local_get(a).i32_load(place).local_get(b).i32_xor().local_set(to),
        3 => code
            .local_get(a)
            .local_get(b)
            .i32_lt_u()
            .if_(BlockType::Empty)
            .local_get(b)
            .i32_const(constant)
            .i32_sub()
            .local_set(to)
            .else_()
            .local_get(a)
            .i32_const(3)
            .i32_rotl()
            .local_set(to)
            .end(),
        4 => code.local_get(a).local_get(b).call(random.below(count)).local_set(to),
        5 => code
            .loop_(BlockType::Empty)
            .local_get(to)
            .local_get(b)
            .i32_store(place)
            .local_get(to)
            .i32_const(1)
            .i32_shr_u()
            .local_tee(to)
            .br_if(0)
            .end(),
        6 => code
            .block(BlockType::Empty)
            .block(BlockType::Empty)
            .block(BlockType::Empty)
            .local_get(a)
            .br_table([0, 1, 0, 2], 1)
            .end()
            .local_get(b)
            .local_set(to)
            .end()
            .i32_const(constant)
            .local_set(to)
            .end(),
        _ => code
            .local_get(WIDE)
            .local_get(a)
            .i64_extend_i32_u()
            .i64_const(i64::from(constant) << 20)
            .i64_mul()
            .i64_add()
            .local_tee(WIDE)
            .i32_wrap_i64()
            .local_set(to),
    };
}

/// A module of `count` functions as small as they can be, each of which is exported.
pub fn functions(count: u32) -> Vec<u8> {
    let (mut functions, mut exports, mut code) = (FunctionSection::new(), ExportSection::new(), CodeSection::new());
    for index in 0..count {
        functions.function(0);
        exports.export(&format!("f{index}"), ExportKind::Func, index);
        code.function(&adding(index.cast_signed(), None));
    }
    let mut module = Module::new();
    module.section(&unary()).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// A module that imports all of those functions from a module called "all", and exports `run`, which calls the last.
pub fn importer(count: u32) -> Vec<u8> {
    let mut imports = ImportSection::new();
    for index in 0..count {
        imports.import("all", &format!("f{index}"), EntityType::Function(0));
    }
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, count);
    let mut code = CodeSection::new();
    code.function(&adding(0, Some(count - 1)));
    let mut module = Module::new();
    module.section(&unary()).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// A module of a chain: it exports `run`, which adds 1 to what the one before returns; the first has none before.
pub fn chained(index: usize) -> Vec<u8> {
    let mut imports = ImportSection::new();
    let before = index.checked_sub(1);
    if let Some(before) = before {
        imports.import(&chained_name(before), "run", EntityType::Function(0));
    }
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, u32::from(before.is_some()));
    let mut code = CodeSection::new();
    code.function(&adding(1, before.map(|_| 0)));
    let mut module = Module::new();
    module.section(&unary()).section(&imports).section(&functions).section(&exports).section(&code);
    module.finish()
}

/// What the module of a chain is called.
pub fn chained_name(index: usize) -> String {
    format!("m{index}")
}

/// A small module with one of each thing that an instance has: a memory of a page with a kilobyte of data, a table, a
/// global, a function.
pub fn ordinary() -> Vec<u8> {
    let mut functions = FunctionSection::new();
    functions.function(0);
    let mut tables = TableSection::new();
    tables.table(TableType {
        element_type: RefType::FUNCREF,
        minimum: 16,
        maximum: None,
        table64: false,
        shared: false,
    });
    let mut globals = GlobalSection::new();
    globals.global(GlobalType { val_type: ValType::I32, mutable: true, shared: false }, &ConstExpr::i32_const(7));
    let mut exports = ExportSection::new();
    exports.export("run", ExportKind::Func, 0).export("memory", ExportKind::Memory, 0);
    let mut elements = ElementSection::new();
    elements.active(None, &ConstExpr::i32_const(0), Elements::Functions(vec![0; 16].into()));
    let mut code = CodeSection::new();
    code.function(&adding(1, None));
    let mut data = DataSection::new();
    data.active(0, &ConstExpr::i32_const(64), std::iter::repeat_n(7, 1024));
    let mut module = Module::new();
    module.section(&unary()).section(&functions).section(&tables).section(&memory(1)).section(&globals);
    module.section(&exports).section(&elements).section(&code).section(&data);
    module.finish()
}

/// One type: i32 → i32.
fn unary() -> TypeSection {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32], [ValType::I32]);
    types
}

/// Adds a constant to its argument, or to what `callee` returns for that.
fn adding(constant: i32, callee: Option<u32>) -> Function {
    let mut function = Function::new([]);
    let mut code = function.instructions();
    code.local_get(0);
    if let Some(callee) = callee {
        code.call(callee);
    }
    code.i32_const(constant).i32_add().end();
    function
}

#[cfg(test)]
mod tests {
    use wamrc::{Compiler, Options};

    use super::*;

    #[test]
    fn modules_are_valid_and_as_large_as_wanted() {
        let compiler = Compiler::new(Options::new()).unwrap();
        for bytes in [1_000, 10_000, 100_000] {
            let module = code(bytes);
            let ratio = module.len() as f64 / bytes as f64;
            assert!((0.7..1.4).contains(&ratio), "{} bytes for {bytes}", module.len());
            compiler.compile(&module).unwrap();
        }
        for module in [functions(3), importer(3), chained(0), chained(1), ordinary()] {
            compiler.compile(&module).unwrap();
        }
    }
}
