//! Sets of modules: names → modules and instances, over any engine. The rules are those of the `iwasm` runtime's linker
//! (see there), written a second time from the same text.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use aot_format::types::ExternKind;
use iwasm::{ImportSite, LinkError, LinkErrors, LoadError, RESERVED_NAMES};
use iwasm_observe::{Outcome, Value};

use crate::backend::{Backend, ModuleError};
use crate::shape::Shape;
use crate::split::split;

/// Where modules come from that nobody registered: their bytes, if there is one of that name.
pub type Reader = Box<dyn FnMut(&str) -> Result<Option<Vec<u8>>, LoadError>>;

/// A set of modules and their instances.
pub struct Set<B: Backend> {
    backend: B,
    host: BTreeMap<String, BTreeMap<String, B::Extern>>,
    modules: BTreeMap<String, Rc<Loaded<B>>>,
    instances: BTreeMap<String, Rc<Made<B>>>,
    absent: BTreeSet<String>,
    reader: Option<Reader>,
}

struct Loaded<B: Backend> {
    module: B::Module,
    shape: Shape,
    wasm: Vec<u8>,
}

struct Made<B: Backend> {
    instance: B::Instance,
    loaded: Rc<Loaded<B>>,
}

/// Why there is no instance.
#[derive(Debug)]
pub enum Failure {
    /// The set does not link.
    Link(LinkErrors),
    /// It links, but initialising it ended otherwise.
    Outcome(Outcome),
}

/// An instance that is to be made.
struct Node<B: Backend> {
    name: String,
    loaded: Rc<Loaded<B>>,
    targets: Vec<Target<B::Extern>>,
    sources: Vec<Source<B::Extern>>,
    /// The nodes that its imports name, with the number of the import.
    dependencies: Vec<(usize, usize)>,
}

/// Where an import leads.
enum Target<E> {
    Item(E),
    Export { node: usize, export: usize },
    Broken,
}

/// Who defines what is imported.
enum Source<E> {
    Item(E),
    /// What a node exports under a number, and defines itself.
    Own {
        node: usize,
        export: usize,
    },
    Broken,
}

struct Resolver<'a, B: Backend> {
    set: &'a mut Set<B>,
    nodes: Vec<Node<B>>,
    by_name: BTreeMap<String, usize>,
    broken: BTreeSet<String>,
    errors: Vec<((usize, usize), LinkError)>,
}

impl<B: Backend> Set<B> {
    /// A set over an engine, which has nothing in it yet.
    pub fn new(backend: B) -> Set<B> {
        Set {
            backend,
            host: BTreeMap::new(),
            modules: BTreeMap::new(),
            instances: BTreeMap::new(),
            absent: BTreeSet::new(),
            reader: None,
        }
    }

    /// The engine.
    pub fn backend(&mut self) -> &mut B {
        &mut self.backend
    }

    /// Defines something of the host's under a name.
    pub fn define(&mut self, module: &str, name: &str, item: B::Extern) {
        self.host.entry(module.to_owned()).or_default().insert(name.to_owned(), item);
    }

    /// Sets where modules come from that are not registered. A name is asked for once.
    pub fn set_reader(&mut self, reader: Reader) {
        self.reader = Some(reader);
    }

    /// Registers a module under a name.
    ///
    /// # Errors
    ///
    /// When the engine refuses it.
    pub fn register(&mut self, name: &str, wasm: &[u8]) -> Result<(), ModuleError> {
        let module = self.backend.module(wasm)?;
        let loaded = Loaded { module, shape: Shape::of(wasm), wasm: wasm.to_vec() };
        self.modules.insert(name.to_owned(), Rc::new(loaded));
        self.absent.remove(name);
        Ok(())
    }

    /// Whether there is an instance of that name.
    pub fn has_instance(&self, name: &str) -> bool {
        self.instances.contains_key(name)
    }

    /// Names of all modules that are known, sorted.
    pub fn registered(&self) -> impl Iterator<Item = &str> {
        self.modules.keys().map(String::as_str)
    }

    /// An export of the instance of a name.
    pub fn export(&mut self, instance: &str, name: &str) -> Option<B::Extern> {
        let made = self.instances.get(instance)?.clone();
        made.loaded.shape.export(name)?;
        self.backend.export(&made.instance, name)
    }

    /// Names of the exports of a module, in their order.
    pub fn exports(&self, module: &str) -> Vec<String> {
        let loaded = self.modules.get(module);
        loaded.map(|loaded| loaded.shape.exports.iter().map(|export| export.name.clone()).collect()).unwrap_or_default()
    }

    /// The declared type of an export of a module.
    pub fn export_type(&self, module: &str, name: &str) -> Option<B::Type> {
        self.backend.export_type(&self.modules.get(module)?.module, name)
    }

    /// Calls a function.
    ///
    /// # Errors
    ///
    /// As what runs ends.
    pub fn call(&mut self, func: &B::Extern, args: &[Value]) -> Result<Vec<Value>, Outcome> {
        self.backend.call(func, args)
    }

    /// Instantiates the registered module of a name, with everything that it needs and that is not there.
    ///
    /// # Errors
    ///
    /// With all reasons why the set does not link, or as what runs ends. There is nothing new then.
    pub fn instantiate(&mut self, name: &str) -> Result<(), Failure> {
        let Some(loaded) = self.modules.get(name).cloned() else {
            return Err(Failure::Outcome(Outcome::Unsupported(format!("there is no module {name:?}"))));
        };
        let nodes = self.resolve(name, loaded).map_err(Failure::Link)?;
        let init = init_order(&nodes);
        let before: Vec<String> = self.instances.keys().cloned().collect();
        let made = if init.has_circle {
            self.make_in_two_steps(&nodes, &init.order)
        } else {
            self.make_one_by_one(&nodes, &init.order)
        };
        made.map_err(|outcome| {
            // Those that were initialised before it failed are given up, too.
            self.instances.retain(|name, _| before.contains(name));
            Failure::Outcome(outcome)
        })
    }

    fn make_one_by_one(&mut self, nodes: &[Node<B>], order: &[usize]) -> Result<(), Outcome> {
        let mut made: BTreeMap<usize, B::Instance> = BTreeMap::new();
        for &number in order {
            let node = &nodes[number];
            let mut imports = Vec::with_capacity(node.sources.len());
            for source in &node.sources {
                imports.push(self.source_item(nodes, &made, source).ok_or_else(missing)?);
            }
            let instance = self.backend.instantiate(&node.loaded.module, &imports)?;
            made.insert(number, instance.clone());
            self.initialise_reactor(node, &instance)?;
            self.publish(node, instance);
        }
        Ok(())
    }

    /// Makes all, then initialises all: for circles of functions.
    fn make_in_two_steps(&mut self, nodes: &[Node<B>], order: &[usize]) -> Result<(), Outcome> {
        let mut made: BTreeMap<usize, B::Instance> = BTreeMap::new();
        let mut initialisers: BTreeMap<usize, String> = BTreeMap::new();
        let mut forwards: Vec<(B::Forward, usize, usize)> = Vec::new();
        for number in make_order(nodes).unwrap_or_default() {
            let node = &nodes[number];
            let halves = split(&node.loaded.wasm).map_err(|error| Outcome::Unsupported(error.to_string()))?;
            let module = self.backend.module(&halves.wasm).map_err(|error| Outcome::Unsupported(error.to_string()))?;
            let types = self.backend.import_types(&module);
            let mut imports = Vec::with_capacity(node.sources.len());
            for (source, ty) in node.sources.iter().zip(&types) {
                imports.push(match (self.source_item(nodes, &made, source), source) {
                    (Some(item), _) => item,
                    (None, Source::Own { node, export }) => {
                        let (item, forward) = self.backend.forward(ty);
                        forwards.push((forward, *node, *export));
                        item
                    }
                    (None, _) => return Err(missing()),
                });
            }
            made.insert(number, self.backend.instantiate(&module, &imports)?);
            initialisers.insert(number, halves.initialiser);
        }
        for (forward, node, export) in &forwards {
            let item = self.source_item(nodes, &made, &Source::Own { node: *node, export: *export });
            self.backend.set_forward(forward, &item.ok_or_else(missing)?);
        }
        for number in order {
            let (node, instance) = (&nodes[*number], made[number].clone());
            let initialiser = self.backend.export(&instance, &initialisers[number]).ok_or_else(missing)?;
            self.backend.call(&initialiser, &[])?;
            self.initialise_reactor(node, &instance)?;
            self.publish(node, instance);
        }
        Ok(())
    }

    fn publish(&mut self, node: &Node<B>, instance: B::Instance) {
        let made = Made { instance, loaded: node.loaded.clone() };
        self.instances.insert(node.name.clone(), Rc::new(made));
    }

    /// Calls `_initialize`, if the module defines it itself and is no command.
    fn initialise_reactor(&mut self, node: &Node<B>, instance: &B::Instance) -> Result<(), Outcome> {
        let own = node.loaded.shape.export("_initialize").is_some_and(|export| export.import.is_none());
        if own
            && self.is_plain(&node.loaded, "_initialize")
            && !self.is_plain(&node.loaded, "_start")
            && let Some(func) = self.backend.export(instance, "_initialize")
        {
            self.backend.call(&func, &[])?;
        }
        Ok(())
    }

    fn is_plain(&self, loaded: &Loaded<B>, name: &str) -> bool {
        let ty = self.backend.export_type(&loaded.module, name);
        ty.is_some_and(|ty| self.backend.is_plain_function(&ty))
    }

    fn source_item(
        &mut self,
        nodes: &[Node<B>],
        made: &BTreeMap<usize, B::Instance>,
        source: &Source<B::Extern>,
    ) -> Option<B::Extern> {
        match source {
            Source::Item(item) => Some(item.clone()),
            Source::Own { node, export } => {
                let name = &nodes[*node].loaded.shape.exports[*export].name;
                self.backend.export(made.get(node)?, name)
            }
            Source::Broken => None,
        }
    }

    fn resolve(&mut self, name: &str, main: Rc<Loaded<B>>) -> Result<Vec<Node<B>>, LinkErrors> {
        let mut resolver = Resolver {
            set: self,
            nodes: Vec::new(),
            by_name: BTreeMap::new(),
            broken: BTreeSet::new(),
            errors: Vec::new(),
        };
        resolver.add(name, main);
        let mut next = 0;
        while next < resolver.nodes.len() {
            resolver.find_targets(next);
            next += 1;
        }
        resolver.find_sources();
        let Resolver { nodes, mut errors, .. } = resolver;
        errors.sort_by_key(|(met, _)| *met);
        let mut errors: Vec<LinkError> = errors.into_iter().map(|(_, error)| error).collect();
        if let Err(cycle) = make_order(&nodes) {
            errors.push(LinkError::CircularImport { cycle });
        }
        if errors.is_empty() { Ok(nodes) } else { Err(LinkErrors(errors)) }
    }

    /// The module of a name: registered, or read now.
    fn load(&mut self, name: &str) -> Result<Option<Rc<Loaded<B>>>, LoadError> {
        if let Some(loaded) = self.modules.get(name) {
            return Ok(Some(loaded.clone()));
        }
        if self.absent.contains(name) || RESERVED_NAMES.contains(&name) {
            return Ok(None);
        }
        let Some(reader) = &mut self.reader else { return Ok(None) };
        let Some(wasm) = reader(name)? else {
            self.absent.insert(name.to_owned());
            return Ok(None);
        };
        let broken = |error: ModuleError| LoadError::Reader { name: name.to_owned(), reason: error.to_string() };
        self.register(name, &wasm).map_err(broken)?;
        Ok(self.modules.get(name).cloned())
    }
}

fn missing() -> Outcome {
    Outcome::Unsupported("an import that was resolved is not there".to_owned())
}

impl<B: Backend> Resolver<'_, B> {
    fn add(&mut self, name: &str, loaded: Rc<Loaded<B>>) -> usize {
        let number = self.nodes.len();
        self.by_name.insert(name.to_owned(), number);
        self.nodes.push(Node {
            name: name.to_owned(),
            loaded,
            targets: Vec::new(),
            sources: Vec::new(),
            dependencies: Vec::new(),
        });
        number
    }

    fn find_targets(&mut self, node: usize) {
        let loaded = self.nodes[node].loaded.clone();
        for (number, import) in loaded.shape.imports.iter().enumerate() {
            let target = if self.broken.contains(&import.module) {
                Target::Broken
            } else {
                self.target(node, number).unwrap_or_else(|error| {
                    if matches!(error, LinkError::BrokenModule { .. }) {
                        self.broken.insert(import.module.clone());
                    }
                    self.errors.push(((node, number), error));
                    Target::Broken
                })
            };
            if let Target::Export { node: dependency, .. } = target {
                self.nodes[node].dependencies.push((dependency, number));
            }
            self.nodes[node].targets.push(target);
        }
    }

    fn target(&mut self, node: usize, number: usize) -> Result<Target<B::Extern>, LinkError> {
        let loaded = self.nodes[node].loaded.clone();
        let import = &loaded.shape.imports[number];
        let host = self.set.host.get(&import.module);
        let of_host = host.is_some();
        if let Some(item) = host.and_then(|items| items.get(&import.field)) {
            return Ok(Target::Item(item.clone()));
        }
        if self.set.has_instance(&import.module) {
            let item = self.set.export(&import.module, &import.field);
            return item.map(Target::Item).ok_or_else(|| LinkError::MissingExport { site: self.site(node, number) });
        }
        let found = match self.by_name.get(&import.module) {
            Some(found) => *found,
            None => match self.set.load(&import.module) {
                Err(error) => return Err(LinkError::BrokenModule { site: self.site(node, number), error }),
                Ok(Some(dependency)) => {
                    if self.set.is_plain(&dependency, "_start") {
                        let error = LinkError::CommandAsDependency { site: self.site(node, number) };
                        self.errors.push(((node, number), error));
                    }
                    self.add(&import.module, dependency)
                }
                Ok(None) if of_host => return Err(LinkError::MissingExport { site: self.site(node, number) }),
                Ok(None) => return Err(LinkError::MissingModule { site: self.site(node, number) }),
            },
        };
        let exports = &self.nodes[found].loaded.shape.exports;
        match exports.iter().position(|export| export.name == import.field) {
            Some(export) => Ok(Target::Export { node: found, export }),
            None => Err(LinkError::MissingExport { site: self.site(node, number) }),
        }
    }

    fn find_sources(&mut self) {
        for node in 0..self.nodes.len() {
            for number in 0..self.nodes[node].targets.len() {
                let source = self.checked_source(node, number).unwrap_or_else(|error| {
                    self.errors.extend(error.map(|error| ((node, number), error)));
                    Source::Broken
                });
                self.nodes[node].sources.push(source);
            }
        }
    }

    fn checked_source(&self, node: usize, number: usize) -> Result<Source<B::Extern>, Option<LinkError>> {
        let source = self.source(node, number)?;
        let backend = &self.set.backend;
        let found = match &source {
            Source::Item(item) => backend.type_of(item),
            Source::Own { node, export } => {
                let loaded = &self.nodes[*node].loaded;
                backend.export_type(&loaded.module, &loaded.shape.exports[*export].name).ok_or(None)?
            }
            Source::Broken => return Err(None),
        };
        let wanted = backend.import_types(&self.nodes[node].loaded.module).into_iter().nth(number).ok_or(None)?;
        if backend.matches(&found, &wanted) {
            return Ok(source);
        }
        let (kind, found) = (backend.kind(&found), backend.describe(&found));
        Err(Some(LinkError::IncompatibleType { site: self.site(node, number), kind, found }))
    }

    /// Follows what is only passed on to who defines it.
    fn source(&self, node: usize, number: usize) -> Result<Source<B::Extern>, Option<LinkError>> {
        let mut at = (node, number);
        let mut way = vec![at];
        loop {
            let (exporter, export) = match &self.nodes[at.0].targets[at.1] {
                Target::Broken => return Err(None),
                Target::Item(item) => return Ok(Source::Item(item.clone())),
                Target::Export { node, export } => (*node, *export),
            };
            let Some(import) = self.nodes[exporter].loaded.shape.exports[export].import else {
                return Ok(Source::Own { node: exporter, export });
            };
            at = (exporter, import);
            if way.contains(&at) {
                let name = |(node, import): &(usize, usize)| {
                    let import = &self.nodes[*node].loaded.shape.imports[*import];
                    format!("{}.{}", import.module, import.field)
                };
                let cycle = way.iter().map(name).collect::<Vec<_>>().join(" → ");
                return Err(Some(LinkError::CircularReexport { site: self.site(node, number), cycle }));
            }
            way.push(at);
        }
    }

    fn site(&self, node: usize, number: usize) -> Box<ImportSite> {
        let node = &self.nodes[node];
        let import = &node.loaded.shape.imports[number];
        let wanted = self.set.backend.import_types(&node.loaded.module).into_iter().nth(number);
        Box::new(ImportSite {
            importer: display_name(node).to_owned(),
            module: import.module.clone(),
            field: import.field.clone(),
            wanted: wanted.map(|ty| self.set.backend.describe(&ty)).unwrap_or_default(),
        })
    }
}

fn display_name<B: Backend>(node: &Node<B>) -> &str {
    match (node.name.as_str(), node.loaded.shape.name.as_str()) {
        ("", "") => "<main>",
        ("", own) => own,
        (name, _) => name,
    }
}

/// In which order nodes are initialised, and whether some import functions from each other in a circle.
struct InitOrder {
    order: Vec<usize>,
    has_circle: bool,
}

fn init_order<B: Backend>(nodes: &[Node<B>]) -> InitOrder {
    let edges: Vec<Vec<usize>> =
        nodes.iter().map(|node| node.dependencies.iter().map(|(to, _)| *to).collect()).collect();
    let mut walk = Walk { edges: &edges, states: vec![State::New; nodes.len()], order: Vec::new(), circle: None };
    walk.visit(0);
    InitOrder { order: walk.order, has_circle: walk.circle.is_some() }
}

/// An order in which everything but functions is there before it is imported, or the circle, in words.
fn make_order<B: Backend>(nodes: &[Node<B>]) -> Result<Vec<usize>, String> {
    let needs = |node: &Node<B>| -> Vec<(usize, usize)> {
        let sources = node.sources.iter().enumerate();
        let needed = sources.filter_map(|(import, source)| match source {
            Source::Own { node: owner, export } => {
                let kind = nodes[*owner].loaded.shape.exports[*export].kind;
                (kind != ExternKind::Func).then_some((*owner, import))
            }
            _ => None,
        });
        needed.collect()
    };
    let needs: Vec<Vec<(usize, usize)>> = nodes.iter().map(needs).collect();
    let edges: Vec<Vec<usize>> = needs.iter().map(|needs| needs.iter().map(|(to, _)| *to).collect()).collect();
    let mut walk = Walk { edges: &edges, states: vec![State::New; nodes.len()], order: Vec::new(), circle: None };
    (0..nodes.len()).for_each(|node| walk.visit(node));
    let Some(circle) = walk.circle else { return Ok(walk.order) };
    let step = |(node, edge): &(usize, usize)| {
        let import = &nodes[*node].loaded.shape.imports[needs[*node][*edge].1];
        format!("{:?} imports {} {:?}.{:?}", display_name(&nodes[*node]), import.kind, import.module, import.field)
    };
    Err(circle.iter().map(step).collect::<Vec<_>>().join(", "))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Active,
    Done,
}

/// A walk to the depths first.
struct Walk<'a> {
    edges: &'a [Vec<usize>],
    states: Vec<State>,
    order: Vec<usize>,
    /// The first circle that was met: nodes, each with the number of its edge to the next.
    circle: Option<Vec<(usize, usize)>>,
}

impl Walk<'_> {
    fn visit(&mut self, start: usize) {
        if self.states[start] != State::New {
            return;
        }
        self.states[start] = State::Active;
        let mut path = vec![(start, 0)];
        while let Some(&(node, edge)) = path.last() {
            let Some(&next) = self.edges[node].get(edge) else {
                self.states[node] = State::Done;
                self.order.push(node);
                path.pop();
                if let Some(last) = path.last_mut() {
                    last.1 += 1;
                }
                continue;
            };
            match self.states[next] {
                State::New => {
                    self.states[next] = State::Active;
                    path.push((next, 0));
                }
                State::Active => {
                    let first = path.iter().position(|(node, _)| *node == next).unwrap_or(0);
                    self.circle.get_or_insert_with(|| path[first..].to_vec());
                    if let Some(last) = path.last_mut() {
                        last.1 += 1;
                    }
                }
                State::Done => {
                    if let Some(last) = path.last_mut() {
                        last.1 += 1;
                    }
                }
            }
        }
    }
}
