//! Runs a plan on artifacts, by the `iwasm` runtime, in this process.
//!
//! # Safety contract
//!
//! The code of the artifacts is called. [`Native::new`] wants somebody to vouch for all that will be given.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use iwasm::{
    Artifact, Config, Engine, Error, Extern, Func, Instance, InterruptHandle, LinkError, LinkErrors, Linker, LoadError,
    Module, Store, TrapCode, Val,
};
use iwasm_wasi::{BuildError, InputStream, MODULE_NAMES, OutputBuffer, OutputStream, WasiCtx};

use crate::observation::{Event, Observation, Outcome, Place, Reason, Refusal, Sight, State};
use crate::plan::{Plan, Step, World};
use crate::value::Value;

/// Runs plans on artifacts.
pub struct Native {
    engine: Engine,
    watch: Watch,
}

/// Why a plan could not be begun.
#[derive(Debug, thiserror::Error)]
pub enum NativeError {
    /// An artifact does not load.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// What the modules are to be given is not there.
    #[error(transparent)]
    World(#[from] BuildError),
    /// A module cannot have its name.
    #[error(transparent)]
    Name(Error),
}

impl Native {
    /// One whose code may use so many bytes of stack; the thread that runs it must have some more.
    ///
    /// # Safety
    ///
    /// The code of every artifact that this is given is trusted: see [`Module::new`].
    pub unsafe fn new(stack_bytes: usize) -> Native {
        let engine = Engine::new(&Config { max_wasm_stack: stack_bytes, ..Config::default() });
        Native { engine, watch: Watch::start() }
    }

    /// Does what the plan says. The artifacts are those of the plan's modules, in their order.
    ///
    /// # Errors
    ///
    /// When the plan cannot be begun.
    pub fn observe(&self, plan: &Plan, artifacts: Vec<Artifact>) -> Result<Observation, NativeError> {
        // SAFETY: who made this vouched for what it is given.
        let load = |artifact| unsafe { Module::new(&self.engine, artifact) };
        let modules: Vec<Module> = artifacts.into_iter().map(load).collect::<Result<_, _>>()?;
        let of_wasi = |module: &Module| module.imports().iter().any(|import| MODULE_NAMES.contains(&&*import.module));
        let wasi = modules.iter().any(of_wasi);
        let mut run = Run { native: self, plan, modules, wasi, live: None };
        let mut events = Vec::with_capacity(plan.steps.len());
        for step in &plan.steps {
            events.push(run.step(step)?);
        }
        self.watch.set(None);
        Ok(Observation { events })
    }
}

/// A plan that is being done.
struct Run<'a> {
    native: &'a Native,
    plan: &'a Plan,
    modules: Vec<Module>,
    /// Whether any of them imports from WASI: all its functions are some work for every store.
    wasi: bool,
    live: Option<Live>,
}

/// The instances of the plan's modules.
struct Live {
    store: Store<WasiCtx>,
    /// Of each module, if it was instantiated.
    instances: Vec<Option<Instance>>,
    functions: Vec<Option<Func>>,
    /// Globals with the value they get before each call.
    refills: Vec<(iwasm::Global, Val)>,
    output: [OutputBuffer; 2],
}

impl Run<'_> {
    fn step(&mut self, step: &Step) -> Result<Event, NativeError> {
        Ok(match (step, &mut self.live) {
            (Step::Instantiate, _) => self.instantiate()?,
            (_, None) => Event::Nothing,
            (Step::Call { function, args }, Some(live)) => live.call(*function, args),
            (Step::Look, Some(live)) => live.look(self.plan),
        })
    }

    fn instantiate(&mut self) -> Result<Event, NativeError> {
        let plan = self.plan;
        self.live = None;
        let output = [OutputBuffer::new(plan.limits.output_bytes), OutputBuffer::new(plan.limits.output_bytes)];
        let mut store = Store::new(&self.native.engine, world(&plan.world, &output)?);
        store.limits_mut().max_memory_bytes = plan.limits.memory_bytes;
        store.limits_mut().max_table_elements = plan.limits.table_elements;
        self.native.watch.set(Some((plan.limits.run_ms, store.interrupt_handle())));
        let mut linker = Linker::new(&self.native.engine);
        if self.wasi {
            iwasm_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        }
        for (name, module) in plan.modules.iter().zip(&self.modules) {
            linker.register(name, module).map_err(NativeError::Name)?;
        }
        let mut failure = None;
        for (number, (name, module)) in plan.modules.iter().zip(&self.modules).enumerate() {
            if store.instance(name).is_some() {
                continue;
            }
            if let Err(error) = linker.instantiate(&mut store, name, module) {
                failure = Some(Event::NotInstantiated { module: number, outcome: outcome(&error) });
                break;
            }
        }
        let instances: Vec<Option<Instance>> = plan.modules.iter().map(|name| store.instance(name)).collect();
        let of = |module: usize| instances.get(module).copied().flatten();
        let functions = plan.functions.iter();
        let functions = functions.map(|function| of(function.module)?.get_func(&store, &function.name)).collect();
        let refills = plan.refills.iter();
        let refill = |refill: &crate::plan::Refill| {
            Some((of(refill.module)?.get_global(&store, &refill.global)?, Val::I32(refill.value)))
        };
        let refills = refills.filter_map(refill).collect();
        self.live = Some(Live { store, instances, functions, refills, output });
        Ok(failure.unwrap_or(Event::Instantiated))
    }
}

impl Live {
    fn call(&mut self, function: usize, args: &[Value]) -> Event {
        let Some(func) = self.functions.get(function).copied().flatten() else { return Event::Nothing };
        for (global, value) in &self.refills {
            // A global that was no such thing is the plan's affair, and the same for everybody.
            let _ = global.set(&mut self.store, *value);
        }
        let params: Option<Vec<Val>> = match func.ty(&self.store) {
            Ok(ty) => ty.params.iter().zip(args).map(|(ty, value)| to_val(*value, *ty, &self.store)).collect(),
            Err(_) => None,
        };
        let Some(params) = params else { return Event::Nothing };
        Event::Called(match func.call(&mut self.store, &params) {
            Ok(results) => Outcome::Returned(results.iter().map(from_val).collect()),
            Err(error) => outcome(&error),
        })
    }

    fn look(&mut self, plan: &Plan) -> Event {
        let mut sights = Vec::new();
        for (name, instance) in plan.modules.iter().zip(&self.instances) {
            let exports = instance.map(|instance| instance.exports(&self.store)).unwrap_or_default();
            for (field, export) in exports {
                if let Some(state) = state(&mut self.store, &export, plan) {
                    sights.push(Sight { name: format!("{name}.{field}"), state });
                }
            }
        }
        for (name, output) in ["standard output", "standard error"].into_iter().zip(&self.output) {
            let printed = output.contents();
            if !printed.is_empty() {
                sights.push(Sight { name: name.to_owned(), state: State::Output(printed) });
            }
        }
        Event::Seen(sights)
    }
}

fn state(store: &mut Store<WasiCtx>, export: &Extern, plan: &Plan) -> Option<State> {
    match export {
        Extern::Global(global) => global.get(&*store).ok().map(|value| State::Global(from_val(&value))),
        Extern::Memory(memory) => {
            let pages = memory.size(&*store).ok()?;
            match memory.shared(&*store).ok()? {
                Some(shared) => {
                    let mut bytes = vec![0; shared.data().len()];
                    shared.read(0, &mut bytes).ok()?;
                    Some(State::of_memory(pages, &bytes, plan.detail))
                }
                None => Some(State::of_memory(pages, memory.data(&*store).ok()?, plan.detail)),
            }
        }
        Extern::Table(table) => {
            let size = table.size(&*store).ok()?;
            let is_null = |index| table.get(&mut *store, index).is_ok_and(|value| from_val(&value) == Value::Null);
            Some(State::of_table(&(0..size).map(is_null).collect::<Vec<bool>>()))
        }
        Extern::Func(_) | Extern::Tag(_) => None,
    }
}

/// What the modules are given, the same in every run.
///
/// # Errors
///
/// When it is not there.
pub fn world(world: &World, output: &[OutputBuffer; 2]) -> Result<WasiCtx, BuildError> {
    let mut builder = WasiCtx::builder()
        .deterministic()
        .args(&world.args)
        .stdin(InputStream::bytes(world.input.clone()))
        .stdout(OutputStream::buffer(&output[0]))
        .stderr(OutputStream::buffer(&output[1]));
    for (name, value) in &world.environment {
        builder = builder.env(name, value);
    }
    for (host, guest) in &world.folders {
        builder = builder.preopened_dir(host, guest.clone());
    }
    builder.build()
}

fn to_val(value: Value, ty: iwasm::ValType, store: &Store<WasiCtx>) -> Option<Val> {
    Some(match value {
        Value::I32(value) => Val::I32(value.cast_signed()),
        Value::I64(value) => Val::I64(value.cast_signed()),
        Value::F32(bits) => Val::F32(bits),
        Value::F64(bits) => Val::F64(bits),
        Value::V128(bits) => Val::V128(bits),
        Value::Null => Val::default_for(ty, store.engine()),
        Value::Reference => return None,
    })
}

/// A value of the runtime, as it can be told to others.
pub fn from_val(value: &Val) -> Value {
    let reference = |is_null: bool| if is_null { Value::Null } else { Value::Reference };
    match value {
        Val::I32(value) => Value::I32(value.cast_unsigned()),
        Val::I64(value) => Value::I64(value.cast_unsigned()),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(bits) => Value::V128(*bits),
        Val::FuncRef(value) => reference(value.is_none()),
        Val::ExternRef(value) => reference(value.is_none()),
        Val::AnyRef(value) => reference(value.is_none()),
        Val::ExnRef(value) => reference(value.is_none()),
    }
}

fn outcome(error: &Error) -> Outcome {
    match error {
        Error::Trap(trap) if trap.code() == TrapCode::Interrupted => Outcome::TimedOut,
        Error::Trap(trap) => Outcome::Trapped {
            code: trap.code() as u8,
            place: trap.frames().first().map(|frame| Place {
                module: frame.module.clone(),
                function: frame.function_index,
                offset: frame.wasm_offset,
            }),
        },
        Error::Exception(_) => Outcome::Threw,
        Error::Exit(status) => Outcome::Exited(*status),
        Error::Link(LinkErrors(errors)) => Outcome::Refused(refusals(errors)),
        error => Outcome::Exhausted(error.to_string()),
    }
}

/// Why a set does not link, sorted.
pub fn refusals(errors: &[LinkError]) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> = errors.iter().map(refusal).collect();
    refusals.sort();
    refusals
}

fn refusal(error: &LinkError) -> Refusal {
    let (reason, site) = match error {
        LinkError::MissingModule { site } => (Reason::MissingModule, Some(site)),
        LinkError::MissingExport { site } => (Reason::MissingExport, Some(site)),
        LinkError::IncompatibleType { site, .. } => (Reason::IncompatibleType, Some(site)),
        LinkError::CircularReexport { site, .. } => (Reason::CircularReexport, Some(site)),
        LinkError::CommandAsDependency { site } => (Reason::CommandAsDependency, Some(site)),
        LinkError::CircularImport { .. } => (Reason::CircularImport, None),
        LinkError::BrokenModule { site, .. } => (Reason::Other, Some(site)),
        _ => (Reason::Other, None),
    };
    match site {
        Some(site) => {
            Refusal { reason, importer: site.importer.clone(), module: site.module.clone(), field: site.field.clone() }
        }
        None => Refusal { reason, importer: String::new(), module: String::new(), field: String::new() },
    }
}

/// A thread that interrupts what takes too long.
struct Watch {
    state: Arc<(Mutex<Watched>, Condvar)>,
}

#[derive(Default)]
struct Watched {
    deadline: Option<(Instant, InterruptHandle)>,
    over: bool,
}

impl Watch {
    fn start() -> Watch {
        let state = Arc::new((Mutex::new(Watched::default()), Condvar::new()));
        let seen = Arc::clone(&state);
        // Without the thread nothing is interrupted, and whoever waits for us will wait for longer.
        let _ = std::thread::Builder::new().name("watch".into()).spawn(move || watch(&seen.0, &seen.1));
        Watch { state }
    }

    /// Watches something else, for so many milliseconds.
    fn set(&self, what: Option<(u64, InterruptHandle)>) {
        let mut watched = self.state.0.lock().unwrap_or_else(PoisonError::into_inner);
        watched.deadline = what.map(|(ms, handle)| (Instant::now() + Duration::from_millis(ms), handle));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.state.1.notify_all();
    }
}

/// Looks now and then: what is watched changes often, and seldom takes long.
fn watch(watched: &Mutex<Watched>, changed: &Condvar) {
    const INTERVAL: Duration = Duration::from_millis(50);
    let mut now = watched.lock().unwrap_or_else(PoisonError::into_inner);
    while !now.over {
        if now.deadline.as_ref().is_some_and(|(deadline, _)| *deadline <= Instant::now())
            && let Some((_, handle)) = now.deadline.take()
        {
            handle.interrupt();
        }
        now = changed.wait_timeout(now, INTERVAL).unwrap_or_else(PoisonError::into_inner).0;
    }
}
