//! Memories and tables of every index type and page size, as an embedder has them: made by the host,
//! shared with a guest, and limited. What two modules share is in `multi_module/`.

use iwasm::{Error, Extern, HeapType, Instance, Memory, MemoryType, RefType, Table, TableType, Val};
use tests::kit::{Kit, call};

/// Memories with i64 indices and with pages of one byte, made by the host and seen from both sides;
/// lengths that no memory can have are refused by name, at the limit and one past it.
#[test]
fn memories_of_all_types_are_shared_with_the_host() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    let narrow = MemoryType { index64: false, shared: false, page_size_log2: 16, min: 1, max: Some(2) };
    let wide = MemoryType { index64: true, ..narrow };
    let bytes = MemoryType { page_size_log2: 0, min: 5, max: Some(6), ..narrow };
    for (ty, text, last) in [
        (wide, "(memory i64 1 2)", Val::I64(131_064)),
        (bytes, "(memory 5 6 (pagesize 1))", Val::I32(-2)),
        (MemoryType { min: 9, max: Some(9), index64: true, ..bytes }, "(memory i64 9 9 (pagesize 1))", Val::I64(1)),
    ] {
        let memory = Memory::new(&mut store, ty).unwrap();
        let index = if ty.index64 { "i64" } else { "i32" };
        let module = kit.module(&format!(
            r#"(module (import "x" "m" {text})
                (func (export "load") (param {index}) (result i64) (i64.load (local.get 0))))"#
        ));
        let main = Instance::new(&mut store, &module, &[Extern::Memory(memory)]).unwrap();
        if ty.max > Some(ty.min) {
            assert_eq!(memory.grow(&mut store, 1).unwrap(), ty.min);
        }
        assert!(memory.grow(&mut store, 1).is_err() && memory.grow(&mut store, u64::MAX).is_err());
        let size = memory.data(&store).unwrap().len() as u64;
        assert_eq!(size, ty.max.unwrap() << ty.page_size_log2);
        assert_eq!(memory.ty(&store).unwrap(), MemoryType { min: ty.max.unwrap(), ..ty });
        if size >= 8 {
            memory.write(&mut store, size - 8, &7i64.to_le_bytes()).unwrap();
            assert_eq!(call(&mut store, main, "load", std::slice::from_ref(&last)).unwrap(), [Val::I64(7)]);
        }
        let past = match last {
            Val::I64(last) => Val::I64(last + 1),
            _ => last,
        };
        assert!(matches!(call(&mut store, main, "load", &[past]), Err(Error::Trap(_))), "{text}");
    }
    for (ty, most) in
        [(narrow, 1 << 16), (wide, 1 << 48), (bytes, 1 << 32), (MemoryType { index64: true, ..bytes }, u64::MAX)]
    {
        let largest = MemoryType { min: 0, max: Some(most), ..ty };
        Memory::new(&mut store, largest).unwrap();
        if let Some(max) = most.checked_add(1) {
            let outcome = Memory::new(&mut store, MemoryType { max: Some(max), ..largest });
            assert!(matches!(outcome, Err(Error::BadValue { .. })), "{outcome:?}");
        }
    }
    let func = RefType { nullable: true, heap: HeapType::Func };
    let table = TableType { element: func, index64: false, min: 0, max: Some(u64::from(u32::MAX)) };
    Table::new(&mut store, table, Val::FuncRef(None)).unwrap();
    let past = TableType { max: Some(1 << 32), ..table };
    assert!(matches!(Table::new(&mut store, past, Val::FuncRef(None)), Err(Error::BadValue { .. })));
    Table::new(&mut store, TableType { index64: true, max: Some(u64::MAX), ..past }, Val::FuncRef(None)).unwrap();
}

#[test]
fn the_limit_of_a_memory_holds_for_all_types_of_memories() {
    let mut kit = Kit::new();
    let mut store = kit.store();
    // More than any process can have is refused by the limit, not by what the system makes of it.
    for text in ["i64 0x1000000000000", "i64 0x80000001", "i64 0xffffffffffffffff (pagesize 1)"] {
        let error = kit.main(&mut store, &format!("(module (memory {text}))")).unwrap_err().to_string();
        assert!(error.contains("the store's limit of 140737488355328 bytes a memory is exceeded"), "{text}: {error}");
    }
    for (text, index, most) in [
        ("i64 1", "i64", 2),
        ("1", "i32", 2),
        ("65536 (pagesize 1)", "i32", 131_072),
        ("i64 1 (pagesize 1)", "i64", 131_072),
    ] {
        let mut store = kit.store();
        store.limits_mut().max_memory_bytes = 2 << 16;
        let main = kit.main(
            &mut store,
            &format!(
                r#"(module (memory {text}) (func (export "size") (result {index}) (memory.size))
                    (func (export "grow") (param {index}) (result {index}) (memory.grow (local.get 0))))"#
            ),
        );
        let main = main.unwrap();
        let val = |value: i64| if index == "i64" { Val::I64(value) } else { Val::I32(value as i32) };
        let size = call(&mut store, main, "size", &[]).unwrap();
        let size = match size[0] {
            Val::I32(size) => i64::from(size),
            Val::I64(size) => size,
            ref other => panic!("{other:?}"),
        };
        assert_eq!(call(&mut store, main, "grow", &[val(most - size + 1)]).unwrap(), [val(-1)], "{text}");
        assert_eq!(call(&mut store, main, "grow", &[val(most - size)]).unwrap(), [val(size)], "{text}");
        assert_eq!(call(&mut store, main, "grow", &[val(1)]).unwrap(), [val(-1)], "{text}");
    }
    let error = kit.main(&mut store, "(module (table i64 10000001 funcref))").unwrap_err().to_string();
    assert!(error.contains("the store's limit of 10000000 elements is exceeded"), "{error}");
    kit.main(&mut store, "(module (table i64 10000000 0xffffffffffffffff funcref))").unwrap();
}
