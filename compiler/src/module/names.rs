//! The name section. It is advice: whatever is wrong with it is left out, never refused.

use wasmparser::{Name, NameSectionReader};

/// What the name section says.
#[derive(Clone, Debug, Default)]
pub struct Names<'data> {
    /// The module's own name.
    pub module: Option<&'data str>,
    /// Names of functions, by ascending index; no name is empty.
    pub functions: Vec<(u32, &'data str)>,
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

    /// The name of a function.
    pub fn function(&self, func_index: u32) -> Option<&'data str> {
        let at = self.functions.binary_search_by_key(&func_index, |(index, _)| *index).ok()?;
        self.functions.get(at).map(|(_, name)| *name)
    }
}
