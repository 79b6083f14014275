//! Which boxes a frame holds, and which edges are drawn from the bottom to the top because they lead back.

use std::collections::{HashMap, HashSet};

use super::super::drawing::Drawing;

/// The frames of a drawing, and its edges with their directions.
#[derive(Debug)]
pub(super) struct Orientation {
    /// The paths of what each frame holds; that of all is nameless.
    children: HashMap<String, Vec<String>>,
    /// For each edge whether it is drawn upwards.
    backward: Vec<bool>,
    /// For each edge whether both its ends are there.
    whole: Vec<bool>,
}

impl Orientation {
    pub(super) fn of(drawing: &Drawing) -> Self {
        let mut orientation = Self {
            children: children(drawing),
            backward: vec![false; drawing.edges.len()],
            whole: whole(drawing),
        };
        for path in orientation.children.keys().cloned().collect::<Vec<_>>() {
            orientation.cut_circles(&path, drawing);
        }
        orientation
    }

    /// What a frame holds.
    pub(super) fn children_of(&self, path: &str) -> &[String] {
        self.children.get(path).map_or(&[], Vec::as_slice)
    }

    /// Whether a child of this frame is one itself.
    pub(super) fn is_frame(&self, path: &str, child: &str) -> bool {
        path != child && self.children.contains_key(child)
    }

    /// Whether an edge is drawn upwards.
    pub(super) fn is_backward(&self, edge: usize) -> bool {
        self.backward.get(edge).copied().unwrap_or_default()
    }

    /// Whether both ends of an edge are there.
    pub(super) fn is_whole(&self, edge: usize) -> bool {
        self.whole.get(edge).copied().unwrap_or_default()
    }

    /// Which of the children of a frame a path is, or lies in.
    pub(super) fn child_with(&self, frame: &str, path: &str) -> Option<usize> {
        let child = child_of(frame, path)?;
        self.children_of(frame).iter().position(|it| it == child)
    }

    /// Turns the edges around that lead back to a box from which they can be reached.
    fn cut_circles(&mut self, frame: &str, drawing: &Drawing) {
        let count = self.children_of(frame).len();
        let mut ways: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
        let mut is_target = vec![false; count];
        for (edge, it) in drawing.edges.iter().enumerate() {
            let from = self.child_with(frame, &it.source);
            let to = self.child_with(frame, &it.target);
            if let (Some(from), Some(to)) = (from, to)
                && from != to
            {
                ways[from].push((to, edge));
                is_target[to] = true;
            }
        }
        let starts = (0..count).filter(|child| !is_target[*child]);
        let starts: Vec<_> = starts.chain(0..count).collect();
        for edge in leading_back(&starts, &ways) {
            self.backward[edge] = true;
        }
    }
}

/// The edges that lead to a box on the way to them, in a walk that goes deep first.
fn leading_back(starts: &[usize], ways: &[Vec<(usize, usize)>]) -> Vec<usize> {
    let mut back = Vec::new();
    let mut seen = HashSet::new();
    let mut on_the_way = HashSet::new();
    for start in starts {
        if !seen.insert(*start) {
            continue;
        }
        on_the_way.insert(*start);
        let mut walk = vec![(*start, 0)];
        while let Some((here, next)) = walk.last_mut() {
            let Some((to, edge)) = ways[*here].get(*next).copied() else {
                on_the_way.remove(here);
                walk.pop();
                continue;
            };
            *next += 1;
            if on_the_way.contains(&to) {
                back.push(edge);
            } else if seen.insert(to) {
                on_the_way.insert(to);
                walk.push((to, 0));
            }
        }
    }
    back
}

fn whole(drawing: &Drawing) -> Vec<bool> {
    let nodes: HashSet<_> = drawing.nodes.iter().map(|node| &node.id).collect();
    let edges = drawing.edges.iter();
    let whole = edges.map(|edge| nodes.contains(&edge.source) && nodes.contains(&edge.target));
    whole.collect()
}

fn children(drawing: &Drawing) -> HashMap<String, Vec<String>> {
    let mut children: HashMap<String, Vec<String>> = HashMap::from([(String::new(), Vec::new())]);
    for node in &drawing.nodes {
        let mut frame = "";
        let ends = node.id.match_indices(':').map(|(at, _)| at);
        for end in ends.chain([node.id.len()]) {
            let child = &node.id[..end];
            let held = children.entry(frame.to_owned()).or_default();
            if !held.iter().any(|it| it == child) {
                held.push(child.to_owned());
            }
            frame = child;
        }
    }
    // A node that is called like a subgraph lies in its frame.
    for node in &drawing.nodes {
        if let Some(held) = children.get_mut(&node.id) {
            held.push(node.id.clone());
        }
    }
    children
}

/// The path of what is directly in this frame and is the path, or on the way to it.
fn child_of<'a>(frame: &str, path: &'a str) -> Option<&'a str> {
    if frame == path {
        return Some(path);
    }
    let rest = match frame {
        "" => path,
        frame => path.strip_prefix(frame)?.strip_prefix(':')?,
    };
    let end = rest.find(':').unwrap_or(rest.len());
    Some(&path[..path.len() - rest.len() + end])
}
