//! From a main module to the whole set it needs: every module found, every import traced through
//! re-exports to whoever defines it, every type checked. All that is wrong is collected; nothing is
//! made before there is nothing wrong.

use std::collections::BinaryHeap;

use aot_format::types::{ExternKind, ExternType, FuncType};

use crate::error::{Error, ImportSite, LinkError, LinkErrors};
use crate::externs::{Extern, Func};
use crate::instance::VmctxBlock;
use crate::module::Module;
use crate::names::Names;
use crate::store::{InstanceId, Item, Owner, StoreOpaque};

use super::order;
use super::{Definition, Linker, Unfinished, check_import, display_name, site};

/// One instance to be made.
pub(super) struct Node {
    /// Its name in the store; empty for none.
    pub(super) name: String,
    pub(super) module: Module,
    /// What each import is, once resolved.
    pub(super) imports: Vec<Source>,
    /// The nodes its imports name, each with the number of the import.
    pub(super) dependencies: Vec<(usize, usize)>,
    /// The instances its imports name that were there before.
    named: Vec<InstanceId>,
    /// Of a member of a linked set, the node of the main module; the others follow in order.
    pub(super) main_member: Option<usize>,
    /// Of the main module of a linked set, the nodes of the other members.
    pub(super) companions: Vec<usize>,
}

impl Node {
    /// Gives the initialised instance its name.
    fn publish(&self, store: &mut StoreOpaque, id: InstanceId) -> Result<(), Error> {
        if self.name.is_empty() {
            return Ok(());
        }
        if store.named(&self.name).is_some() {
            let reason = "was taken by another instance while this one was initialised";
            return Err(Error::Name { name: self.name.clone(), reason });
        }
        store.set_name(&self.name, id);
        Ok(())
    }
}

/// What an import is satisfied by.
#[derive(Clone)]
pub(super) enum Source {
    /// Something that exists in the store.
    Item(Extern),
    /// What node `node` defines itself, counted without imports.
    Own { node: usize, kind: ExternKind, index: u32 },
    /// Not known yet, or an error that was reported.
    Unresolved,
}

/// Where an import leads, before re-exports are followed.
#[derive(Clone)]
enum Target {
    Item(Extern),
    Export { node: usize, kind: ExternKind, index: u32 },
    Broken,
}

/// A set of which everything is resolved. Node 0 is the main module.
pub(super) struct Set {
    pub(super) nodes: Vec<Node>,
    /// Nodes such that what must exist is made before who needs it.
    make_order: Vec<usize>,
    /// Nodes dependencies first.
    init_order: Vec<usize>,
}

struct Resolver<'a, T: 'static> {
    linker: &'a mut Linker<T>,
    store: &'a mut StoreOpaque,
    nodes: Vec<Node>,
    targets: Vec<Vec<Target>>,
    by_name: Names<usize>,
    /// Modules that exist but cannot be loaded; each is reported once, with its first importer.
    broken: Names<()>,
    /// What is wrong, with the node and import it was met at.
    errors: Vec<((usize, usize), LinkError)>,
}

/// Resolves the set of `main`.
pub(super) fn resolve<T>(
    linker: &mut Linker<T>,
    store: &mut StoreOpaque,
    name: &str,
    main: &Module,
) -> Result<Set, Error> {
    let mut resolver = Resolver {
        linker,
        store,
        nodes: Vec::new(),
        targets: Vec::new(),
        by_name: Names::new(),
        broken: Names::new(),
        errors: Vec::new(),
    };
    resolver.add_node(name, main);
    let mut next = 0;
    while next < resolver.nodes.len() {
        resolver.find_targets(next);
        next += 1;
    }
    resolver.follow_reexports();
    let Resolver { nodes, errors, .. } = resolver;
    let mut errors = in_order(errors);
    let make_order = match order::make_order(&nodes) {
        Ok(order) => order,
        Err(cycle) => {
            errors.push(LinkError::CircularImport { cycle });
            Vec::new()
        }
    };
    if !errors.is_empty() {
        return Err(LinkErrors(errors).into());
    }
    let init_order = order::init_order(&nodes);
    Ok(Set { nodes, make_order, init_order })
}

/// Errors by the import at which they were met; those of one import as they came.
fn in_order(errors: Vec<((usize, usize), LinkError)>) -> Vec<LinkError> {
    let order: BinaryHeap<_> = errors.iter().enumerate().map(|(number, (met, _))| (*met, number)).collect();
    let mut errors: Vec<Option<LinkError>> = errors.into_iter().map(|(_, error)| Some(error)).collect();
    order.into_sorted_vec().into_iter().filter_map(|(_, number)| errors[number].take()).collect()
}

impl<T> Resolver<'_, T> {
    /// Adds a module; of a linked set, all members, behind each other.
    fn add_node(&mut self, name: &str, module: &Module) -> usize {
        let index = self.nodes.len();
        self.push_node(name, module);
        let others = module.others();
        if others.is_empty() {
            return index;
        }
        for (member, other) in module.members().zip(others) {
            if self.by_name.contains(member) || self.store.named(member).is_some() {
                let (module, member) = (display_name(name, module).to_string(), member.to_string());
                self.errors.push(((index, 0), LinkError::MemberTaken { module, member }));
            }
            let node = self.nodes.len();
            self.push_node(member, other);
            self.nodes[node].main_member = Some(index);
            // Whatever the main module imports, the whole set is there when it is initialised.
            self.nodes[index].companions.push(node);
        }
        self.nodes[index].main_member = Some(index);
        index
    }

    fn push_node(&mut self, name: &str, module: &Module) {
        if !name.is_empty() {
            self.by_name.insert(name.to_string(), self.nodes.len());
        }
        self.nodes.push(Node {
            name: name.to_string(),
            module: module.clone(),
            imports: Vec::new(),
            dependencies: Vec::new(),
            companions: Vec::new(),
            named: Vec::new(),
            main_member: None,
        });
        self.targets.push(Vec::new());
    }

    /// The node of the member of a node's own linked set that has this name. The main module comes first here, and last
    /// in the set.
    fn member(&self, node: usize, name: &str) -> Option<usize> {
        let Node { module, main_member, .. } = &self.nodes[node];
        let (main, (set, _)) = ((*main_member)?, module.set()?);
        let found = set.find(name)?;
        let others = self.nodes[main].module.others().len();
        Some(if found == others { main } else { main + 1 + found })
    }

    /// Finds what each import of a node leads to, adding nodes for modules met for the first time.
    fn find_targets(&mut self, node: usize) {
        let module = self.nodes[node].module.clone();
        self.targets[node].reserve_exact(module.imports().len());
        for (index, import) in module.imports().iter().enumerate() {
            let target = if self.broken.contains(&import.module) {
                Target::Broken
            } else {
                self.target(node, index).unwrap_or_else(|error| {
                    if let LinkError::BrokenModule { .. } = error {
                        self.broken.insert(import.module.clone(), ());
                    }
                    self.errors.push(((node, index), error));
                    Target::Broken
                })
            };
            if let Target::Export { node: dependency, .. } = target {
                self.nodes[node].dependencies.push((dependency, index));
            }
            self.targets[node].push(target);
        }
    }

    fn site(&self, node: usize, import: usize) -> Box<ImportSite> {
        let Node { name, module, .. } = &self.nodes[node];
        site(display_name(name, module), module, import)
    }

    fn target(&mut self, node: usize, index: usize) -> Result<Target, LinkError> {
        let module = self.nodes[node].module.clone();
        let import = &module.imports()[index];
        if let Some(member) = self.member(node, &import.module) {
            return self.export_of(member, node, index);
        }
        let defined = self.linker.definitions.get(&import.module);
        let host_module = defined.is_some();
        match defined.and_then(|items| items.get(&import.name)) {
            Some(Definition::Item(item)) => return Ok(Target::Item(item)),
            Some(Definition::Shared(memory)) => {
                return Ok(Target::Item(Extern::Memory(self.store.shared_memory(&memory))));
            }
            Some(Definition::Func(func)) => return Ok(Target::Item(Extern::Func(self.store.host_func(&func)))),
            Some(Definition::Undefined) | None => {}
        }
        if let Some(instance) = self.store.named(&import.module) {
            let named = &mut self.nodes[node].named;
            if named.last() != Some(&instance.id) {
                named.push(instance.id);
            }
            return match self.store.instance_export(instance.id, &import.name) {
                Some(item) => Ok(Target::Item(item)),
                None => Err(LinkError::MissingExport { site: self.site(node, index) }),
            };
        }
        let found = match self.by_name.get(&import.module) {
            Some(found) => *found,
            None => match self.linker.load(&import.module) {
                Err(error) => return Err(LinkError::BrokenModule { site: self.site(node, index), error }),
                Ok(Some(dependency)) => {
                    if is_command(&dependency) {
                        let error = LinkError::CommandAsDependency { site: self.site(node, index) };
                        self.errors.push(((node, index), error));
                    }
                    self.add_node(&import.module, &dependency)
                }
                Ok(None) if host_module => {
                    return Err(LinkError::MissingExport { site: self.site(node, index) });
                }
                Ok(None) => return Err(LinkError::MissingModule { site: self.site(node, index) }),
            },
        };
        self.export_of(found, node, index)
    }

    /// What import number `index` of a node is, exported by another.
    fn export_of(&self, exporter: usize, node: usize, index: usize) -> Result<Target, LinkError> {
        let name = &self.nodes[node].module.imports()[index].name;
        match self.nodes[exporter].module.artifact().export(name) {
            Some(export) => Ok(Target::Export { node: exporter, kind: export.kind, index: export.index }),
            None => Err(LinkError::MissingExport { site: self.site(node, index) }),
        }
    }

    /// Traces every import to whoever defines it, and checks that it is of the type wanted.
    fn follow_reexports(&mut self) {
        for node in 0..self.nodes.len() {
            self.nodes[node].imports.reserve_exact(self.targets[node].len());
            for import in 0..self.targets[node].len() {
                let source = self.checked_source(node, import).unwrap_or_else(|error| {
                    self.errors.extend(error.map(|error| ((node, import), error)));
                    Source::Unresolved
                });
                self.nodes[node].imports.push(source);
            }
        }
    }

    /// The definer of an import; an error that is none was reported before.
    fn checked_source(&self, node: usize, import: usize) -> Result<Source, Option<LinkError>> {
        let Node { name, module, .. } = &self.nodes[node];
        let source = self.source(node, import)?;
        let found = match &source {
            Source::Item(item) => match self.store.extern_type(*item) {
                Ok(found) => found,
                // A definition of another store.
                Err(_) => return Err(Some(LinkError::MissingExport { site: self.site(node, import) })),
            },
            Source::Own { node, kind, index } => match self.nodes[*node].module.own_type(*kind, *index) {
                Some(found) => found,
                None => return Err(None),
            },
            Source::Unresolved => return Err(None),
        };
        check_import(name, module, import, &found).map_err(Some)?;
        Ok(source)
    }

    fn source(&self, node: usize, import: usize) -> Result<Source, Option<LinkError>> {
        let mut at = (node, import);
        let mut way = Vec::new();
        loop {
            let (kind, index, exporter) = match &self.targets[at.0][at.1] {
                Target::Broken => return Err(None),
                Target::Item(item) => return Ok(Source::Item(*item)),
                Target::Export { node, kind, index } => (*kind, *index, *node),
            };
            let module = &self.nodes[exporter].module;
            let Some(reexported) = module.import_number(kind, index) else {
                return Ok(Source::Own { node: exporter, kind, index: index - module.imported(kind) });
            };
            way.push(at);
            at = (exporter, reexported);
            if way.contains(&at) {
                let names = way.iter().map(|(node, import)| {
                    let import = &self.nodes[*node].module.imports()[*import];
                    format!("{}.{}", import.module, import.name)
                });
                let cycle = names.collect::<Vec<_>>().join(" → ");
                return Err(Some(LinkError::CircularReexport { site: self.site(node, import), cycle }));
            }
        }
    }
}

/// Whether a module exports WASI's entry point of a command.
fn is_command(module: &Module) -> bool {
    plain_function(module, "_start")
}

/// Whether a module imports or defines a shared memory.
fn uses_shared_memory(module: &Module) -> bool {
    let imported = module.imports().iter().any(|import| matches!(import.ty, ExternType::Memory(ty) if ty.shared));
    imported || module.artifact().memories().any(|ty| ty.shared)
}

/// Whether a module exports a function of this name without parameters and results.
fn plain_function(module: &Module, name: &str) -> bool {
    match module.export_type(name) {
        Some(ExternType::Func(ty)) => module.func_type(ty) == Some(FuncType::default()),
        _ => false,
    }
}

/// The same, if the module defines the function itself. Whose import it is has called it already.
fn own_plain_function(module: &Module, name: &str) -> bool {
    let own = |export: aot_format::read::Export<'_>| export.index >= module.imported(ExternKind::Func);
    plain_function(module, name) && module.artifact().export(name).is_some_and(own)
}

impl StoreOpaque {
    fn instance_export(&self, id: InstanceId, name: &str) -> Option<Extern> {
        let export = self.instance(id).ok()?.module.artifact().export(name)?;
        let (kind, index) = (export.kind, export.index);
        self.instance_item(id, kind, index)
    }
}

impl Set {
    /// Makes and links all instances. Nothing runs.
    pub(super) fn make(&self, made: &mut Unfinished<'_>) -> Result<(), Error> {
        let Unfinished { store, ids } = made;
        // By the node of the main module.
        let mut blocks: Vec<Option<VmctxBlock>> = vec![None; self.nodes.len()];
        for node in &self.nodes {
            let block = node
                .main_member
                .zip(node.module.set())
                .map(|(main, (set, _))| blocks[main].get_or_insert_with(|| VmctxBlock::new(set.block_bytes())).clone());
            ids.push(store.new_instance(&node.module, display_name(&node.name, &node.module), block)?);
        }
        if let Some(main) = ids.first() {
            store.instance_mut(*main)?.root = true;
        }
        for (id, node) in ids.iter().zip(&self.nodes) {
            let made = node.dependencies.iter().map(|(dependency, _)| dependency).chain(&node.companions);
            let mut dependencies: Vec<InstanceId> =
                made.filter_map(|dependency| ids.get(*dependency).copied()).collect();
            dependencies.extend(&node.named);
            // Imports from one module stand together, mostly.
            dependencies.dedup();
            dependencies.shrink_to_fit();
            store.instance_mut(*id)?.dependencies = dependencies;
        }
        for node in &self.make_order {
            let mut imports = Vec::with_capacity(self.nodes[*node].imports.len());
            for source in &self.nodes[*node].imports {
                imports.push(source_item(store, ids, source)?);
            }
            store.link_instance(ids[*node], &imports)?;
        }
        Ok(())
    }

    /// Initialises all instances, dependencies first.
    pub(super) fn initialise(&self, store: &mut StoreOpaque, ids: &[InstanceId]) -> Result<(), Error> {
        for node in &self.init_order {
            let id = ids[*node];
            store.copy_segments(id)?;
            super::run_start(store, id)?;
            let module = &self.nodes[*node].module;
            let is_set_up = store.origin.is_of_thread() && uses_shared_memory(module);
            if !is_set_up
                && own_plain_function(module, "_initialize")
                && !is_command(module)
                && let Some(Extern::Func(func)) = store.instance_export(id, "_initialize")
            {
                super::call_plain(store, func)?;
            }
            self.nodes[*node].publish(store, id)?;
        }
        Ok(())
    }
}

/// The item that a source is, now that all instances are allocated.
fn source_item(store: &StoreOpaque, ids: &[InstanceId], source: &Source) -> Result<Extern, Error> {
    const STALE: Error = Error::StaleHandle { what: "import" };
    match source {
        Source::Item(item) => Ok(*item),
        Source::Own { node, kind: ExternKind::Func, index } => {
            let data = store.instance(*ids.get(*node).ok_or(STALE)?)?;
            let function = data.layout().counts.imported_functions + index;
            let slot = data.module.funcref_slot(function).ok_or(STALE)?;
            Ok(Extern::Func(Func(Item { store: store.id, owner: Owner::Instance(data.id), index: slot })))
        }
        Source::Own { node, kind, index } => {
            let id = *ids.get(*node).ok_or(STALE)?;
            let first_own = store.instance(id)?.module.imported(*kind);
            store.instance_item(id, *kind, first_own + index).ok_or(STALE)
        }
        Source::Unresolved => Err(STALE),
    }
}
