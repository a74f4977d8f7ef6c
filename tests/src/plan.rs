//! A `plan.json` of the corpus: modules instantiated one by one by an embedder who supplies every
//! import itself, some of them from *bags*: named instances put together from exports of others.

use std::collections::BTreeMap;
use std::path::Path;

use iwasm::{Engine, Error, Extern, ExternType, Instance, Linker, Module, Store, Val, ValType};
use iwasm_wasi::{OutputBuffer, OutputStream, WasiCtx};
use serde_json::Value;

use crate::artifact::Builder;
use crate::program::{self, Outcome, text};

/// Exports of an instance or bag, by name.
type Exports = BTreeMap<String, Extern>;

struct Runner<'a> {
    folder: &'a Path,
    engine: Engine,
    builder: Builder,
    store: Store<WasiCtx>,
    made: BTreeMap<u64, Exports>,
    /// Modules that are instantiated more than once are compiled once.
    modules: BTreeMap<String, Module>,
    printed: String,
}

/// Runs a plan.
///
/// # Errors
///
/// A message that names the step.
pub fn run(path: &Path) -> Result<Outcome, String> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let plan: Value = serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))?;
    let stdout = OutputBuffer::new(1 << 20);
    let context = WasiCtx::builder().arg("main").stdout(OutputStream::buffer(&stdout)).build();
    let engine = Engine::default();
    let mut runner = Runner {
        folder: path.parent().unwrap_or(path),
        store: Store::new(&engine, context.map_err(|error| error.to_string())?),
        engine,
        builder: Builder::new(wamrc::Options::new()),
        made: BTreeMap::new(),
        modules: BTreeMap::new(),
        printed: String::new(),
    };
    for step in plan["steps"].as_array().ok_or("`steps` is no list")? {
        runner.step(step).map_err(|message| format!("step {} ({}): {message}", step["id"], step["name"]))?;
    }
    let mut exit = 0;
    for call in plan["calls"].as_array().into_iter().flatten() {
        match runner.call(call) {
            Ok(()) => {}
            Err(Failure::Exit(status)) => exit = status,
            Err(Failure::Message(message)) => return Err(format!("call of {}: {message}", call["export"])),
        }
    }
    let mut output = stdout.contents();
    output.extend_from_slice(runner.printed.as_bytes());
    Ok(Outcome { exit, stdout: output, messages: Vec::new(), folder: None })
}

enum Failure {
    Exit(i32),
    Message(String),
}

impl<T: Into<String>> From<T> for Failure {
    fn from(message: T) -> Failure {
        Failure::Message(message.into())
    }
}

impl Runner<'_> {
    fn step(&mut self, step: &Value) -> Result<(), String> {
        let id = step["id"].as_u64().ok_or("`id` is no number")?;
        let exports = match step["bag"].as_object() {
            Some(bag) => {
                let item = |(name, item): (&String, &Value)| {
                    Ok::<_, String>((name.clone(), self.export(&item["from"], text(item, "export")?)?))
                };
                bag.iter().map(item).collect::<Result<Exports, String>>()?
            }
            None => self.instantiate(text(step, "module")?, &step["with"])?,
        };
        self.made.insert(id, exports);
        Ok(())
    }

    fn export(&self, from: &Value, name: &str) -> Result<Extern, String> {
        let made = from.as_u64().and_then(|id| self.made.get(&id)).ok_or_else(|| format!("there is no step {from}"))?;
        made.get(name).copied().ok_or_else(|| format!("step {from} has no {name:?}"))
    }

    fn module(&mut self, file: &str) -> Result<Module, String> {
        if let Some(module) = self.modules.get(file) {
            return Ok(module.clone());
        }
        let module = program::load(&mut self.builder, &self.engine, &self.folder.join(file))?;
        self.modules.insert(file.to_owned(), module.clone());
        Ok(module)
    }

    /// With a list of imports where all come from the plan, by a linker where the host has some.
    fn instantiate(&mut self, file: &str, with: &Value) -> Result<Exports, String> {
        let module = self.module(file)?;
        let mut linker: Linker<WasiCtx> = Linker::new(&self.engine);
        iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        let (mut imports, mut host) = (Vec::new(), false);
        for import in module.imports() {
            match &with[&import.module] {
                Value::Number(_) => {
                    let item = self.export(&with[&import.module], &import.name)?;
                    imports.push(item);
                    linker.define(&import.module, &import.name, item);
                }
                _ => host = true,
            }
        }
        let instance = match host {
            true => linker.instantiate(&mut self.store, "", &module),
            false => Instance::new(&mut self.store, &module, &imports),
        };
        Ok(instance.map_err(|error| format!("{error:#}"))?.exports(&self.store).into_iter().collect())
    }

    fn call(&mut self, call: &Value) -> Result<(), Failure> {
        let func = self.export(&call["instance"], text(call, "export")?)?.into_func().ok_or("it is no function")?;
        let ty = func.ty(&self.store).map_err(|error| error.to_string())?;
        let numbers = call["args"].as_array().into_iter().flatten().map(|arg| arg.as_i64().unwrap_or_default());
        let value = |(number, ty): (i64, &ValType)| match ty {
            ValType::I64 => Val::I64(number),
            _ => Val::I32(number as i32),
        };
        let params: Vec<Val> = numbers.zip(&ty.params).map(value).collect();
        let results = match func.call(&mut self.store, &params) {
            Ok(results) => results,
            Err(Error::Exit(status)) => return Err(Failure::Exit(status)),
            Err(error) => return Err(format!("{error:#}").into()),
        };
        if let Some(memory) = call["string_result"].as_u64() {
            let place = results.first().and_then(Val::i32).ok_or("the result is no address")?;
            let line = self.string(memory, place as u32)?;
            self.printed.push_str(&line);
            self.printed.push('\n');
        }
        Ok(())
    }

    /// The text whose address and length stand at `place` of an instance's memory.
    fn string(&self, instance: u64, place: u32) -> Result<String, String> {
        let item = self.export(&Value::from(instance), "memory")?;
        if !matches!(item.ty(&self.store), Ok(ExternType::Memory(_))) {
            return Err("`memory` is no memory".to_owned());
        }
        let memory = item.into_memory().ok_or("`memory` is no memory")?;
        let bytes = memory.data(&self.store).map_err(|error| error.to_string())?;
        let word = |at: usize| {
            let bytes = bytes.get(at..at + 4)?;
            Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
        };
        let (at, length) = word(place as usize).zip(word(place as usize + 4)).ok_or("the address is out of bounds")?;
        let text = bytes.get(at..at + length).ok_or("the text is out of bounds")?;
        String::from_utf8(text.to_vec()).map_err(|error| error.to_string())
    }
}
