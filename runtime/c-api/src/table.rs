//! Tables of what a program was given, by address or number: few rows, in order, in one vector. A tree of the standard
//! library's is several kilobytes of code for each type of its values, and there are many here.

/// Values by key.
#[derive(Clone, Debug)]
pub struct Table<V>(Vec<(usize, V)>);

impl<V> Default for Table<V> {
    fn default() -> Table<V> {
        Table::new()
    }
}

impl<V> Table<V> {
    /// Without rows.
    pub const fn new() -> Table<V> {
        Table(Vec::new())
    }

    /// Where a key is, or would be.
    fn place(&self, key: usize) -> Result<usize, usize> {
        self.0.binary_search_by_key(&key, |row| row.0)
    }

    /// The value of a key.
    pub fn get(&self, key: usize) -> Option<&V> {
        self.place(key).ok().map(|place| &self.0[place].1)
    }

    /// Sets the value of a key.
    pub fn insert(&mut self, key: usize, value: V) {
        match self.place(key) {
            Ok(place) => self.0[place].1 = value,
            Err(place) => self.0.insert(place, (key, value)),
        }
    }

    /// Takes a row out; its value.
    pub fn remove(&mut self, key: usize) -> Option<V> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Takes out all rows that are wanted.
    pub fn take(&mut self, mut wanted: impl FnMut(usize, &V) -> bool) -> Vec<(usize, V)> {
        let mut taken = Vec::new();
        for (key, value) in std::mem::take(&mut self.0) {
            let rows = if wanted(key, &value) { &mut taken } else { &mut self.0 };
            rows.push((key, value));
        }
        taken
    }

    /// Whether this is so of a row.
    pub fn any(&self, mut so: impl FnMut(usize, &V) -> bool) -> bool {
        self.0.iter().any(|(key, value)| so(*key, value))
    }

    /// All rows, in order.
    pub fn into_rows(self) -> Vec<(usize, V)> {
        self.0
    }
}
