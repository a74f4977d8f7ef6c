//! In which order the instances of a set are made and initialised.

use aot_format::types::ExternKind;

use crate::faults::{Fault, is_planted};

use super::display_name;
use super::resolve::{Node, Source};

/// An order in which every memory, table, global and tag exists before it is imported; or the
/// circle that makes it impossible, as text.
pub(super) fn make_order(nodes: &[Node]) -> Result<Vec<usize>, String> {
    let needed = |node: &Node| {
        let step = |(import, source): (usize, &Source)| match source {
            Source::Own { node, kind, .. } if *kind != ExternKind::Func => Some((*node, import)),
            _ => None,
        };
        node.imports.iter().enumerate().filter_map(step).collect()
    };
    let mut walk = Walk::new(nodes, needed);
    for node in 0..nodes.len() {
        walk.visit(node);
    }
    match walk.circle {
        None => Ok(walk.order),
        Some(circle) => Err(circle),
    }
}

/// Dependencies first, in the order of imports, starting from the main module. Circles through
/// functions are entered where they are met first; who is reached first is initialised last.
///
/// Here a dependency is the module an import names, whoever defines what it re-exports; the main module of a linked set
/// depends on all of the set.
pub(super) fn init_order(nodes: &[Node]) -> Vec<usize> {
    let needed = |node: &Node| {
        let companions = node.companions.iter().map(|companion| (*companion, usize::MAX));
        node.dependencies.iter().copied().chain(companions).collect()
    };
    let mut walk = Walk::new(nodes, needed);
    walk.visit(0);
    if is_planted(Fault::InitialisationOrder) && walk.order.len() > 1 {
        walk.order.swap(0, 1);
    }
    walk.order
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Active,
    Done,
}

/// A depth-first walk; gives nodes after what they depend on.
struct Walk<'a> {
    nodes: &'a [Node],
    /// For each node, those it depends on, and by which import.
    edges: Vec<Vec<(usize, usize)>>,
    states: Vec<State>,
    order: Vec<usize>,
    /// The first circle met.
    circle: Option<String>,
}

impl<'a> Walk<'a> {
    fn new(nodes: &'a [Node], edges: impl Fn(&Node) -> Vec<(usize, usize)>) -> Self {
        let edges = nodes.iter().map(edges).collect();
        Walk { nodes, edges, states: vec![State::New; nodes.len()], order: Vec::new(), circle: None }
    }

    /// Iterative: a set may be a chain of thousands.
    fn visit(&mut self, start: usize) {
        if self.states[start] != State::New {
            return;
        }
        self.states[start] = State::Active;
        // Each node on the path with the number of its edge to look at next.
        let mut path: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, edge)) = path.last_mut() {
            let Some((next, _)) = self.edges[*node].get(*edge).copied() else {
                self.states[*node] = State::Done;
                self.order.push(*node);
                path.pop();
                continue;
            };
            *edge += 1;
            match self.states[next] {
                State::Done => {}
                State::New => {
                    self.states[next] = State::Active;
                    path.push((next, 0));
                }
                State::Active => {
                    let first = path.iter().position(|(node, _)| *node == next).unwrap_or(0);
                    let text = self.circle_text(&path[first..]);
                    self.circle.get_or_insert(text);
                }
            }
        }
    }

    fn circle_text(&self, path: &[(usize, usize)]) -> String {
        let step = |(node, edge): &(usize, usize)| {
            let Node { name, module, .. } = &self.nodes[*node];
            let Some(import) = module.imports().get(self.edges[*node][edge - 1].1) else {
                return format!("{:?} is linked with the next", display_name(name, module));
            };
            let kind = import.ty.kind();
            format!("{:?} imports {kind} {:?}.{:?}", display_name(name, module), import.module, import.name)
        };
        path.iter().map(step).collect::<Vec<_>>().join(", ")
    }
}
