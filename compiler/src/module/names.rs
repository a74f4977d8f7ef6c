//! What things are called in messages: the name section, and exports for functions that it does not
//! name. The section is advice: whatever is wrong with it is left out, never refused.

use wasmparser::{Name, NameSectionReader};

/// What the name section says.
#[derive(Clone, Debug, Default)]
pub struct Names<'data> {
    /// The module's own name.
    pub module: Option<&'data str>,
    /// Names of functions, by ascending index; no name is empty.
    pub functions: Vec<(u32, &'data str)>,
    /// First name each exported function is exported by, by ascending index.
    pub exported: Vec<(u32, &'data str)>,
}

impl<'data> Names<'data> {
    /// Takes in a name section. What an earlier one said stays, except for function names.
    pub fn read(&mut self, section: NameSectionReader<'data>) {
        for name in section {
            match name {
                Ok(Name::Module { name, .. }) if self.module.is_none() && !name.is_empty() => self.module = Some(name),
                Ok(Name::Function(map)) => {
                    let named = map.into_iter().map_while(Result::ok).filter(|naming| !naming.name.is_empty());
                    self.functions = named.map(|naming| (naming.index, naming.name)).collect();
                }
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Takes in the names of exported functions, in the module's order.
    pub fn read_exports(&mut self, exports: impl Iterator<Item = (u32, &'data str)>) {
        self.exported = exports.filter(|(_, name)| !name.is_empty()).collect();
        // A stable sort: the first name of a function stays the first.
        self.exported.sort_by_key(|(index, _)| *index);
        self.exported.dedup_by_key(|(index, _)| *index);
    }

    /// The best name there is for a function: the name section's, else an export's.
    pub fn function(&self, func_index: u32) -> Option<&'data str> {
        let find = |names: &[(u32, &'data str)]| {
            let at = names.binary_search_by_key(&func_index, |(index, _)| *index).ok()?;
            names.get(at).map(|(_, name)| *name)
        };
        find(&self.functions).or_else(|| find(&self.exported))
    }
}
