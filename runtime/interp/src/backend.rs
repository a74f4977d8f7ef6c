//! What an engine must be able to do for sets of modules to be run by it.

use aot_format::types::ExternKind;
use iwasm_observe::plan::Detail;
use iwasm_observe::{Outcome, State, Value};

/// What a run may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Bytes of each memory.
    pub memory_bytes: u64,
    /// Elements of each table.
    pub table_elements: u64,
    /// Calls that are inside one another.
    pub depth: usize,
    /// Units of work, of the engine's own measure, until it is stopped; none for no end.
    pub fuel: Option<u64>,
}

/// Why there is no module.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    /// It is none, or not a valid one.
    #[error("{0}")]
    Invalid(String),
    /// It has what the engine does not know.
    #[error("{0}")]
    Unsupported(String),
}

/// An engine with a store of its own. Everything it gives belongs to that store.
pub trait Backend {
    /// A module.
    type Module;
    /// An instance.
    type Instance: Clone;
    /// Something that can be imported and exported.
    type Extern: Clone;
    /// The type of such a thing.
    type Type: Clone;
    /// A function that passes calls on to one that is not there yet.
    type Forward;

    /// A module from its bytes.
    ///
    /// # Errors
    ///
    /// When it is not valid, or has what the engine does not know.
    fn module(&self, wasm: &[u8]) -> Result<Self::Module, ModuleError>;

    /// Types of the imports, in their order.
    fn import_types(&self, module: &Self::Module) -> Vec<Self::Type>;

    /// The declared type of an export.
    fn export_type(&self, module: &Self::Module, name: &str) -> Option<Self::Type>;

    /// The kind of a type.
    fn kind(&self, ty: &Self::Type) -> ExternKind;

    /// Whether a function of this type takes and gives nothing.
    fn is_plain_function(&self, ty: &Self::Type) -> bool;

    /// The type as it is now: of a memory or table with its current size.
    fn type_of(&self, item: &Self::Extern) -> Self::Type;

    /// Whether something of type `found` can be imported as `wanted`, as the specification says.
    fn matches(&self, found: &Self::Type, wanted: &Self::Type) -> bool;

    /// A type as errors show it.
    fn describe(&self, ty: &Self::Type) -> String;

    /// A function of this type that passes calls on to what [`Backend::set_forward`] says later.
    fn forward(&mut self, ty: &Self::Type) -> (Self::Extern, Self::Forward);

    /// Says where calls go.
    fn set_forward(&mut self, forward: &Self::Forward, target: &Self::Extern);

    /// Makes an instance, initialises it and runs its start function.
    ///
    /// # Errors
    ///
    /// As what runs ends.
    fn instantiate(&mut self, module: &Self::Module, imports: &[Self::Extern]) -> Result<Self::Instance, Outcome>;

    /// An export of an instance.
    fn export(&mut self, instance: &Self::Instance, name: &str) -> Option<Self::Extern>;

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// As what runs ends.
    fn call(&mut self, func: &Self::Extern, args: &[Value]) -> Result<Vec<Value>, Outcome>;

    /// Writes a global of type `i32`; nothing else happens to any other.
    fn set_global(&mut self, global: &Self::Extern, value: i32);

    /// What can be seen of a global, memory or table; nothing of a function or tag.
    fn state(&mut self, item: &Self::Extern, detail: Detail) -> Option<State>;
}
