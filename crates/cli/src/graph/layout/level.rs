//! One level: what a frame holds, the lines between it and through the frame's border, and where all of it goes.

use std::collections::HashMap;

use super::attachment::attach;
use super::channel::{Channel, Wire};
use super::layers::Layered;
use super::orientation::Orientation;
use super::{Cell, Drawing, EdgeLine, Head, Kind, Label, Layout, Placed, cells_of};

/// What lies in a frame keeps so far from its left and right border, the border counted.
const PADDING: i64 = 2;
/// And so far from its upper and lower one, unless lines go through.
const MARGIN: i64 = 2;

/// A place in a frame's border where a line goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Crossing {
    pub(super) edge: usize,
    pub(super) side: Side,
}

/// A border that lines end at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Top,
    Bottom,
}

/// What has a place in a layer.
#[derive(Debug)]
pub(super) struct Body {
    pub(super) width: i64,
    pub(super) height: i64,
    pub(super) role: Role,
}

#[derive(Debug)]
pub(super) enum Role {
    /// The box of a node.
    Box { text: String },
    /// A frame, and how far from its left border lines go through.
    Frame { crossings: HashMap<Crossing, usize> },
    /// Where a line goes through the border around the level.
    Port(Crossing),
    /// Where a long line passes a layer.
    Bend,
    /// The same, with its label.
    Label(String),
}

/// A line from an upper body to a lower one.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) upper: usize,
    pub(super) lower: usize,
    pub(super) edge: usize,
    pub(super) head: Head,
    pub(super) is_dashed: bool,
    pub(super) label: Option<String>,
}

/// A level that gets its boxes.
pub(super) struct LevelPlan {
    bodies: Vec<Body>,
    ports: Vec<Body>,
    links: Vec<Link>,
}

/// A level whose boxes have places.
#[derive(Debug)]
pub(super) struct PlacedLevel {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) boxes: Vec<Placed>,
    pub(super) lines: Vec<EdgeLine>,
    pub(super) labels: Vec<Label>,
    pub(super) crossings: HashMap<Crossing, usize>,
    pub(super) title_at: usize,
}

impl LevelPlan {
    /// The lines of a level, whose boxes come one after the other.
    pub(super) fn new(frame: &str, drawing: &Drawing, orientation: &Orientation) -> Self {
        let children = orientation.children_of(frame);
        let (mut links, mut ports) = (Vec::new(), Vec::new());
        for (edge, it) in drawing.edges.iter().enumerate() {
            if !orientation.is_whole(edge) {
                continue;
            }
            let from = orientation.child_with(frame, &it.source);
            let to = orientation.child_with(frame, &it.target);
            let backward = orientation.is_backward(edge);
            let mut port = |side| {
                ports.push(Body {
                    width: 1,
                    height: 1,
                    role: Role::Port(Crossing { edge, side }),
                });
                children.len() + ports.len() - 1
            };
            let (source, target) = match (from, to) {
                (None, None) => continue,
                (Some(from), Some(to)) if from == to => continue,
                (Some(from), Some(to)) => (from, to),
                (Some(from), None) if backward => (from, port(Side::Top)),
                (Some(from), None) => (from, port(Side::Bottom)),
                (None, Some(to)) if backward => (port(Side::Bottom), to),
                (None, Some(to)) => (port(Side::Top), to),
            };
            let ends_here = to.is_some_and(|to| !orientation.is_frame(frame, &children[to]));
            links.push(Link {
                upper: if backward { target } else { source },
                lower: if backward { source } else { target },
                edge,
                head: match (ends_here, backward) {
                    (false, _) => Head::Neither,
                    (true, true) => Head::First,
                    (true, false) => Head::Last,
                },
                is_dashed: it.conditional,
                label: from.and(to).and_then(|_| it.label()),
            });
        }
        Self {
            bodies: Vec::new(),
            ports,
            links,
        }
    }

    /// The next box, of a node.
    pub(super) fn add_box(&mut self, at: usize, text: &str) {
        let above = self.links.iter().filter(|link| link.lower == at).count();
        let below = self.links.iter().filter(|link| link.upper == at).count();
        // Lines are at least two cells apart.
        let width = (cells_of(text) + 4).max(2 * above.max(below) + 1);
        self.bodies.push(Body {
            width: to_cells(width | 1),
            height: 3,
            role: Role::Box {
                text: text.to_owned(),
            },
        });
    }

    /// The next box, a frame.
    pub(super) fn add_frame(&mut self, layout: &Layout, crossings: HashMap<Crossing, usize>) {
        self.bodies.push(Body {
            width: to_cells(layout.width),
            height: to_cells(layout.height),
            role: Role::Frame { crossings },
        });
    }

    /// Gives everything its place. A title stands in the border around.
    pub(super) fn place(self, title: &str) -> PlacedLevel {
        let children = self.bodies.len();
        let mut bodies = self.bodies;
        bodies.extend(self.ports);
        let mut level = Layered::new(bodies, &self.links);
        level.arrange();
        let lefts = level.columns();
        let mut wires = attach(&level, &self.links, &lefts);
        let channels: Vec<_> = wires
            .iter_mut()
            .map(|wires| Channel::route(wires))
            .collect();
        let rows = Rows::of(&level, &channels, !title.is_empty());
        let frame = Frame::of(&level, &lefts, title);
        let mut placed = PlacedLevel {
            width: to_count(frame.width),
            height: to_count(rows.height),
            boxes: Vec::new(),
            lines: Vec::new(),
            labels: Vec::new(),
            crossings: HashMap::new(),
            title_at: to_count(frame.title_at),
        };
        for (at, body) in level.bodies.iter().enumerate() {
            let cell = (to_count(lefts[at] + frame.shift), to_count(rows.tops[at]));
            match &body.role {
                Role::Port(crossing) => {
                    placed.crossings.insert(*crossing, cell.0);
                }
                Role::Label(text) => placed.labels.push(Label {
                    text: text.clone(),
                    middle: (cell.0 + to_count(body.width / 2), cell.1),
                }),
                Role::Box { .. } | Role::Frame { .. } if at < children => {
                    placed.boxes.push(placed_box(body, cell));
                }
                Role::Box { .. } | Role::Frame { .. } | Role::Bend => {}
            }
        }
        let routed = Routed {
            level: &level,
            wires: &wires,
            channels: &channels,
            rows: &rows,
            shift: frame.shift,
        };
        placed.lines = (self.links.iter().enumerate())
            .map(|(at, link)| routed.line(at, link))
            .collect();
        placed
    }
}

fn placed_box(body: &Body, at: Cell) -> Placed {
    let (text, kind) = match &body.role {
        Role::Box { text } if text == "__start__" || text == "__end__" => (text, Kind::Terminal),
        Role::Box { text } | Role::Label(text) => (text, Kind::Node),
        Role::Frame { .. } | Role::Port(_) | Role::Bend => (&String::new(), Kind::Node),
    };
    Placed {
        text: text.clone(),
        kind,
        at,
        width: to_count(body.width),
        height: to_count(body.height),
    }
}

/// Where each body begins from the top, and each channel.
struct Rows {
    tops: Vec<i64>,
    channels: Vec<i64>,
    height: i64,
}

impl Rows {
    fn of(level: &Layered, channels: &[Channel], is_framed: bool) -> Self {
        let is_port = |layer: Option<&Vec<usize>>| {
            let mut bodies = layer.into_iter().flatten();
            bodies.any(|at| matches!(level.bodies[*at].role, Role::Port(_)))
        };
        let margin = |is_open: bool| if is_framed && !is_open { MARGIN } else { 0 };
        let mut rows = Self {
            tops: vec![0; level.bodies.len()],
            channels: Vec::new(),
            height: 0,
        };
        let mut row = margin(is_port(level.layers.first()));
        for (depth, layer) in level.layers.iter().enumerate() {
            let heights = layer.iter().map(|at| level.bodies[*at].height);
            let height = heights.max().unwrap_or_default();
            for at in layer {
                rows.tops[*at] = row + (height - level.bodies[*at].height) / 2;
            }
            row += height;
            if let Some(channel) = channels.get(depth) {
                rows.channels.push(row);
                row += channel.height();
            }
        }
        rows.height = row + margin(is_port(level.layers.last()));
        rows
    }
}

/// The border around a level, or the edge of the drawing.
struct Frame {
    width: i64,
    shift: i64,
    title_at: i64,
}

impl Frame {
    fn of(level: &Layered, lefts: &[i64], title: &str) -> Self {
        let rights = level.bodies.iter().zip(lefts);
        let content = rights.map(|(body, left)| left + body.width).max();
        let content = content.unwrap_or_default();
        if title.is_empty() {
            return Self {
                width: content,
                shift: 0,
                title_at: 0,
            };
        }
        let mut ports: Vec<_> = (level.bodies.iter().zip(lefts))
            .filter(|(body, _)| {
                let top = Side::Top;
                matches!(&body.role, Role::Port(crossing) if crossing.side == top)
            })
            .map(|(_, left)| left + PADDING)
            .collect();
        ports.sort_unstable();
        // A blank on both sides of the title, and the corner.
        let room = to_cells(cells_of(title)) + 2;
        let mut width = content + 2 * PADDING;
        let mut title_at = 1;
        for port in ports {
            if title_at + room < port {
                break;
            }
            title_at = port + 1;
        }
        width = width.max(title_at + room + 2);
        Self {
            width: width | 1,
            shift: PADDING,
            title_at: title_at + 1,
        }
    }
}

/// A level whose lines have their tracks.
struct Routed<'a> {
    level: &'a Layered,
    wires: &'a [Vec<Wire>],
    channels: &'a [Channel],
    rows: &'a Rows,
    shift: i64,
}

impl Routed<'_> {
    fn line(&self, at: usize, link: &Link) -> EdgeLine {
        let mut points: Vec<(i64, i64)> = Vec::new();
        let upper = &self.level.bodies[link.upper];
        let mut row = self.rows.tops[link.upper] + upper.height - 1;
        for (depth, wires) in self.wires.iter().enumerate() {
            let Some((position, wire)) = wires.iter().enumerate().find(|it| it.1.link == at) else {
                continue;
            };
            // From where it comes into the layer to where it goes on.
            points.push((wire.from, row));
            let channel = &self.channels[depth];
            let mut column = wire.from;
            for (track, next) in channel.turns_of(position) {
                let track = self.rows.channels[depth] + track;
                points.extend([(column, track), (next, track)]);
                column = next;
            }
            row = self.rows.tops[wire.lower];
            points.push((wire.to, row));
        }
        let cells = points
            .into_iter()
            .map(|(x, y)| (to_count(x + self.shift), to_count(y)));
        EdgeLine {
            points: without_needless(cells),
            is_dashed: link.is_dashed,
            head: link.head,
        }
    }
}

/// The points at which a line turns, and its ends.
fn without_needless(cells: impl Iterator<Item = Cell>) -> Vec<Cell> {
    let mut points: Vec<Cell> = Vec::new();
    for cell in cells {
        if points.last() == Some(&cell) {
            continue;
        }
        if let [.., (before, above), (here, level)] = points[..] {
            let straight_down = before == here && here == cell.0;
            let straight_on = above == level && level == cell.1;
            if straight_down || straight_on {
                points.pop();
            }
        }
        points.push(cell);
    }
    points
}

pub(super) fn to_cells(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn to_count(cells: i64) -> usize {
    usize::try_from(cells).unwrap_or_default()
}
