//! Where the boxes and lines of a graph lie, in cells of a grid: a pure function of its drawing.
//!
//! The nodes of a subgraph are laid out first, and are one box, a frame, in what is around them. Each level is laid out in layers from top to
//! bottom, as Sugiyama's method does: circles are cut open, each node gets a layer, layers are put into an order with few crossings, then
//! places are found. Lines run along the grid, and no two of them share a piece of it.

mod attachment;
mod channel;
mod layers;
mod level;
mod order;
mod orientation;
mod spacing;

use std::collections::HashMap;

use unicode_width::UnicodeWidthStr as _;

use self::level::{Crossing, LevelPlan};
use self::orientation::Orientation;
use super::drawing::{Drawing, name_of};

/// A cell, from the upper left corner.
pub(super) type Cell = (usize, usize);

/// A graph with a place for everything.
#[derive(Debug, Default)]
pub(super) struct Layout {
    pub(super) width: usize,
    pub(super) height: usize,
    /// Frames before what they hold.
    pub(super) boxes: Vec<Placed>,
    pub(super) lines: Vec<EdgeLine>,
    pub(super) labels: Vec<Label>,
}

/// A node, or the frame around those of a subgraph.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) text: String,
    pub(super) kind: Kind,
    pub(super) at: Cell,
    pub(super) width: usize,
    pub(super) height: usize,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The start or the end of a graph.
    Terminal,
    /// A node.
    Node,
    /// The frame of a subgraph; its text stands in its upper border, from this cell of it on.
    Frame {
        /// How far from the left border.
        title_at: usize,
    },
}

/// A line, or the piece of one that lies in one frame, from border to border.
#[derive(Debug, Clone)]
pub(super) struct EdgeLine {
    pub(super) points: Vec<Cell>,
    pub(super) is_dashed: bool,
    pub(super) head: Head,
}

/// Which end of a line is its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// It goes on in another frame.
    Neither,
    /// The first point.
    First,
    /// The last point.
    Last,
}

/// What stands on a line, in the middle of which.
#[derive(Debug, Clone)]
pub(super) struct Label {
    pub(super) text: String,
    pub(super) middle: Cell,
}

impl Layout {
    /// A place for everything in a drawing. `again` is what marks a node that leads to itself.
    pub(super) fn of(drawing: &Drawing, again: &str) -> Self {
        let orientation = Orientation::of(drawing);
        let texts = texts(drawing, again);
        within("", drawing, &orientation, &texts).layout
    }

    /// Takes what lies in a frame over, to where that is.
    fn take(&mut self, inner: Self, (right, down): Cell) {
        let moved = |(x, y): Cell| (x + right, y + down);
        self.boxes.extend(inner.boxes.into_iter().map(|it| Placed {
            at: moved(it.at),
            ..it
        }));
        self.lines
            .extend(inner.lines.into_iter().map(|it| EdgeLine {
                points: it.points.into_iter().map(moved).collect(),
                ..it
            }));
        self.labels.extend(inner.labels.into_iter().map(|it| Label {
            middle: moved(it.middle),
            ..it
        }));
    }
}

/// How many cells a text takes.
pub(super) fn cells_of(text: &str) -> usize {
    text.width()
}

/// What stands in the box of each node.
fn texts(drawing: &Drawing, again: &str) -> HashMap<String, String> {
    let named = |path: &str| (path.to_owned(), name_of(path).to_owned());
    let mut texts: HashMap<_, _> = (drawing.nodes.iter()).map(|node| named(&node.id)).collect();
    for edge in drawing.edges.iter().filter(|it| it.source == it.target) {
        if let Some(text) = texts.get_mut(&edge.source) {
            let label = edge.label().map(|label| format!(" {label}"));
            let label = label.unwrap_or_default();
            text.extend([" ", again, &label]);
        }
    }
    texts
}

/// What lies within a frame, and where lines go through its border.
struct Within {
    layout: Layout,
    crossings: HashMap<Crossing, usize>,
}

fn within(
    path: &str,
    drawing: &Drawing,
    orientation: &Orientation,
    texts: &HashMap<String, String>,
) -> Within {
    let mut plan = LevelPlan::new(path, drawing, orientation);
    let mut inner = HashMap::new();
    for (at, child) in orientation.children_of(path).iter().enumerate() {
        if orientation.is_frame(path, child) {
            let laid_out = within(child, drawing, orientation, texts);
            plan.add_frame(&laid_out.layout, laid_out.crossings);
            inner.insert(at, laid_out.layout);
        } else {
            plan.add_box(at, texts.get(child).map_or(name_of(child), String::as_str));
        }
    }
    let title = if path.is_empty() { "" } else { name_of(path) };
    let placed = plan.place(title);
    let mut layout = Layout {
        width: placed.width,
        height: placed.height,
        lines: placed.lines,
        labels: placed.labels,
        boxes: Vec::new(),
    };
    if !path.is_empty() {
        layout.boxes.push(Placed {
            text: title.to_owned(),
            kind: Kind::Frame {
                title_at: placed.title_at,
            },
            at: (0, 0),
            width: placed.width,
            height: placed.height,
        });
    }
    for (at, child) in placed.boxes.into_iter().enumerate() {
        match inner.remove(&at) {
            Some(frame) => layout.take(frame, child.at),
            None => layout.boxes.push(child),
        }
    }
    Within {
        layout,
        crossings: placed.crossings,
    }
}

#[cfg(test)]
mod tests;
