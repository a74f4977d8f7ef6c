//! A set of modules that are compiled together, and what each import of theirs is, where that is known. A module alone is
//! a set of one, of whose imports nothing is known.
//!
//! * [`Set::link`]: modules → a set; every import that names a member is traced to whoever defines it, through
//!   re-exports, and checked. All that is wrong is found.
//! * [`internalize`]: what a set need not show of its members is forgotten, before it is linked.
//! * `likely`: which functions calls through tables likely reach.
//! * `matching`: the types of several modules held against each other.
//!
//! Absent on purpose: code. That what was decided here holds where the set is run, the runtime sees to: it resolves the
//! members' imports from each other by the same names, and checks them again.

mod likely;
mod matching;

use std::collections::{BTreeSet, HashMap, HashSet};

use aot_format::abi::set_places;
use aot_format::limits::{MAX_MEMBERS, MAX_VMCTX_BYTES};
use aot_format::types::{ExternKind, ExternType, MemoryType, TableType};
use aot_format::write::ConstOp;

use crate::error::{Error, LinkError, LinkErrors, LinkSite};
use crate::info::External;
use crate::module::Module;
use likely::Likely;
use matching::Canonical;

/// How many globals a value may be passed on by, each initialised with the one before.
const MAX_PASSED_ON: usize = 64;

/// See the top of the file. The last member is the main module.
pub struct Set<'data> {
    members: Vec<Member<'data>>,
    canonical: Canonical,
    likely: Likely,
}

/// A module of a set.
pub struct Member<'data> {
    /// The name by which the others import from it.
    pub name: String,
    /// The module.
    pub module: Module<'data>,
    /// Where its vmctx stands in the set's block, in bytes.
    place: u64,
    /// For each kind, what each import is.
    imports: Imports,
}

/// For each kind, what each import is; nothing where that will be known only where the set is run.
type Imports = [Vec<Option<Definition>>; 5];

/// What a member defines.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Definition {
    /// The number of the member.
    pub member: usize,
    /// Its number among what the member defines of the kind, without imports.
    pub index: u32,
}

impl<'data> Set<'data> {
    /// A module alone.
    pub fn alone(module: Module<'data>) -> Set<'data> {
        let mut member = Member { name: String::new(), module, place: 0, imports: Default::default() };
        member.imports = std::array::from_fn(|kind| vec![None; member.imported(KINDS[kind]) as usize]);
        let canonical = Canonical::new(std::iter::once(&member.module.types[..]));
        Set { members: vec![member], canonical, likely: Likely::default() }.with_likely()
    }

    /// Links modules, each with the name by which the others import from it. The last one is the main module.
    ///
    /// # Errors
    ///
    /// [`Error::Link`] with all that does not link, [`Error::LimitExceeded`] for too many or too large members.
    pub fn link(modules: Vec<(String, Module<'data>)>) -> Result<Set<'data>, Error> {
        limit("the number of modules in a set", modules.len() as u64, MAX_MEMBERS.into())?;
        let (places, whole) = set_places(modules.iter().map(|(_, module)| module.layout.size()));
        limit("the size of the vmctxs of a set in bytes", whole, MAX_VMCTX_BYTES)?;
        let member = |((name, module), place)| Member { name, module, place, imports: Default::default() };
        let members: Vec<Member<'_>> = modules.into_iter().zip(places).map(member).collect();
        let canonical = Canonical::new(members.iter().map(|member| &member.module.types[..]));
        let mut set = Set { members, canonical, likely: Likely::default() };
        let linked = Linker::new(&set).run()?;
        for (member, imports) in set.members.iter_mut().zip(linked) {
            member.imports = imports;
        }
        Ok(set.with_likely())
    }

    fn with_likely(mut self) -> Set<'data> {
        self.likely = Likely::of(&self, &self.canonical);
        self
    }

    /// Its members, in order.
    pub fn members(&self) -> &[Member<'data>] {
        &self.members
    }

    /// Member number `member`.
    pub fn module(&self, member: usize) -> &Module<'data> {
        &self.members[member].module
    }

    /// What item `index` of an index space of a member is, unless that will be known only where the set is run.
    pub fn definition(&self, member: usize, kind: ExternKind, index: u32) -> Option<Definition> {
        let own = &self.members[member];
        match index.checked_sub(own.imported(kind)) {
            Some(index) => Some(Definition { member, index }),
            None => own.imports[kind as usize].get(index as usize).copied().flatten(),
        }
    }

    /// The functions that some member imports from another.
    pub fn bound_functions(&self) -> impl Iterator<Item = Definition> {
        let imports = self.members.iter().map(|member| &member.imports[ExternKind::Func as usize]);
        imports.flat_map(|imports| imports.iter().copied().flatten())
    }

    /// How long the body of a function is.
    pub fn body_bytes(&self, function: Definition) -> usize {
        self.module(function.member).bodies[function.index as usize].body.as_bytes().len()
    }

    /// The type of a memory.
    pub fn memory_type(&self, definition: Definition) -> MemoryType {
        let module = self.module(definition.member);
        module.memories[(module.counts.imported_memories + definition.index) as usize]
    }

    /// The type of a table.
    pub fn table_type(&self, definition: Definition) -> TableType {
        let module = self.module(definition.member);
        module.tables[(module.counts.imported_tables + definition.index) as usize]
    }

    /// The one operator that initialises a global of a member, however often it is passed on, and whose indices those in
    /// it are.
    pub fn literal(&self, member: usize, global: u32) -> Option<(usize, ConstOp)> {
        let mut at = (member, global);
        for _ in 0..MAX_PASSED_ON {
            let Definition { member, index } = self.definition(at.0, ExternKind::Global, at.1)?;
            match *self.module(member).global_inits.get(index as usize)?.as_slice() {
                [ConstOp::GlobalGet(other)] => at = (member, other),
                [op] => return Some((member, op)),
                _ => return None,
            }
        }
        None
    }

    /// How far the vmctx of one member is behind that of another, in bytes.
    pub fn distance(&self, from: usize, to: usize) -> i64 {
        self.members[to].place as i64 - self.members[from].place as i64
    }
}

/// What is looked for by its name, though nobody imports it: by the runtime, by the check that only the main module is a
/// command, and by the C library, which leaves a module's memory to the module's own allocator if it has one.
const LOOKED_FOR: [&str; 4] = ["_initialize", "_start", "malloc", "free"];

/// Takes from all modules but the last the exports of functions that no other one imports.
pub fn internalize(modules: &mut [(String, Module<'_>)]) {
    let imports = modules.iter().flat_map(|(_, module)| module.imports.iter());
    let wanted: HashSet<(&str, &str)> = imports.map(|import| (import.module, import.name)).collect();
    let others = modules.len().saturating_sub(1);
    for (name, module) in &mut modules[..others] {
        module.retain_exports(|export| {
            export.kind != ExternKind::Func
                || LOOKED_FOR.contains(&export.name)
                || wanted.contains(&(name.as_str(), export.name))
        });
    }
}

const KINDS: [ExternKind; 5] =
    [ExternKind::Func, ExternKind::Table, ExternKind::Memory, ExternKind::Global, ExternKind::Tag];

const _: () = {
    let mut kind = 0;
    while kind < KINDS.len() {
        assert!(KINDS[kind] as usize == kind, "the position is the code");
        kind += 1;
    }
};

impl Member<'_> {
    /// How many imports it has of a kind.
    fn imported(&self, kind: ExternKind) -> u32 {
        let counts = &self.module.counts;
        match kind {
            ExternKind::Func => counts.imported_functions,
            ExternKind::Table => counts.imported_tables,
            ExternKind::Memory => counts.imported_memories,
            ExternKind::Global => counts.imported_globals,
            ExternKind::Tag => counts.imported_tags,
        }
    }

    /// The type of item `index` of an index space.
    fn item_type(&self, kind: ExternKind, index: u32) -> Option<ExternType> {
        let (module, index) = (&self.module, index as usize);
        Some(match kind {
            ExternKind::Func => ExternType::Func(*module.functions.get(index)?),
            ExternKind::Table => ExternType::Table(*module.tables.get(index)?),
            ExternKind::Memory => ExternType::Memory(*module.memories.get(index)?),
            ExternKind::Global => ExternType::Global(*module.globals.get(index)?),
            ExternKind::Tag => ExternType::Tag(*module.tags.get(index)?),
        })
    }
}

/// An import by the number of its member and its number there.
type Import = (usize, usize);

/// Where an import leads, before re-exports are followed.
#[derive(Clone, Copy)]
enum Target {
    /// Out of the set.
    Outside,
    Export {
        member: usize,
        kind: ExternKind,
        index: u32,
    },
    Broken,
}

struct Linker<'a, 'data> {
    set: &'a Set<'data>,
    /// For each member, where its imports lead.
    targets: Vec<Vec<Target>>,
    /// For each member and kind, the numbers of its imports in the order of their index space.
    numbers: Vec<[Vec<usize>; 5]>,
    errors: Vec<LinkError>,
}

impl<'a, 'data> Linker<'a, 'data> {
    fn new(set: &'a Set<'data>) -> Linker<'a, 'data> {
        let numbers = |member: &Member<'_>| {
            std::array::from_fn(|kind| {
                let imports = member.module.imports.iter().enumerate();
                imports.filter(|(_, import)| import.ty.kind() as usize == kind).map(|(number, _)| number).collect()
            })
        };
        Linker { set, targets: Vec::new(), numbers: set.members.iter().map(numbers).collect(), errors: Vec::new() }
    }

    fn run(mut self) -> Result<Vec<Imports>, Error> {
        let names = self.names();
        for member in 0..self.set.members.len() {
            let targets = (0..self.set.members[member].module.imports.len()).map(|import| {
                let target = self.target(&names, (member, import));
                target.unwrap_or_else(|error| {
                    self.errors.push(error);
                    Target::Broken
                })
            });
            let targets = targets.collect();
            self.targets.push(targets);
        }
        let mut linked = Vec::with_capacity(self.set.members.len());
        for member in 0..self.set.members.len() {
            let mut imports = Imports::default();
            for (number, import) in self.set.members[member].module.imports.iter().enumerate() {
                let definition = self.checked((member, number)).unwrap_or_else(|error| {
                    self.errors.push(error);
                    None
                });
                imports[import.ty.kind() as usize].push(definition);
            }
            linked.push(imports);
        }
        self.errors.extend(circle(self.set, &linked));
        match self.errors.is_empty() {
            true => Ok(linked),
            false => Err(Error::Link(LinkErrors(self.errors))),
        }
    }

    /// The members by name.
    fn names(&mut self) -> HashMap<&'a str, usize> {
        let mut names = HashMap::new();
        for (number, member) in self.set.members.iter().enumerate() {
            if member.name.is_empty() {
                self.errors.push(LinkError::NoName { number: number + 1 });
            }
            if names.insert(member.name.as_str(), number).is_some() {
                self.errors.push(LinkError::NameTaken { name: member.name.clone() });
            }
            let is_main = number + 1 == self.set.members.len();
            if !is_main && member.module.exports.iter().any(|export| export.name == "_start") {
                let imports = self.set.members.iter().enumerate().flat_map(|(importer, of)| {
                    let from = of.module.imports.iter().enumerate();
                    from.filter(|(_, import)| import.module == member.name).map(move |(number, _)| (importer, number))
                });
                let error = match imports.min() {
                    Some(first) => LinkError::CommandAsDependency { site: self.site(first) },
                    None => LinkError::CommandNotMain { name: member.name.clone() },
                };
                self.errors.push(error);
            }
        }
        names
    }

    fn site(&self, (member, import): Import) -> Box<LinkSite> {
        let Member { name, module, .. } = &self.set.members[member];
        let import = &module.imports[import];
        Box::new(LinkSite {
            importer: name.clone(),
            module: import.module.to_owned(),
            field: import.name.to_owned(),
            wanted: External(module, &import.ty).to_string(),
        })
    }

    fn target(&self, names: &HashMap<&str, usize>, at: Import) -> Result<Target, LinkError> {
        let import = &self.set.members[at.0].module.imports[at.1];
        let Some(&member) = names.get(import.module) else { return Ok(Target::Outside) };
        let mut exports = self.set.members[member].module.exports.iter();
        match exports.find(|export| export.name == import.name) {
            Some(export) => Ok(Target::Export { member, kind: export.kind, index: export.index }),
            None => Err(LinkError::MissingExport { site: self.site(at) }),
        }
    }

    /// Who defines an import, if that is a member, and with the type that is wanted.
    fn checked(&self, at: Import) -> Result<Option<Definition>, LinkError> {
        let mut now = at;
        let mut way = vec![now];
        loop {
            let (member, kind, index) = match self.targets[now.0][now.1] {
                // What is passed on is checked where the set is run, with whatever it then is.
                Target::Outside | Target::Broken => return Ok(None),
                Target::Export { member, kind, index } => (member, kind, index),
            };
            let exporter = &self.set.members[member];
            if let Some(&number) = self.numbers[member][kind as usize].get(index as usize) {
                now = (member, number);
                if way.contains(&now) {
                    let names = way.iter().map(|(member, import)| {
                        let import = &self.set.members[*member].module.imports[*import];
                        format!("{}.{}", import.module, import.name)
                    });
                    let cycle = names.collect::<Vec<_>>().join(" → ");
                    return Err(LinkError::CircularReexport { site: self.site(at), cycle });
                }
                way.push(now);
                continue;
            }
            let wanted = self.set.members[at.0].module.imports[at.1].ty;
            let found = exporter.item_type(kind, index);
            let fits = found.is_some_and(|found| self.set.canonical.matches((member, &found), (at.0, &wanted)));
            if !fits {
                let found = found.map(|found| External(&exporter.module, &found).to_string());
                let found = found.unwrap_or_default();
                return Err(LinkError::IncompatibleType { site: self.site(at), found });
            }
            return Ok(Some(Definition { member, index: index - exporter.imported(kind) }));
        }
    }
}

/// Members each of which needs a memory, table, global or tag of another to be there first, in a circle.
fn circle(set: &Set<'_>, linked: &[Imports]) -> Option<LinkError> {
    let needs = |imports: &Imports| -> BTreeSet<usize> {
        imports.iter().skip(1).flatten().flatten().map(|definition| definition.member).collect()
    };
    let needs: Vec<BTreeSet<usize>> = linked.iter().map(needs).collect();
    let mut is_waiting = vec![true; linked.len()];
    let mut goes_on = true;
    while std::mem::take(&mut goes_on) {
        for member in 0..linked.len() {
            if is_waiting[member] && needs[member].iter().all(|other| !is_waiting[*other]) {
                is_waiting[member] = false;
                goes_on = true;
            }
        }
    }
    let waiting = (0..linked.len()).filter(|member| is_waiting[*member]);
    let names: Vec<&str> = waiting.map(|member| set.members[member].name.as_str()).collect();
    (!names.is_empty()).then(|| LinkError::CircularImport { members: names.join(", ") })
}

fn limit(what: &'static str, count: u64, limit: u64) -> Result<(), Error> {
    match count > limit {
        true => Err(Error::LimitExceeded { what, count, limit }),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_have_names_each_another() {
        let wasm = wat::parse_str("(module)").unwrap();
        let link = |names: &[&str]| {
            let modules = names.iter().map(|name| ((*name).to_owned(), crate::module::parse(&wasm).unwrap()));
            match Set::link(modules.collect()) {
                Ok(_) => String::new(),
                Err(error) => error.to_string(),
            }
        };
        assert_eq!(link(&["a", "b"]), "");
        assert!(link(&["a", "", "b", "a"]).contains("module 2 of the set has no name"));
        assert!(link(&["a", "", "b", "a"]).contains("two modules have the name \"a\""));
    }
}
