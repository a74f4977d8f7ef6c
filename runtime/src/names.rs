//! Values by name: one tree of names, whatever the values are, and the values in a vector beside it. A tree of the standard
//! library's is six kilobytes of code for each type of its values, and names are what most tables here go by.

use std::collections::BTreeMap;

/// Values by name, in the order of the names. Files and guests may make it large.
#[derive(Clone, Debug)]
pub struct Names<V> {
    /// Where the value of a name is.
    places: BTreeMap<String, usize>,
    /// Nothing where one was taken out.
    values: Vec<Option<V>>,
    /// Places without a value.
    free: Vec<usize>,
}

impl<V> Default for Names<V> {
    fn default() -> Names<V> {
        Names::new()
    }
}

impl<V> Names<V> {
    /// None yet.
    pub const fn new() -> Names<V> {
        Names { places: BTreeMap::new(), values: Vec::new(), free: Vec::new() }
    }

    /// The value of a name.
    pub fn get(&self, name: &str) -> Option<&V> {
        self.values.get(*self.places.get(name)?)?.as_ref()
    }

    /// The value of a name.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut V> {
        self.values.get_mut(*self.places.get(name)?)?.as_mut()
    }

    /// Whether a name is there.
    pub fn contains(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Sets the value of a name.
    pub fn insert(&mut self, name: String, value: V) {
        *self.place(name) = Some(value);
    }

    /// The value of a name, made if there is none.
    pub fn get_or_default(&mut self, name: &str) -> &mut V
    where
        V: Default,
    {
        let place = match self.places.get(name) {
            Some(known) => &mut self.values[*known],
            None => self.place(name.to_owned()),
        };
        place.get_or_insert_default()
    }

    /// Where the value of a name is, or is to be.
    fn place(&mut self, name: String) -> &mut Option<V> {
        let place = match self.places.get(&name) {
            Some(known) => *known,
            None => {
                let place = self.free.pop().unwrap_or(self.values.len());
                if place == self.values.len() {
                    self.values.push(None);
                }
                self.places.insert(name, place);
                place
            }
        };
        &mut self.values[place]
    }

    /// Takes a name out; its value.
    pub fn remove(&mut self, name: &str) -> Option<V> {
        let place = self.places.remove(name)?;
        self.free.push(place);
        self.values[place].take()
    }

    /// Takes out all names whose values are not wanted.
    pub fn retain(&mut self, wanted: &dyn Fn(&V) -> bool) {
        let gone: Vec<String> =
            self.iter().filter(|(_, value)| !wanted(value)).map(|(name, _)| name.to_owned()).collect();
        for name in gone {
            self.remove(&name);
        }
    }

    /// Takes all out.
    pub fn clear(&mut self) {
        *self = Names::new();
    }

    /// All names with their values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        self.places.iter().filter_map(|(name, place)| Some((name.as_str(), self.values.get(*place)?.as_ref()?)))
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> + use<'_, V> {
        self.places.keys().map(String::as_str)
    }

    /// All values, in no order.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        self.values.iter_mut().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_in_order_and_places_are_used_again() {
        let mut names = Names::new();
        for (name, value) in [("c", 3), ("a", 1), ("b", 2), ("a", 4)] {
            names.insert(name.to_owned(), value);
        }
        assert_eq!(names.iter().collect::<Vec<_>>(), [("a", &4), ("b", &2), ("c", &3)]);
        assert_eq!((names.remove("b"), names.remove("b"), names.get("b")), (Some(2), None, None));
        names.insert("d".to_owned(), 5);
        assert_eq!((names.values.len(), names.get("d"), names.contains("b")), (3, Some(&5), false));
        names.values_mut().for_each(|value| *value += 1);
        names.retain(&|value| *value != 5);
        assert_eq!(names.names().collect::<Vec<_>>(), ["c", "d"]);
        *names.get_or_default("c") = 9;
        assert_eq!(names.get_or_default("e"), &0);
        assert!(names.get_mut("f").is_none());
        assert_eq!(names.clone().get("c"), Some(&9));
        names.clear();
        assert_eq!(names.iter().count(), 0);
    }
}
